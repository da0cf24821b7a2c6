# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""./dev demo: what a new user sees, and that nothing of it stays."""

import os
import re
import signal
import time
import uuid
from contextlib import contextmanager

import pytest

from lab import Lab, paths, processes, residue

MODULE = ["/usr/bin/python3", "-B", "-m", "demo"]
SHORT = ["--seconds", "2", "--pings", "20"]
# Words of the demo's output, and what it is doing when they have just come.
MOMENTS = {"first words": "namespace", "bring-up": "port 0:", "ping": "ping, ",
           "iperf3": "iperf3, ", "live table": r"Mbit/s\n.* 1 "}


@contextmanager
def demo(logs, *args, command=(*MODULE,), wrap=()):
    """The demo as a process in the background; nothing of it may be left at the end."""
    mark = f"HV_TEST={uuid.uuid4()}"
    pages = residue.hugepages()
    key, value = mark.split("=")
    process = processes.Process("demo", [*wrap, *command, *args], logs / "demo.log",
                                env={"PYTHONPATH": str(paths.ROOT / "app"), key: value})
    try:
        yield process
        process.wait(30)
        assert residue.of_run(f"hvlab{process.pid}") == []
        assert residue.of_environment(mark) == []
        assert residue.hugepages() == pages
    finally:
        process.kill()


def assert_shows_everything(said):
    """The parts that a user is promised."""
    for part in ["dpdk-testpmd", "NIC 0", "port 0:", "port 1:", "NVSP 6.1", "link up",
                 "20 of 20 replies", "Gbit/s", "  0 lost", "taken down"]:
        assert part in said
    assert re.search(r"port 0: .*\n.* MAC ([0-9A-F]{2}:){5}[0-9A-F]{2}, ", said)
    rows = re.findall(r"(?:^|K) +\d+" + r" +([\d,]+)" * 4 + r" +[\d,]+(?:\n|\033)", said, re.M)
    assert rows
    assert any(int(cell.replace(",", "")) > 1000 for cell in rows[-1])


def test_the_demo_shows_real_traffic_loses_nothing_and_ends_by_itself(logs):
    with demo(logs, *SHORT) as process:
        assert process.wait(50) == 0, process.output()
        assert_shows_everything(process.output())


@pytest.mark.deadline(120)
def test_a_second_run_of_dev_demo_starts_in_seconds(logs):
    begin = time.monotonic()
    with demo(logs, *SHORT, command=[paths.ROOT / "dev", "demo"]) as process:
        process.wait_for("namespace", timeout=20)
        assert time.monotonic() - begin < 10
        assert process.wait(60) == 0, process.output()


def test_the_demo_works_on_two_cores(logs):
    cores = sorted(os.sched_getaffinity(0))[:2]
    with demo(logs, *SHORT, wrap=["taskset", "-c", ",".join(map(str, cores))]) as process:
        assert process.wait(50) == 0, process.output()
        assert_shows_everything(process.output())


def test_the_demo_works_on_a_machine_without_hugepages_and_says_so(logs):
    script = 'mount -t tmpfs none /sys/kernel/mm/hugepages && exec "$@"'
    with demo(logs, *SHORT, wrap=["unshare", "--mount", "sh", "-c", script, "sh"]) as process:
        assert process.wait(50) == 0, process.output()
        assert re.search("^note: .*hugepages", process.output(), re.M)
        assert_shows_everything(process.output())


def test_the_demo_leaves_nothing_in_a_run_and_shared_memory_that_were_empty(logs):
    # mount itself keeps notes in /run/mount.
    script = """
        umount --quiet --lazy /run/netns
        mount -t tmpfs none /run && mount -t tmpfs none /dev/shm || exit
        before=$(cat /proc/self/mounts)
        "$@"
        status=$?
        find /run /dev/shm -mindepth 1 -not -path '/run/mount*' -exec echo left: {} +
        grep -vxF "$before" /proc/self/mounts | sed 's/^/left: /'
        exit $status"""
    with demo(logs, *SHORT, wrap=["unshare", "--mount", "sh", "-c", script, "sh"]) as process:
        assert process.wait(50) == 0, process.output()
        assert "left: " not in process.output()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_demo_cleans_up_when_stopped_at(logs, moment, number):
    with demo(logs, "--seconds", "30") as process:
        process.wait_for(MOMENTS[moment], timeout=20)
        os.kill(process.pid, number)
        assert process.wait(20) == 128 + number, process.output()
        assert "Traceback" not in process.output()


def test_the_demo_cleans_up_when_ctrl_c_is_pressed_again_and_again(logs):
    with demo(logs, "--seconds", "30") as process:
        process.wait_for(MOMENTS["live table"], timeout=20)
        while process.is_running():
            os.kill(process.pid, signal.SIGINT)
            time.sleep(0.02)
        assert process.wait() == 130, process.output()


@pytest.mark.parametrize("program", ["hvhost", "dpdk-testpmd", "iperf3"])
def test_the_demo_says_so_and_cleans_up_when_a_part_dies(logs, program):
    with demo(logs, "--seconds", "30") as process:
        process.wait_for(MOMENTS["live table"], timeout=20)
        for child in children(process.pid):
            if child[1] == program:
                os.kill(child[0], signal.SIGKILL)
        assert process.wait(40) == 1, process.output()
        assert re.search(r"^demo: .+$", process.output(), re.M)
        assert "Traceback" not in process.output()


def test_what_a_killed_demo_leaves_is_gone_after_the_next_run(logs):
    pages = residue.hugepages()
    process = processes.Process("demo", [*MODULE, "--seconds", "30"], logs / "demo.log",
                                env={"PYTHONPATH": str(paths.ROOT / "app")})
    process.wait_for(MOMENTS["live table"], timeout=20)
    process.kill()
    time.sleep(0.5)
    with Lab(logs=logs):
        pass
    assert residue.of_run(f"hvlab{process.pid}") == []
    assert residue.hugepages() == pages


def children(pid):
    """(pid, name) of every process that a process has started itself."""
    listed = processes.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)], check=False).stdout
    return [(int(number), name) for number, name in map(str.split, listed.splitlines())]
