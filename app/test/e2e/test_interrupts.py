# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Programs that sleep until something is received: hv-rxsleep without a bound, l3fwd-power."""

import os
import re
import time

import pytest

import flows
from lab import paths, pcapfile, processes
from rig import SINK, generator

WOKEN = "is waked up from rx interrupt"
TICKS = os.sysconf("SC_CLK_TCK")


def rxsleep(lab, host, *args):
    """hv-rxsleep; see its source."""
    return lab.guest(host, paths.program("hv-rxsleep"), args, eal=lab.eal("0"))


def report(program):
    """Frames received and wake-ups, of each queue."""
    found = re.findall(r"queue \d+ received (\d+) woken (\d+)", program.output())
    return [(int(received), int(woken)) for received, woken in found]


def processor_time(process):
    """Seconds that a process and all below it have used."""
    with open(f"/proc/{process}/stat", encoding="ascii") as file:
        used = sum(int(ticks) for ticks in file.read().rsplit(") ", 1)[1].split()[11:13]) / TICKS
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
        return used + sum(processor_time(int(child)) for child in file.read().split())


@pytest.mark.parametrize("monitor", ["yes", "no"])
def test_each_frame_wakes_a_sleeping_program(lab, monitor):
    # 20 ms apart: what the driver itself looks for, once a second, is not enough.
    source = generator(count=200, rate=50, delay=500) + f",monitor={monitor}"
    with lab.host([source, SINK]) as host, rxsleep(lab, host) as program:
        host.wait_until(lambda _: host.nic(0).rx_frames == 200, 20, "all frames are sent")
        time.sleep(0.1)
        program.end()
    [(received, woken)] = report(program)
    assert received == 200
    assert woken >= 150  # some may come together


@pytest.mark.parametrize("rate", [1_000, 20_000, 200_000])
def test_no_frame_is_slept_through(lab, rate):
    count = rate * 3
    with lab.host([generator(count=count, rate=rate, delay=500), SINK]) as host, \
            rxsleep(lab, host) as program:
        host.wait_until(lambda _: host.nic(0).rx_frames == count, 30, "all frames are sent")
        time.sleep(0.1)
        program.end()
        assert host.nic(0).dropped == 0
    assert report(program)[0][0] == count


def test_a_sleeping_program_uses_no_processor(lab):
    with lab.host([generator(rate=10), SINK]) as host, rxsleep(lab, host) as program:
        program.wait_for("rxsleep: ready")
        before = processor_time(program.pid)
        time.sleep(3)
        assert processor_time(program.pid) - before < 0.3
        program.end()


@pytest.mark.parametrize("monitor", ["yes", "no"])
def test_frames_on_each_of_several_queues_wake(lab, logs, monitor):
    frames = [flows.frame(flow, 0, 64) for flow in range(200)]
    pcapfile.write(logs / "in.pcap", frames)
    source = f"port=pcap:rx={logs}/in.pcap,rate=50,delay=1000,queues=4,monitor={monitor}"
    with lab.host([source, SINK]) as host, rxsleep(lab, host, "--rxq=4") as program:
        host.wait_until(lambda _: host.nic(0).rx_frames == 200, 20, "all frames are sent")
        time.sleep(0.1)
        program.end()
    assert sum(received for received, _ in report(program)) == 200
    assert all(woken >= received * 3 / 4 > 20 for received, woken in report(program))


def test_a_port_that_was_restarted_still_wakes(lab):
    with lab.host([generator(rate=50), SINK]) as host, \
            rxsleep(lab, host, "--restarts=20") as program:
        program.wait_for("rxsleep: ready")
        begin = host.nic(0).rx_frames
        host.wait_until(lambda _: host.nic(0).rx_frames >= begin + 50, 20, "frames are sent")
        program.end()
    assert report(program)[0][1] >= 25


def test_the_loss_of_the_card_wakes_a_sleeping_program(lab):
    with lab.host([SINK]) as host, rxsleep(lab, host) as program:
        program.wait_for("rxsleep: ready")
        processes.run([paths.program("hvhost"), "ctl", "--dir", host.dir, "remove", "0"])
        program.wait_for("rxsleep: the card is gone", timeout=5)
        assert "the host has taken the device" in program.output()


def test_l3fwd_power_sleeps_and_wakes(lab):
    with lab.host([generator(rate=20), SINK]) as host, \
            lab.guest(host, paths.program("dpdk-l3fwd-power"),
                      ["-p", "1", "--config=(0,0,1)", "--interrupt-only", "--parse-ptype"],
                      eal=lab.eal(lab.cores.lcores(1))) as program:
        host.wait_until(lambda _: program.output().count(WOKEN) >= 20, 20, "it wakes 20 times")
        program.kill()
