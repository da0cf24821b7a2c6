# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What goes in comes out: every size, every byte, every one of a million."""

import random

import pytest

from lab import pcapfile
from rig import SINK, assert_intact, frame_of, numbered, two_nics, wait_all_sent

SIZES = range(60, 1515)
MILLION = 1_000_000


def send_through(lab, logs, frames):
    """What comes out of NIC 1 when these frames go to NIC 0."""
    pcapfile.write(logs / "in.pcap", frames)
    with two_nics(lab, f"port=pcap,rx={logs}/in.pcap",
                  f"port=pcap,tx={logs}/out.pcap") as (host, testpmd):
        testpmd.start_without_loss()  # all come at once
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] >= len(frames), 20,
                        "all frames are written")
        testpmd.quit()
    return pcapfile.read(logs / "out.pcap")


def test_every_size_from_60_to_1514_comes_out_byte_for_byte(lab, logs):
    frames = [frame_of(size) for size in SIZES]
    assert send_through(lab, logs, frames) == frames


def test_every_size_comes_out_byte_for_byte_when_sizes_are_mixed(lab, logs):
    frames = [frame_of(size, seed=10_000) for size in SIZES] * 2
    random.Random(1).shuffle(frames)
    assert send_through(lab, logs, frames) == frames


def test_tagged_frames_pass_unharmed(lab, logs):
    tagged = [frame[:12] + bytes([0x81, 0, number % 256, number % 251]) + frame[12:]
              for number, frame in enumerate(frame_of(size) for size in range(60, 1515, 7))]
    untagged = [frame_of(size, seed=-1) for size in range(60, 1515, 7)]
    frames = [frame for pair in zip(tagged, untagged) for frame in pair]
    assert send_through(lab, logs, frames) == frames


def test_doubly_tagged_frames_pass_unharmed(lab, logs):
    frames = [frame[:12] + bytes([0x88, 0xA8, 0, 5, 0x81, 0, 0x60, 7]) + frame[12:]
              for frame in (frame_of(size) for size in range(60, 1507, 13))]
    assert send_through(lab, logs, frames) == frames


@pytest.mark.parametrize("size", [60, 64, 65, 512, 513, 1514, "60-1514"])
def test_generated_frames_arrive_intact_and_in_order(lab, size):
    both = numbered(50_000, size=size)
    with two_nics(lab, both, both) as (host, testpmd):
        testpmd.command("start")
        for source in (0, 1):
            wait_all_sent(host, source, 50_000)
            assert_intact(host, source, 1 - source, 50_000)
        testpmd.quit()


def test_a_million_generated_packets_in_are_a_million_packets_out(lab):
    with two_nics(lab, numbered(MILLION), SINK) as (host, testpmd):
        testpmd.command("start")
        wait_all_sent(host, 0, MILLION, timeout=45)
        assert_intact(host, 0, 1, MILLION)
        assert host.nic(0).rx_frames == MILLION
        assert host.nic(1).tx_frames == MILLION
        received, sent = testpmd.port_stats(0), testpmd.port_stats(1)
        assert received["RX-packets"] == sent["TX-packets"] == MILLION
        assert received["RX-bytes"] == sent["TX-bytes"] == MILLION * 64
        assert received["RX-missed"] == received["RX-errors"] == received["RX-nombuf"] == 0
        assert sent["TX-errors"] == 0
        testpmd.quit()


def test_a_million_packets_of_mixed_sizes_arrive_intact_both_ways(lab):
    both = numbered(MILLION // 2, size="60-1514")
    with two_nics(lab, both, both) as (host, testpmd):
        testpmd.command("start")
        for source in (0, 1):
            wait_all_sent(host, source, MILLION // 2, timeout=45)
            assert_intact(host, source, 1 - source, MILLION // 2)
        testpmd.quit()


def test_questions_and_commands_in_full_flight_lose_no_frame(lab):
    count = 200_000
    both = numbered(count, size="60-1514", rate=100_000)
    with two_nics(lab, both, both) as (host, testpmd):
        testpmd.command("start")
        host.wait_until(lambda _: host.nic(1).port["gen_sent"] > 0, 10, "frames flow")
        for switch in ["off", "on"] * 10:
            for port in (0, 1):
                testpmd.port_info(port)
                testpmd.xstats(port)
                testpmd.command(f"set promisc {port} {switch}")
                testpmd.command(f"set allmulti {port} {switch}")
        for source in (0, 1):
            wait_all_sent(host, source, count)
            assert_intact(host, source, 1 - source, count)
        testpmd.quit()
