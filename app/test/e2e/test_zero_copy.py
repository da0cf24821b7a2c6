# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Frames that are not copied: mbufs lead into the receive buffer, and it is sent from."""

from contextlib import contextmanager

import pytest

from engine import LRO, MULTI_SEGS, SEGMENT, SUMS, TSO, assert_good, send_through, streams_of
from lab import paths, pcapfile
from packets import payload_of, segments
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


@pytest.mark.parametrize("chains", [False, True], ids=["single", "scatter"])
@pytest.mark.parametrize("size", [1514, "60-1514", f"60-{LONGEST}"])
def test_pages_that_are_nowhere_in_a_row_make_chains_or_copies(lab, size, chains):
    longest = int(str(size).rsplit("-", maxsplit=1)[-1])
    both = jumbo_port(numbered(COUNT, size=size), max(longest - 14, 1500)) + ",sections=cold"
    mbuf = 2048 if chains else longest + 4 + 128
    args = [f"--max-pkt-len={longest + 4}", f"--mbuf-size={max(mbuf, 2176)}",
            *(JUMBO if chains else JUMBO[1:])]
    with two_nics(lab, both, both, args, host_options=["--scatter"], mbufs=8192,
                  eal_args=nic_args()) as (host, testpmd):
        testpmd.command("start")
        assert_passes_both_ways(host, COUNT)
        for port in (0, 1):
            taken = attached(testpmd, port)[0]
            assert taken > COUNT * 0.8 if chains else 0 < taken < COUNT * 0.8
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


def test_mbufs_with_memory_that_is_theirs_for_good_are_copied_into(lab):
    both = numbered(COUNT, size=1514)
    with two_nics(lab, both, both, ["--mp-alloc=xbuf"],
                  eal_args=nic_args("rx_copybreak=0")) as (host, testpmd):
        testpmd.command("start")
        assert_passes_both_ways(host, COUNT)
        for port in (0, 1):
            assert attached(testpmd, port) == [0]
            assert testpmd.port_stats(port)["RX-errors"] == 0
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


@pytest.mark.parametrize("options", [[], ["--scatter"]], ids=["in a row", "scattered"])
def test_joined_segments_are_sent_on_uncopied_and_cut_again(lab, logs, options):
    # Each as much as the host takes at once.
    carried = {5000 + number: payload_of(30 * SEGMENT, number) for number in range(20)}
    frames = [frame for port, payload in carried.items()
              for frame in segments(4, payload, SEGMENT, port=port)]
    out = send_through(lab, logs, frames, SUMS | TSO | MULTI_SEGS, len(frames), rx=SUMS | LRO,
                       segment=SEGMENT, eal_args=nic_args("rx_copybreak=0"), host_options=options)
    assert streams_of(out) == carried
    assert_good(out)


def test_full_speed_loses_nothing_by_what_the_other_nic_still_sends(lab):
    source = generator(size=1514)
    with two_nics(lab, source, source, eal_args=nic_args()) as (host, testpmd):
        testpmd.command("start")
        host.wait_until(lambda _: min(host.nic(port).port["sink_intact"] for port in (0, 1))
                        > 10 * COUNT, 30, "frames pass")
        assert all(host.nic(port).port["sink_corrupted"] == 0 for port in (0, 1))
        assert all(attached(testpmd, port)[0] > 0 for port in (0, 1))
        testpmd.quit()


# An application that keeps frames: hv-hold, see its source.

# Of 18 thousand pieces that the default receive buffer has; small ones run short sooner.
SMALL = "recv=2MiB"
SHARE = 600  # half of the pieces of that, and no less than half of these


class Holder:
    """hv-hold with a NIC of a generator that never ends; does what it is told."""

    def __init__(self, guest):
        self.guest = guest

    def answer(self, command, timeout=20):
        """What it says to a command."""
        start = self.guest.mark()
        self.guest.send(command + "\n")
        return self.guest.wait_for(r"^hold: (.*)$", timeout, start)[1]

    def do(self, *commands):
        """All of these; each must go well."""
        for command in commands:
            assert self.answer(command) == "ok", command

    def attached(self):
        """How many frames it keeps that were not copied."""
        start = self.guest.mark()
        self.do("attached")
        return int(self.guest.wait_for(r"^attached (\d+) of", start=start)[1])

    def refused(self, command):
        """The driver's one sentence about a command that must be refused as busy."""
        start = self.guest.mark()
        assert self.answer(command) == "Device or resource busy"
        [said] = [line for line in self.guest.output(start).splitlines() if "NETVSC" in line]
        return said

    def quit(self):
        self.guest.send("quit\n")
        assert self.guest.wait() == 0, self.guest.obituary()


@contextmanager
def holding(lab, nic="", args=(), host_options=()):
    """A host whose NIC 0 sends on and on, and hv-hold."""
    source = generator(rate=100_000, size="60-1514", flows=20)
    with lab.host([f"{source},sections=cold{nic}"], host_options) as host, \
            lab.guest(host, paths.program("hv-hold"), args, eal=lab.eal(lab.cores.lcores(1)),
                      eal_args=nic_args("rx_copybreak=0")[:2], stdin=True) as guest:
        guest.wait_for("hold: ready")
        yield host, Holder(guest)


