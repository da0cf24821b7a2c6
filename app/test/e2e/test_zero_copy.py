# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Frames that are not copied: mbufs lead into the receive buffer, and it is sent from."""

import pytest

from lab import pcapfile
from rig import (JUMBO, SINK, assert_intact, assert_passes_both_ways, frame_of, generator, jumbo_port,
                 numbered, queues, two_nics, wait_all_sent)

COUNT = 20_000
SIZES = [64, 256, 257, 512, 1514]
LONGEST = 9014


def nic_args(*devargs):
    """EAL arguments: both NICs with these device arguments, all frames sent as they lie."""
    args = ",".join(["rx_extmbuf_enable=1", "tx_copybreak=0", *devargs])
    return [arg for nic in (0, 1)
            for arg in ("-a", f"vmbus:6e657473-0000-4000-8000-00000000000{nic},{args}")]


def attached(testpmd, port=0):
    """Frames of each queue that were not copied."""
    return testpmd.queue_xstats(port, "rx", "attached")


@pytest.mark.parametrize("sections", ["hot", "cold"])
@pytest.mark.parametrize("chains", [False, True], ids=["single", "scatter"])
def test_every_size_comes_out_byte_for_byte_uncopied(lab, logs, chains, sections):
    frames = [frame_of(size) for size in range(60, 1515)]
    pcapfile.write(logs / "in.pcap", frames)
    with two_nics(lab, f"port=pcap,rx={logs}/in.pcap,sections={sections}",
                  f"port=pcap,tx={logs}/out.pcap", JUMBO if chains else (),
                  eal_args=nic_args("rx_copybreak=0")) as (host, testpmd):
        testpmd.start_without_loss()
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] >= len(frames), 20,
                        "all frames are written")
        # Where a frame is not in a row in memory, it takes two mbufs or a copy.
        assert len(frames) - (not chains) <= attached(testpmd)[0] <= len(frames)
        assert testpmd.queue_xstats(1, "tx", "direct") == [len(frames)]
        testpmd.quit()
    assert pcapfile.read(logs / "out.pcap") == frames


@pytest.mark.parametrize("size", [*SIZES, "60-1514"])
@pytest.mark.parametrize("count", [1, 4])
def test_generated_frames_arrive_intact_uncopied_over_queues(lab, count, size):
    both = numbered(COUNT, size=size, flows=20) + f",queues={count},sections=cold"
    with two_nics(lab, both, both, [*JUMBO, *queues(count)],
                  eal_args=nic_args("rx_copybreak=0")) as (host, testpmd):
        testpmd.command("start")
        assert_passes_both_ways(host, COUNT)
        for port in (0, 1):
            assert sum(attached(testpmd, port)) == COUNT
            assert all(attached(testpmd, port))
        testpmd.quit()


def test_a_frame_over_a_step_aside_in_memory_is_copied_where_it_must_not_be_a_chain(lab):
    # All of the buffer is used, which consists of 16 pieces that are in a row each.
    both = numbered(COUNT, size=1514) + ",sections=cold"
    with two_nics(lab, both, both, eal_args=nic_args()) as (host, testpmd):
        testpmd.command("start")
        assert_passes_both_ways(host, COUNT)
        for port in (0, 1):
            assert COUNT - 20 < attached(testpmd, port)[0] < COUNT
        testpmd.quit()


@pytest.mark.parametrize("count", [1, 4])
def test_jumbo_frames_arrive_intact_uncopied_over_queues(lab, count):
    both = jumbo_port(numbered(COUNT, size=f"60-{LONGEST}", flows=20)) + f",queues={count}"
    with two_nics(lab, both, both, [f"--max-pkt-len={LONGEST + 4}", *JUMBO, *queues(count)],
                  eal_args=nic_args()) as (host, testpmd):
        testpmd.command("start")
        assert_passes_both_ways(host, COUNT)
        # Evenly mixed sizes; those of up to 256 bytes are copied.
        assert COUNT * 0.95 < sum(attached(testpmd)) < COUNT
        testpmd.quit()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("copybreak", [0, None, 511, 1513, 1514])
def test_frames_of_up_to_rx_copybreak_bytes_are_copied_and_longer_ones_are_not(lab, copybreak,
                                                                              size):
    devargs = [] if copybreak is None else [f"rx_copybreak={copybreak}"]
    limit = 256 if copybreak is None else copybreak
    with two_nics(lab, numbered(1000, size=size), SINK,
                  eal_args=nic_args(*devargs)) as (host, testpmd):
        testpmd.command("start")
        wait_all_sent(host, 0, 1000)
        assert_intact(host, 0, 1, 1000)
        assert attached(testpmd) == [1000 if size > limit else 0]
        testpmd.quit()


def test_without_rx_extmbuf_enable_all_frames_are_copied(lab):
    with two_nics(lab, numbered(1000, size=1514), SINK) as (host, testpmd):
        testpmd.command("start")
        wait_all_sent(host, 0, 1000)
        assert attached(testpmd) == [0]
        testpmd.quit()


def test_short_mbufs_do_not_bound_frames_that_are_not_copied(lab):
    both = jumbo_port(numbered(COUNT, size=LONGEST))
    with two_nics(lab, both, both, [f"--max-pkt-len={LONGEST + 4}", "--mbuf-size=384", *JUMBO],
                  eal_args=nic_args()) as (host, testpmd):
        testpmd.command("start")
        assert_passes_both_ways(host, COUNT)
        # The host's memory is in a row here, mostly: a frame takes an mbuf, not 36.
        assert attached(testpmd) == [COUNT]
        testpmd.quit()


def test_full_speed_loses_nothing_by_what_the_other_nic_still_sends(lab):
    source = generator(size=1514)
    with two_nics(lab, source, source, eal_args=nic_args()) as (host, testpmd):
        testpmd.command("start")
        host.wait_until(lambda _: min(host.nic(port).port["sink_intact"] for port in (0, 1))
                        > 10 * COUNT, 30, "frames pass")
        assert all(host.nic(port).port["sink_corrupted"] == 0 for port in (0, 1))
        assert all(attached(testpmd, port)[0] > 0 for port in (0, 1))
        testpmd.quit()
