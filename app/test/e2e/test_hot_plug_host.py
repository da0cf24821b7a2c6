# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""hvhost tells its guests what comes and goes, as the kernel would.

The guests are small listeners with a netlink socket, and programs whose
drivers nobody here wrote.
"""

import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from lab import paths, processes
from rig import SINK, assert_intact, generator, numbered, queues, two_nics, wait_all_sent

INSTANCE = "6e657473-0000-4000-8000-{:012x}"
DEVICE = "/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0004:00/VMBUS:00/" + INSTANCE

# Says each event in one line, and what of the card there is at that moment.
LISTENER = r"""
import os, socket
listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
listener.bind((0, 1))
print("listening", flush=True)
while True:
    data, sender = listener.recvfrom(8192)
    assert data.endswith(b"\0") and sender == (0, 1), (data, sender)
    head, *rest = data.decode()[:-1].split("\0")
    words = dict(word.split("=", 1) for word in rest)
    assert head == words["ACTION"] + "@" + words["DEVPATH"], data
    assert list(words)[:3] == ["ACTION", "DEVPATH", "SUBSYSTEM"], data
    assert list(words)[-1] == "SEQNUM", data
    path = words.pop("DEVPATH")
    listed = os.path.exists("/sys/bus/vmbus/devices/" + path.split("/")[6]) \
        if path.count("/") > 5 else False
    print("heard", words.pop("ACTION"), words.pop("SUBSYSTEM"), path,
          "there" if os.path.exists("/sys" + path) else "gone",
          "listed" if listed else "unlisted",
          *(f"{key}={value}" for key, value in words.items() if key != "SEQNUM"), flush=True)
"""


def ctl(host, *words):
    """Ask a host; what it answers."""
    return processes.run([paths.program("hvhost"), "ctl", "--dir", host.dir,
                          *map(str, words)]).stdout


@contextmanager
def listener(lab, host):
    """A guest that listens."""
    process = processes.Process("listener", host.guest_command([sys.executable, "-c", LISTENER]),
                                lab.logs / "listener.log")
    try:
        process.wait_for("listening")
        yield process
        process.check_running()
    finally:
        process.kill()


def heard(process, start, last):
    """The events about cards from a mark on up to the one that begins so."""
    process.wait_for(f"^heard {last}.*\n", start=start)
    lines = process.output(start).splitlines()
    return [line.removeprefix("heard ") for line in lines if "VMBUS:00" in line]


def test_a_listener_finds_each_part_of_a_card_when_it_hears_of_it(lab):
    card = DEVICE.format(0)
    modalias = "MODALIAS=vmbus:635161f83edfc546913ff2d2f965ed0e"
    with lab.host([SINK]) as host, listener(lab, host) as process:
        mark = process.mark()
        ctl(host, "remove", 0)
        gone = heard(process, mark, f"remove channels {card}/channels/14")
        assert [line.split(" ")[:3] for line in gone] == [
            ["remove", "uio", f"{card}/uio/uio0"], ["unbind", "vmbus", card],
            ["remove", "vmbus", card], ["remove", "channels", f"{card}/channels/14"]]
        assert all(" gone unlisted" in line for line in (gone[0], *gone[2:]))
        mark = process.mark()
        ctl(host, "add", 0)
        assert heard(process, mark, f"add channels {card}/channels/15") == [
            f"add vmbus {card} there listed {modalias}",
            f"add uio {card}/uio/uio1 there listed MAJOR=242 MINOR=1 DEVNAME=uio1",
            f"bind vmbus {card} there listed DRIVER=uio_hv_generic {modalias}",
            f"add channels {card}/channels/15 there listed"]


def test_a_card_that_goes_and_comes_a_hundred_times_at_once_is_another_each_time(lab):
    with lab.host([SINK]) as host, listener(lab, host) as process:
        mark = process.mark()
        for _ in range(100):
            ctl(host, "remove", 0)
            ctl(host, "add", 0)
        lines = heard(process, mark, f"add channels {DEVICE.format(0)}/channels/114")
        nodes = [line.split("DEVNAME=")[1] for line in lines if line.startswith("add uio")]
        assert nodes == [f"uio{minor}" for minor in range(1, 101)]
        assert len(lines) == 800


def test_a_restarted_card_goes_and_comes_within_a_moment(lab):
    card = DEVICE.format(0)
    with lab.host([SINK]) as host, listener(lab, host) as process:
        mark = process.mark()
        for _ in range(20):
            ctl(host, "restart", 0)
        lines = heard(process, mark, f"add channels {card}/channels/34")
        words = [line.split(" ")[0] for line in lines]
        assert words == ["remove", "unbind", "remove", "remove", "add", "add", "bind", "add"] * 20


def test_nothing_is_lost_while_the_host_pauses(lab):
    with two_nics(lab, numbered(20_000, rate=10_000), SINK) as (host, testpmd):
        testpmd.command("start")
        for nic in 0, 1, 0:
            ctl(host, "pause", nic, 300)
            time.sleep(0.5)
        wait_all_sent(host, 0, 20_000)
        assert_intact(host, 0, 1, 20_000)
        testpmd.quit()


def test_a_late_card_is_heard_of_step_by_step(lab):
    late = ",offer-delay=400,bind-delay=300,node-delay=600,channels-delay=900,ring-delay=300"
    card = DEVICE.format(0)
    with lab.host([SINK + late]) as host, listener(lab, host) as process:
        begin = time.monotonic()
        lines = heard(process, 0, f"add channels {card}/channels/14")
        assert time.monotonic() - begin > 0.9
        assert [line.split(" ")[:3] for line in lines] == [
            ["add", "vmbus", card], ["add", "uio", f"{card}/uio/uio0"],
            ["bind", "vmbus", card], ["add", "channels", f"{card}/channels/14"]]
        assert all(" there listed" in line for line in lines)


def test_what_this_machines_kernel_tells_is_heard_beside_it(lab):
    with lab.host([SINK]) as host, listener(lab, host) as process:
        mark = process.mark()
        name = "hvuevent0"
        subprocess.run(["ip", "tuntap", "add", name, "mode", "tap"], check=True)
        try:
            process.wait_for(f"^heard add net /devices/virtual/net/{name} there", start=mark)
        finally:
            subprocess.run(["ip", "tuntap", "del", name, "mode", "tap"], check=True)


def test_two_guests_hear_the_same_and_one_that_dies_is_not_missed(lab):
    with lab.host([SINK]) as host, listener(lab, host) as first:
        with listener(lab, host) as second:
            marks = first.mark(), second.mark()
            ctl(host, "remove", 0)
            last = f"remove channels {DEVICE.format(0)}/channels/14"
            both = [heard(process, mark, last) for process, mark in zip((first, second), marks)]
            # What is there when they hear it is a matter of their speed.
            assert [line.split()[:3] for line in both[0]] == [line.split()[:3] for line in both[1]]
        mark = first.mark()
        ctl(host, "add", 0)
        assert len(heard(first, mark, f"add channels {DEVICE.format(0)}/channels/15")) == 4


def test_a_silent_host_is_no_end_of_the_socket(lab):
    with lab.host([SINK]) as host, listener(lab, host) as process:
        mark = process.mark()
        host.stop()
        heard(process, mark, f"remove channels {DEVICE.format(0)}")
        process.check_running()


def test_a_rescinded_subchannels_flows_arrive_on_the_primary(lab):
    source = generator(rate=20_000, flows=64) + ",queues=4"
    with lab.host([source, SINK + ",queues=4"]) as host, \
            lab.testpmd(host, queues(4)) as testpmd, listener(lab, host) as process:
        testpmd.command("start")
        host.wait_until(lambda _: all(queue["rx_frames"] for queue in host.nic(0).queues[:4]), 20,
                        "all queues receive")
        mark = process.mark()
        ctl(host, "rescind-channel", 0, 2)
        before = [queue["rx_frames"] for queue in host.nic(0).queues]
        arrived = host.nic(1).port["sink_intact"]
        host.wait_until(lambda _: host.nic(1).port["sink_intact"] > arrived + 20_000, 20,
                        "frames go on")
        gained = [queue["rx_frames"] - was for queue, was in zip(host.nic(0).queues, before)]
        assert gained[2] == 0
        assert gained[0] > 1.5 * gained[1] > 0
        assert "VMBUS:00" not in process.output(mark)
        testpmd.quit()


def test_only_an_open_subchannel_can_be_rescinded(lab):
    with lab.host([SINK]) as host:
        done = processes.run([paths.program("hvhost"), "ctl", "--dir", host.dir,
                              "rescind-channel", "0", "1"], check=False)
        assert done.returncode == 2
        assert done.stderr == "hvhost: card 0 has no open subchannel 1\n"


# Opens a card, maps its rings, and goes on reading them when it has lost it.
CARELESS = r"""
import mmap, os, time
fd = os.open("/dev/uio0", os.O_RDWR)
rings = mmap.mmap(fd, 4 << 20)
print("open", flush=True)
try:
    while True:
        os.read(fd, 4)
