# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Offered more than it can take, a port goes on taking what it can.

The sweep of ./dev bench, shortened. Whatever else runs on the machine takes its
share of both guest and host, so that a rate is the median of several rounds, its
fall behind the peak may be half, and is the least of up to three sweeps. That is
far from what a live-lock does: it leaves a hundredth.
"""

import shutil

import pytest

from bench import sides
from bench.cell import Cell, Load
from bench.rates import capacity, offer
from bench.sweep import CONTROLS, HEAVY, books, sweep, unaccounted
from conftest import LOGS
from lab import Lab

PERCENTS = (50, 100, 200, 400)
FALL_MAX = 0.5
ATTEMPTS = 3
# Microseconds. The host answers at once: what is longer than this hangs.
DEADLINE_US = 2_000_000
# Frames per second that no program takes.
FLOOD = 100_000_000
# A program with as much to do for a frame as a small router.
WORK = 100


def short_sweep(lab, side, **load):
    """Three rounds of a few rates; some ten seconds."""
    return sweep(lab, [side], Load(work=WORK, **load), percents=PERCENTS, seconds=0.1)[0]


def least_fall(lab, side, first, **load):
    """The least that the rate falls behind its peak, and stop looking when it is little."""
    fall = first.fall_after_peak()
    for _ in range(ATTEMPTS - 1):
        if fall > FALL_MAX:
            fall = min(fall, short_sweep(lab, side, **load).fall_after_peak())
    return fall


@pytest.fixture(scope="module", name="our_lab")
def _our_lab():
    logs = LOGS / "test_overload"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    with Lab(logs=logs) as lab:
        yield lab


@pytest.fixture(scope="module", name="swept")
def _swept(our_lab):
    return short_sweep(our_lab, sides.ours())


def assert_books_balance(found):
    """Each frame offered is counted under one name: the sums match, and nothing is an error."""
    for account in found.books:
        assert account["offered"] > 0
        assert account["errors of the driver"] == 0
        assert account["not given back by the driver"] == 0
        assert unaccounted(account) == 0, account


def test_the_delivered_rate_does_not_fall_behind_its_peak(our_lab, swept):
    assert least_fall(our_lab, sides.ours(), swept) < FALL_MAX, swept.delivered()


def test_overload_is_dropped_by_the_host_alone(our_lab):
    # So slow a program that even a host which hardly gets to run offers too much.
    with Cell(our_lab, sides.ours(), Load(work=2000)) as cell:
        cell.offer(FLOOD)
        cell.measure(0.3)
        account = books(*cell.settle())
    assert account["dropped by the host"] > account["offered"] / 4
    assert account["missed by the driver"] == 0
    assert unaccounted(account) == 0, account


def test_control_operations_finish_within_their_deadline_under_overload(swept):
    assert swept.failed() == {}
    for percent in PERCENTS:
        longest = swept.longest_us(percent)
        assert sorted(longest) == ["link", "promiscuous", "rest", "stats"]
        assert max(longest.values()) < DEADLINE_US, longest
    heavy = swept.longest_heavy_us()
    assert sorted(heavy) == ["mtu", "restart"]
    assert max(heavy.values()) < DEADLINE_US, heavy


def test_every_frame_offered_is_delivered_or_counted_once(swept):
    assert_books_balance(swept)


def test_every_frame_to_be_forwarded_is_sent_or_refused(our_lab):
    with Cell(our_lab, sides.ours(), Load(mode="io", work=WORK)) as cell:
        cell.offer(FLOOD)
        cell.control(0.3, CONTROLS + HEAVY)
        guest, host = cell.settle()
        sink = cell.host.nic(1)
    assert unaccounted(books(guest, host)) == 0
    assert guest["received"] == guest["sent"] + guest["unsent"] > 0
    assert guest["sent"] == guest["opackets"] == sink.tx_frames
    assert (guest["oerrors"], sink.dropped - sink.rx_not_listening) == (0, 0)


@pytest.mark.long
@pytest.mark.parametrize("load", [{"mode": "io"}, {"mode": "io", "frame": 1514},
                                  {"frames": "numbered"}, {"sections": "hot"}, {"queues": 2},
                                  {"frame": 1514, "devargs": "rx_extmbuf_enable=1"}],
                         ids=["forwarding", "long-frames", "numbered-frames", "hot-sections",
                              "two-queues", "zero-copy"])
def test_overload_of_every_kind_is_borne(our_lab, load):
    found = short_sweep(our_lab, sides.ours(), **load)
    assert found.failed() == {}
    assert max(found.longest_us(PERCENTS[-1]).values()) < DEADLINE_US
    assert max(found.longest_heavy_us().values()) < DEADLINE_US
    assert_books_balance(found)
    assert least_fall(our_lab, sides.ours(), found, **load) < FALL_MAX, found.delivered()


@pytest.mark.long
def test_a_live_lock_is_seen_where_there_is_one(our_lab):
    found = []
    for _ in range(ATTEMPTS):
        with Cell(our_lab, sides.theirs(), Load(work=WORK)) as cell:
            most = capacity(cell, 0.1)["delivered"]
            found.append(1 - offer(cell, FLOOD, 0.5)["delivered"] / most)
    assert max(found) > FALL_MAX, found