@pytest.mark.parametrize("count", [1, 4])
def test_who_keeps_more_than_its_share_gets_copies_and_traffic_goes_on(lab, count):
    with holding(lab, f",{SMALL},queues={count}", [f"--rxq={count}"]) as (host, holder):
        holder.do("keep 10000", "check")
        assert SHARE // 2 < holder.attached() <= SHARE
        before = holder.attached()
        holder.do("pass 20000", "check", "keep 1000")
        assert holder.attached() == before
        holder.do("free 11000", "pass 1", "pass 1000", "keep 100")
        assert holder.attached() > 90
        holder.quit()


def test_a_program_that_polls_loses_nothing_while_it_keeps_all_it_may(lab):
    source = generator(count=12_000, rate=4_000, size=1514)
    with lab.host([f"{source},{SMALL}"]) as host, \
            lab.guest(host, paths.program("hv-hold"), eal=lab.eal(lab.cores.lcores(1)),
                      eal_args=nic_args()[:2], stdin=True) as guest:
        guest.wait_for("hold: ready")
        holder = Holder(guest)
        holder.do("keep 12000", "check")
        assert 0 < holder.attached() <= SHARE
        assert host.nic(0).dropped == 0
        holder.quit()


@pytest.mark.parametrize("count", [1, 4])
def test_frames_are_freed_late_from_another_lcore_in_no_order(lab, count):
    with holding(lab, f",queues={count}", [f"--rxq={count}", "--scatter"]) as (_, holder):
        for _ in range(5):
            holder.do("keep 3000")
            assert holder.attached() == 3000
            holder.do("pass 3000", "check", "free 1500", "pass 3000", "keep 1000", "check",
                      "free 2500", "pass 100")
        holder.quit()


def test_frames_kept_over_stop_and_start_stay_as_they_are(lab):
    with holding(lab) as (_, holder):
        holder.do("keep 2000", "stop", "check", "free 500", "check", "start", "pass 30000",
                  "check", "keep 500", "stop", "start", "pass 30000", "check", "free 2000",
                  "pass 1000")
        assert holder.attached() == 0
        holder.quit()


def test_an_mtu_change_is_refused_while_frames_are_kept_and_works_after_that(lab):
    with holding(lab, ",mtu=9000", ["--scatter"]) as (_, holder):
        holder.do("keep 100", "stop")
        assert "free them first" in holder.refused("mtu 4000")
        holder.do("start", "pass 1000", "check", "stop", "free 100", "mtu 4000", "start",
                  "pass 1000")
        holder.quit()


def test_more_queues_are_refused_while_frames_are_kept_and_work_after_that(lab):
    with holding(lab, ",queues=4", ["--rxq=2"]) as (_, holder):
        holder.do("keep 100", "stop")
        assert "free them first" in holder.refused("queues 4")
        holder.do("queues 2", "start", "pass 1000", "check", "stop", "free 100", "queues 4",
                  "start", "pass 1000")
        holder.quit()


def test_a_reset_is_refused_while_frames_are_kept_and_works_after_that(lab):
    with holding(lab) as (_, holder):
        holder.do("keep 100")
        assert "free them first" in holder.refused("reset")
        holder.do("start", "pass 1000", "check", "stop", "free 100", "reset", "queues 1", "start",
                  "pass 1000")
        holder.quit()


# What is kept when a port is closed cannot be given back to the host in time.
KEPT_OVER_CLOSE = ["--tolerate", "RX_LEFTOVER"]


def test_frames_outlive_their_port_and_it_comes_back_once_they_are_freed(lab):
    with holding(lab, host_options=KEPT_OVER_CLOSE) as (_, holder):
        for _ in range(3):
            holder.do("keep 1000", "stop", "close", "check", "remove", "check", "free 999", "check")
            start = holder.guest.mark()
            assert holder.answer("probe") != "ok"
            [said] = [line for line in holder.guest.output(start).splitlines() if "NETVSC" in line]
            assert "received mbufs of 6e657473-0000-4000-8000-000000000000 are not freed yet" in said
            holder.do("check", "free 1", "probe", "start", "pass 10000")
        holder.quit()


def test_a_port_that_was_removed_leaves_frames_that_are_freed_at_the_end(lab):
    with holding(lab, host_options=KEPT_OVER_CLOSE) as (_, holder):
        holder.do("keep 1000", "remove", "check")
        holder.quit()


@pytest.mark.parametrize("end", [["stop", "close", "free 500"], ["free 500", "stop", "close"],
                                 ["stop", "close", "remove"], []])
def test_frames_outlive_their_host(lab, end):
    with holding(lab) as (host, holder):
        holder.do("keep 1000")
        host.kill()
        holder.guest.wait_for("the host has taken the device", timeout=10)
        holder.do("check", *end, "check")
        holder.quit()
