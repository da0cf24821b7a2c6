# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The host takes a card away in whatever state a program is, and offers it again.

That nobody touches the rings of a lost card is a rule of hvhost's (RING_GONE),
which fails every test here when it is broken.
"""

import time

import pytest

from lab import paths, processes
from rig import SINK, generator, queues, two_nics
from test_zero_copy import holding, nic_args

CARD = "6e657473-0000-4000-8000-{:012d}"
ENDLESS = generator(rate=50_000, flows=32)
UNCOPIED = ("copied", "uncopied")


def ctl(host, *words):
    """Ask a host for something."""
    processes.run([paths.program("hvhost"), "ctl", "--dir", host.dir, *map(str, words)])


def wait_gone(testpmd, port, start, timeout=10):
    """testpmd hears of the loss once, closes the port and detaches the device."""
    testpmd.wait_for(f"Port {port}: device removal event", timeout, start)
    testpmd.wait_for("Device is detached|Now total ports is", timeout, start)


def assert_arrives(host, count=5000):
    """Frames of NIC 0's generator come out of NIC 1, none damaged."""
    begin = host.nic(1).port["sink_intact"]
    host.wait_until(lambda _: host.nic(1).port["sink_intact"] >= begin + count, 15,
                    "frames arrive")
    assert host.nic(1).port["sink_corrupted"] == 0


def use_again(testpmd):
    """All that there is now, as a program does that hears of a new port."""
    testpmd.command("stop")
    testpmd.command("port stop all")
    assert "Port 0 is attached" in testpmd.command(f"port attach {CARD.format(0)}")
    testpmd.start_ports()
    testpmd.command("start")


