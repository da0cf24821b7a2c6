# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What the bench program measures by itself: round trips, and steps of all queues at once."""

import pytest

from bench import latency, scaling, sides, startup
from bench.cell import Cell, Load
from bench.picture import percentiles
from bench.picture import scaling as draw_scaling
from bench.record import Record

SIDES = pytest.mark.parametrize("side", [sides.ours, sides.theirs])


@SIDES
def test_every_frame_comes_back_from_its_round_trip(lab, side):
    with Cell(lab, side(), Load(port=latency.PORT)) as cell:
        found = cell.trips(2000, 0)
    assert (found["all"]["count"], found["lost"]) == (2000, 0)
    times = [found["all"][name] for name in ("p50", "p99", "p99.9", "max")]
    assert times == sorted(times)
    assert times[0] > 100
    assert found["undisturbed"]["count"] <= 2000


def test_a_thread_that_looks_at_the_clock_alone_takes_as_long_as_it_was_told(lab):
    with Cell(lab, sides.ours(), Load(port=latency.PORT)) as cell:
        found = cell.trips(2000, 0, 5000)
    assert 5000 <= found["all"]["p50"] < 8000


@SIDES
@pytest.mark.parametrize("way", ["rx", "tx", "none"])
def test_in_lock_step_every_queue_moves_frames(lab, side, way):
    with Cell(lab, side(), Load(queues=2)) as cell:
        cell.work(scaling.MODES.get(way, "rxonly"), 32)
        cell.offer(1_000_000 if way == "rx" else 0)
        for _ in range(3):
            queues = cell.step(way, 64, 32, 0.05, (0, 2))
    assert len(queues) == 2
    assert all(0 < frames <= 96 and ns > 0 for frames, ns in queues)


def test_in_a_step_of_some_queues_the_others_stand_still(lab):
    with Cell(lab, sides.ours(), Load(queues=3)) as cell:
        moved = [[frames > 0 for frames, _ in cell.step("tx", 64, 32, 0.01, queues)]
                 for queues in ((1, 1), (2, 2), (0, 3))]
    assert moved == [[False, True, False], [True, False, True], [True, True, True]]


@SIDES
def test_every_step_of_bringing_a_port_up_is_timed(lab, side):
    with Cell(lab, side(), Load(port=startup.PORT, queues=2)) as cell:
        found = cell.bringup()
        assert cell.pss() > 1 << 20
    assert list(found["steps"]) == list(startup.STEPS)
    assert all(step["us"] > 0 for step in found["steps"].values())
    # Each queue has memory of its own, and the port has some before there are any.
    assert found["steps"]["probe"]["bytes"] > 1000
    assert found["steps"]["queues"]["bytes"] > 10_000


def test_round_trips_and_scaling_are_drawn(tmp_path):
    curve = [[0, 500], [500000, 600], [999000, 900], [1000000, 5000]]
    percentiles({"ours, one after the other": [curve], "machine, 4000 a second": [curve, curve]},
                "trips", tmp_path / "latency")
    record = Record("scaling", "two", "times")
    record.add("ours", 1.9)
    draw_scaling({"rx": [(2, record), (4, record)], "tx": []}, tmp_path / "scaling")
    assert len(list(tmp_path.iterdir())) == 4
