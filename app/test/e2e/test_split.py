# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Receive and transmit of the same queues on different lcores: app/test/programs/splitfwd.c."""

import re

import pytest

import flows
from lab import pcapfile
from rig import assert_intact, numbered, wait_all_sent

COUNT = 100_000


def forwarded(said):
    """From its report: {("received", port): [frames of queue 0, 1, ...], ...}."""
    report = {}
    for port, what, frames in re.findall(r"^port (\d+) queue \d+ (\w+) (\d+)$", said, re.M):
        report.setdefault((what, int(port)), []).append(int(frames))
    return report


@pytest.mark.parametrize("txq", [1, 4, 16, 64])
def test_one_receive_queue_feeds_so_many_transmit_queues_from_another_lcore(lab, txq):
    both = numbered(COUNT, size="60-1514")
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
        assert sum(report["transmitted", port]) == COUNT


@pytest.mark.parametrize("transmitters", [1, 2])
@pytest.mark.parametrize("txq", [2, 16, 64])
def test_transmit_queues_that_share_a_channel_keep_the_order_of_flows(lab, logs, txq,
                                                                      transmitters):
    frames = flows.mixed(1000, 20_000)
    pcapfile.write(logs / "in.pcap", frames)
    with lab.host([f"port=pcap,rx={logs}/in.pcap", f"port=pcap,tx={logs}/out.pcap"]) as host, \
            lab.splitfwd(host, [f"--txq={txq}"], workers=1 + transmitters) as splitfwd:
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] >= len(frames), 30,
                        "all frames are written")
        splitfwd.end()
    sent = forwarded(splitfwd.output())["transmitted", 1]
    assert len(sent) == txq
    assert all(sent)
    assert flows.by_flow(pcapfile.read(logs / "out.pcap")) == flows.by_flow(frames)