PHASES = {
    "configured-only": ["port stop all"],
    "started": [],
    "forwarding": ["start"],
    "stopped-after-forwarding": ["start", "stop", "port stop 0"],
    "a-queue-stopped": ["start", "stop", "port 0 rxq 0 stop", "port 0 txq 0 stop"],
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("copies", UNCOPIED)
@pytest.mark.parametrize("count", [1, 4])
def test_a_card_that_goes_is_told_once_and_used_again_when_it_is_back(lab, phase, copies, count):
    options = f",queues={count}"
    with two_nics(lab, ENDLESS + options, SINK + options, [*queues(count), "--hot-plug"],
                  eal_args=nic_args() if copies == "uncopied" else ()) as (host, testpmd):
        for line in PHASES[phase]:
            testpmd.command(line)
        mark = testpmd.mark()
        ctl(host, "remove", 0)
        wait_gone(testpmd, 0, mark)
        ctl(host, "add", 0)
        testpmd.wait_for(f"NETVSC: port 0: {CARD.format(0)}: NVSP", 10, mark)
        use_again(testpmd)
        assert_arrives(host)
        said = testpmd.output(mark)
        assert said.count("device removal event") == 1
        assert said.count("has taken the device") == 1
        testpmd.quit()


def test_a_program_that_polls_hears_of_the_loss_at_once(lab):
    with two_nics(lab, ENDLESS, SINK) as (host, testpmd):
        testpmd.command("start")
        for _ in range(5):
            mark = testpmd.mark()
            begin = time.monotonic()
            ctl(host, "remove", 0)
            testpmd.wait_for("has taken the device", 10, mark)
            # Looking once a second would take half of one, on average.
            assert time.monotonic() - begin < 0.4
            wait_gone(testpmd, 0, mark)
            ctl(host, "add", 0)
            testpmd.wait_for("NETVSC: port 0: .*: NVSP", 10, mark)
            use_again(testpmd)
        testpmd.quit()


# Those that wait for the host.
OPERATIONS = ["port stop 0", "port start 0", "port config mtu 0 1400", "set promisc 0 off",
              "set allmulti 0 on"]


@pytest.mark.parametrize("line", OPERATIONS, ids=lambda line: line.replace(" ", "-"))
def test_an_operation_ends_at_once_when_the_card_goes_meanwhile(lab, line):
    """The host is paused, so that the operation waits, and takes the card away then."""
    with two_nics(lab, ENDLESS, SINK) as (host, testpmd):
        if not line.startswith("set"):
            testpmd.command("port stop 0" if line != "port stop 0" else "start")
        if line == "port stop 0":
            testpmd.command("stop")
        mark = testpmd.mark()
        ctl(host, "pause", 0)
        testpmd.send(line + "\n")
        time.sleep(0.5)
        ctl(host, "remove", 0)
        begin = time.monotonic()
        # The prompt may have words of another thread within; an answer has not.
        testpmd.send("show config cores\n")
        testpmd.wait_for("List of forwarding lcores", 10, mark)
        assert time.monotonic() - begin < 5
        # testpmd closes the port in another thread, and cannot do so twice at a time.
        wait_gone(testpmd, 0, mark)
        testpmd.quit()


@pytest.mark.parametrize("count", [1, 4])
def test_frames_that_are_kept_outlive_the_card_that_they_came_from(lab, count):
    with holding(lab, f",queues={count}", [f"--rxq={count}"]) as (host, holder):
        holder.do("keep 2000")
        assert holder.attached() > 0
        ctl(host, "remove", 0)
        holder.guest.wait_for("has taken the device", 5)
        holder.do("check", "stop", "check", "close", "check", "free 2000")
        holder.quit()


def test_bursts_give_nothing_of_a_lost_card(lab):
    with holding(lab) as (host, holder):
        holder.do("keep 100")
        ctl(host, "remove", 0)
        holder.guest.wait_for("has taken the device", 5)
        assert holder.answer("pass 1") == "Connection timed out"
        holder.do("check", "free 100", "stop", "close")
        holder.quit()


@pytest.mark.parametrize("count", [1, 4])
def test_a_lost_card_that_is_closed_and_attached_again_passes_traffic(lab, count):
    with holding(lab, f",queues={count}", [f"--rxq={count}"]) as (host, holder):
        for _ in range(3):
            holder.do("pass 1000")
            mark = holder.guest.mark()
            ctl(host, "restart", 0)
            holder.guest.wait_for("has taken the device", 5, mark)
            holder.do("stop", "close")
            holder.guest.wait_for("NETVSC: port 0: .*: NVSP", 10, mark)
            time.sleep(0.1)  # said just before the port is there
            holder.do(f"queues {count}", "start")
        holder.do("pass 1000")
        holder.quit()


def test_a_port_that_lost_a_subchannel_recovers_by_a_reset(lab):
    options = ",queues=4"
    with two_nics(lab, ENDLESS + options, SINK + options, queues(4)) as (host, testpmd):
        testpmd.command("start")
        host.wait_until(lambda _: all(queue["rx_frames"] for queue in host.nic(0).queues[:4]), 20,
                        "all queues receive")
        ctl(host, "rescind-channel", 0, 2)
        assert_arrives(host)
        assert "has taken the device" not in testpmd.output()
        testpmd.command("stop")
        testpmd.command("port stop all", timeout=40)
        testpmd.command("port reset 0", timeout=30)
        testpmd.configure_queues(4, 4)
        testpmd.start_ports()
        testpmd.command("start")
        before = [queue["rx_frames"] for queue in host.nic(0).queues]
        host.wait_until(lambda _: all(now["rx_frames"] > was for now, was in
                                      zip(host.nic(0).queues[:4], before)), 10,
                        "all queues receive again")
        testpmd.quit()


def test_a_port_that_sent_on_a_subchannel_that_was_taken_away_recovers_by_a_stop(lab):
    options = ",queues=4"
    with two_nics(lab, ENDLESS + options, SINK + options, queues(4)) as (host, testpmd):
        testpmd.command("start")
        host.wait_until(lambda _: all(queue["tx_frames"] for queue in host.nic(1).queues[:4]), 20,
                        "all queues send")
        ctl(host, "rescind-channel", 1, 2)
        time.sleep(0.5)
        testpmd.command("stop")
        testpmd.command("port stop all", timeout=40)
        testpmd.start_ports()
        testpmd.command("start")
        before = [queue["tx_frames"] for queue in host.nic(1).queues]
        host.wait_until(lambda _: all(now["tx_frames"] > was for now, was in
                                      zip(host.nic(1).queues[:4], before)), 10,
                        "all queues send again")
        testpmd.quit()


LATE = ["offer-delay=400", "bind-delay=400", "node-delay=400", "channels-delay=400",
        "ring-delay=400", "offer-delay=200,bind-delay=200,node-delay=200,channels-delay=200"]


@pytest.mark.parametrize("late", LATE)
def test_a_card_that_is_late_at_the_start_comes_by_itself(lab, late):
    # The other card is there: with none at all EAL may choose addresses that do not suit.
    with two_nics(lab, SINK, f"{ENDLESS},{late}", ["--hot-plug"]) as (host, testpmd):
        testpmd.wait_for(f"NETVSC: port .: {CARD.format(1)}: NVSP", 10)
        if "has come" in testpmd.output():
            testpmd.command("port stop all")
            assert "is attached" in testpmd.command(f"port attach {CARD.format(1)}")
            testpmd.start_ports()
        testpmd.command("start")
        host.wait_until(lambda _: host.nic(0).port["sink_intact"] > 5000, 15, "frames arrive")
        testpmd.quit()
