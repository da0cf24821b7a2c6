# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Receive and transmit of the same queues on different lcores: app/test/programs/splitfwd.c."""

import re

import pytest

import flows
from lab import pcapfile
from rig import assert_intact, numbered, wait_all_sent

COUNT = 100_000


def pair(numbers):
    """ "4" is for both ports, "4,2" one for each."""
    return (numbers.split(",") * 2)[:2]


def forwarded(said):
    """From its report: {("received", port): [frames of queue 0, 1, ...], ...}."""
    report = {}
    for port, what, frames in re.findall(r"^port (\d+) queue \d+ (\w+) (\d+)$", said, re.M):
        report.setdefault((what, int(port)), []).append(int(frames))
    return report


@pytest.mark.parametrize("txq", [1, 4, 16, 64])
def test_one_receive_queue_feeds_so_many_transmit_queues_from_another_lcore(lab, txq):
    both = numbered(COUNT, size="60-1514", flows=1000)
    with lab.host([both, both]) as host, \
            lab.splitfwd(host, [f"--txq={txq}"]) as splitfwd:
        for source in (0, 1):
            wait_all_sent(host, source, COUNT)
            assert_intact(host, source, 1 - source, COUNT)
        splitfwd.end()
        report = forwarded(splitfwd.output())
    for port in (0, 1):
        assert report["received", port] == [COUNT]
        assert len(report["transmitted", port]) == txq
        assert all(report["transmitted", port])
        assert sum(report["transmitted", port]) == COUNT


@pytest.mark.parametrize("channels, rxq, txq, receivers, transmitters", [
    ("1", "1", "2", 1, 1), ("1", "1", "16", 1, 2), ("1", "1", "64", 1, 1),
    ("4", "4", "4", 1, 1), ("4", "4", "4", 2, 2), ("4", "4", "1", 1, 1), ("4", "1", "4", 1, 1),
    ("4", "4", "16", 2, 1), ("8", "2", "8", 1, 2), ("8", "8", "3", 2, 1), ("64", "64", "64", 1, 1),
    ("4,2", "4,2", "4,2", 1, 1)])
def test_queues_polled_from_two_sides_keep_all_flows_in_order(lab, logs, channels, rxq, txq,
                                                              receivers, transmitters):
    frames = flows.mixed(1000, 10_000)
    left, right = (f",queues={count}" for count in pair(channels))
    with lab.host([flows.source(logs / "in.pcap", frames) + left,
                   f"port=pcap,tx={logs}/out.pcap" + right]) as host, \
            lab.splitfwd(host, [f"--rxq={rxq}", f"--txq={txq}", f"--receivers={receivers}"],
                         workers=receivers + transmitters) as splitfwd:
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] >= len(frames), 30,
                        "all frames are written")
        splitfwd.end()
    report = forwarded(splitfwd.output())
    for side, queues, port in (("received", rxq, 0), ("transmitted", txq, 1)):
        assert len(report[side, port]) == int(pair(queues)[port])
        assert all(report[side, port])
    assert flows.by_flow(pcapfile.read(logs / "out.pcap")) == flows.by_flow(frames)