except OSError as error:
    print("lost:", error, flush=True)
while True:
    rings[0]
    time.sleep(0.1)
"""


def test_who_goes_on_with_the_rings_of_a_lost_card_is_named(lab):
    with lab.host([SINK], ["--tolerate", "RING_GONE"]) as host:
        careless = processes.Process(
            "careless", host.guest_command([sys.executable, "-c", CARELESS]),
            lab.logs / "careless.log")
        careless.wait_for("open")
        ctl(host, "remove", 0)
        careless.wait_for("lost: .*Input/output error")
        host.wait_until(lambda stats: stats["rules_broken"].get("RING_GONE") == 1, 8,
                        "the rings are touched")
        careless.check_running()
        careless.kill()


@pytest.mark.long
@pytest.mark.parametrize("packet", [1, 2, 3, 4, 5, 6, 8, 12, 16, 20, 30])
def test_a_card_may_go_at_any_packet_of_a_bring_up(lab, packet):
    """The program ends or goes on without it; the host serves the next one as ever."""
    with lab.host([numbered(1000, rate=5_000, delay=500) + f",lost-at={packet}", SINK]) as host:
        eal = lab.eal(lab.cores.lcores())
        with lab.guest(host, paths.program("dpdk-testpmd"),
                       ["-i", "--total-num-mbufs=8192", *queues(1)], eal=eal, stdin=True) as first:
            host.wait_until(lambda stats: [nic["nic"] for nic in stats["nics"]] == [1], 20,
                            "card 0 is lost")
            time.sleep(1)
            if first.is_running():
                first.send("quit\n")
            assert first.wait(30) >= 0, first.obituary()
        ctl(host, "add", 0)
        with lab.testpmd(host) as second:
            second.command("start")
            wait_all_sent(host, 0, 1000)
            second.quit()
