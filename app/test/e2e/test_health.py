# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The host is busy, paused or silent; the guest waits, and goes on."""

import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest

from lab import paths, processes
from lab.testpmd import PROMPT
from rig import (SINK, assert_conserved, assert_intact, generator, numbered, queues, two_nics,
                 wait_all_sent)

COUNT = 30_000
ENDLESS = generator(rate=50_000)
# Of NIC 0.
CARD = "6e657473-0000-4000-8000-000000000000"
# Short ones always, what an operator sees on a busy node or in a migration with --long.
PAUSES = [1, pytest.param(15, marks=[pytest.mark.long, pytest.mark.deadline(120)]),
          pytest.param(60, marks=[pytest.mark.long, pytest.mark.deadline(240)])]


def ctl(host, *words):
    processes.run([paths.program("hvhost"), "ctl", "--dir", host.dir, *map(str, words)])


@contextmanager
def stopped(host):
    """Nothing of the host runs, nor of the kernel under the guest."""
    os.kill(host.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(host.process.pid, signal.SIGCONT)


@contextmanager
def paused(host, verbs=("pause", "resume")):
    """The host looks at nothing of its two cards."""
    for nic in (0, 1):
        ctl(host, verbs[0], nic)
    yield
    for nic in (0, 1):
        ctl(host, verbs[1], nic)


def saved(host):
    """The guest is saved, and moved; it is restored in the end."""
    return paused(host, ("save", "restore"))


def command_over_a_pause(host, testpmd, line, seconds):
    """What a command says that is given while the host is paused, and cannot end before."""
    start = testpmd.mark()
    with paused(host):
        testpmd.send(line + "\n")
        time.sleep(seconds)
        assert PROMPT not in testpmd.output(start), "it has not waited"
    testpmd.wait_for(rf"{line}\n(?s:.*)^{PROMPT}", 10, start)
    return testpmd.output(start)


def assert_passes_traffic(host, testpmd):
    testpmd.command("start")
    begin = host.nic(0).port["gen_arrived"]
    host.wait_until(lambda _: host.nic(0).port["gen_arrived"] >= begin + 5000, 15,
                    "frames arrive")
    assert host.nic(1).port["sink_corrupted"] == 0


def assert_is_well(testpmd, ports=(0, 1)):
    """No port was taken for lost, nothing was answered that was not asked."""
    assert "removal event" not in testpmd.output()
    for port in ports:
        xstats = testpmd.xstats(port)
        assert xstats["channel0_bad_packets"] == 0
        assert xstats["channel0_stale_answers"] == 0
        assert sum(testpmd.queue_xstats(port, "tx", "stray_completions")) == 0


@pytest.mark.parametrize("seconds", PAUSES)
@pytest.mark.parametrize("way", [stopped, paused, saved])
def test_nothing_is_lost_while_the_host_is(lab, way, seconds):
    both = numbered(COUNT, rate=20_000)
    with two_nics(lab, both, both) as (host, testpmd):
        testpmd.start_without_loss()
        time.sleep(0.3)
        with way(host):
            time.sleep(seconds)
        for source in (0, 1):
            wait_all_sent(host, source, COUNT)
            assert_intact(host, source, 1 - source, COUNT)
        assert_is_well(testpmd)
        assert_conserved(host, testpmd)
        testpmd.quit()


def test_a_guest_is_saved_and_restored_ten_times_and_goes_on(lab):
    both = numbered(COUNT, rate=10_000) + ",queues=4"
    with two_nics(lab, both, both, queues(4)) as (host, testpmd):
        testpmd.start_without_loss()
        for _ in range(10):
            with saved(host):
                time.sleep(0.1)
            time.sleep(0.1)
        for source in (0, 1):
            wait_all_sent(host, source, COUNT)
        assert "state change event" not in testpmd.output()
        assert_is_well(testpmd)
        assert_conserved(host, testpmd)
        testpmd.quit()


def test_a_paused_host_is_sent_what_it_has_room_for_and_no_frame_is_counted_twice(lab):
    with two_nics(lab, SINK, SINK, ["--forward-mode=txonly"]) as (host, testpmd):
        testpmd.command("start")
        time.sleep(0.3)
        with paused(host):
            time.sleep(0.5)
            full = [testpmd.port_stats(port)["TX-packets"] for port in (0, 1)]
            time.sleep(0.5)
            assert [testpmd.port_stats(port)["TX-packets"] for port in (0, 1)] == full
        host.wait_until(lambda _: testpmd.port_stats(0)["TX-packets"] > full[0] + 10_000, 10,
                        "frames go out again")
        testpmd.command("stop")
        sent = [testpmd.port_stats(port)["TX-packets"] for port in (0, 1)]
        host.wait_until(lambda _: [host.nic(port).tx_frames for port in (0, 1)] == sent, 5,
                        "the host has got what was sent")
        assert_is_well(testpmd)
        assert_conserved(host, testpmd)
        testpmd.quit()


@pytest.mark.parametrize("ring", ["16KiB", "64KiB"])
def test_rings_that_hold_less_than_the_queue_do_not_stand_still(lab, ring):
    args = ["--forward-mode=txonly", "--txd=4096", "--port-topology=loop"]
    with lab.host([f"{SINK},ring={ring}"]) as host, lab.testpmd(host, args) as testpmd:
        testpmd.command("start")
        host.wait_until(lambda _: host.nic(0).tx_frames > 100_000, 10, "frames go out")
        begin = time.monotonic()
        for word in ("off", "on") * 5:
            assert "NETVSC" not in testpmd.command(f"set promisc 0 {word}")
        assert time.monotonic() - begin < 5
        testpmd.command("stop")
        assert_is_well(testpmd, [0])
        testpmd.quit()


# What is asked, where: while it runs or while it is stopped.
OPERATIONS = [
    ("set promisc all off", "running"), ("set allmulti all on", "running"),
    ("port config all rss all", "running"), ("mcast_addr add 0 01:00:5E:00:00:05", "running"),
    ("port stop all", "running"), ("port start all", "stopped"),
    ("port config mtu 0 1400", "stopped"), ("port close 0", "stopped"),
    ("port reset 0", "stopped"),
]


@pytest.mark.parametrize("seconds", PAUSES)
@pytest.mark.parametrize("line, state", OPERATIONS, ids=lambda part: part.replace(" ", "-"))
def test_an_operation_waits_for_a_paused_host(lab, line, state, seconds):
    with two_nics(lab, ENDLESS + ",queues=2", SINK + ",queues=2", queues(2)) as (host, testpmd):
        assert_passes_traffic(host, testpmd)
        testpmd.command("stop")
        if state == "stopped":
            testpmd.command("port stop all")
        said = command_over_a_pause(host, testpmd, line, seconds)
        assert not any(word in said for word in ("NETVSC", "ail", "rror")), said
        if line.startswith("port close"):
            testpmd.quit()
            return
        if state == "stopped" or line.startswith("port stop"):
            testpmd.start_ports()
        assert_passes_traffic(host, testpmd)
        assert_is_well(testpmd)
        assert_conserved(host, testpmd)
        testpmd.quit()


def test_a_program_starts_on_a_paused_host(lab):
    with lab.host([ENDLESS, SINK]) as host:
        os.kill(host.process.pid, signal.SIGSTOP)
        threading.Timer(1, os.kill, (host.process.pid, signal.SIGCONT)).start()
        with lab.testpmd(host) as testpmd:
            assert_passes_traffic(host, testpmd)
            assert_is_well(testpmd)
            assert_conserved(host, testpmd)
            testpmd.quit()


@pytest.mark.parametrize("queue_count", [1, 4])
def test_a_card_that_the_host_restarts_under_traffic_comes_back(lab, queue_count):
    options = f",queues={queue_count}"
    with two_nics(lab, ENDLESS + options, f"{SINK},queues={queue_count}",
                  queues(queue_count)) as (host, testpmd):
        for _ in range(3):
            assert_passes_traffic(host, testpmd)
            mark = testpmd.mark()
            ctl(host, "restart", 0)
            testpmd.wait_for("Port 0: device removal event", timeout=10, start=mark)
            testpmd.wait_for(f"NETVSC: port 0: {CARD}: NVSP", timeout=10, start=mark)
            testpmd.command("stop")
            testpmd.command("port stop all")
            assert "Port 0 is attached" in testpmd.command(f"port attach {CARD}")
            testpmd.start_ports()
        assert_passes_traffic(host, testpmd)
        testpmd.quit()


@pytest.mark.long
@pytest.mark.deadline(300)
def test_a_silent_host_fails_one_operation_with_one_sentence_and_holds_up_no_other(lab):
    with two_nics(lab, SINK, SINK) as (host, testpmd):
        testpmd.command("start")
        with paused(host):
            said = testpmd.command("set promisc 0 off", timeout=110)
            begin = time.monotonic()
            for line in ("set allmulti 0 on", "mac_addr set 0 02:AA:BB:CC:DD:EE", "stop",
                         "port stop 0", "port start 0", "port stop 0"):
                testpmd.command(line)
            assert time.monotonic() - begin < 40
        assert [line for line in said.splitlines() if "NETVSC" in line] == \
            ["NETVSC: port 0: packet filter: the host does not answer"]
        testpmd.start_ports()
        testpmd.command("set promisc 0 on")
        host.wait_until(lambda _: "filter 0x20" in host.nic(0).state, 5, "the filter is set")
        testpmd.quit()
