# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The bench measures what it says: both drivers, by one program, in turn."""

import json

import pytest

from bench import figures, instructions, picture, rates, sides, sweep, table
from bench.cell import Cell, Load
from bench.cells import Result, Spec, full, groups, quick
from bench.pairs import Pair, measure_pairs
from lab import LabError


def test_drivers_take_turns_and_each_begins_in_turn():
    assert [name for _, name in figures.in_turn("AB", 3)] == ["A", "B", "B", "A", "A", "B"]


def test_a_figure_is_the_median_with_its_range():
    assert figures.figure([5, 1, 9]) == figures.Figure(5, 1, 9, 3)
    assert figures.figure([]) is None


@pytest.mark.parametrize("delivered, fall", [([1, 2, 3], 0), ([1, 4, 3, 4], 0.25),
                                             ([4, 1], 0.75), ([2, 1, 4, 4], 0), ([0, 0], 0)])
def test_the_fall_is_counted_from_the_peak(delivered, fall):
    assert figures.fall_after_peak(delivered) == fall


def test_a_frame_that_is_nowhere_or_twice_is_found():
    account = {"offered": 100, "delivered": 60, "dropped by the host": 30,
               "missed by the driver": 10}
    assert sweep.unaccounted(account) == 0
    assert sweep.unaccounted({**account, "delivered": 59}) == 1
    assert sweep.unaccounted({**account, "delivered": 63}) == -3


def test_ratios_are_of_the_same_round():
    pair = Pair(Spec(64))
    for ours, theirs in ((10, 5), (30, 10), (4, 4), (8, None)):
        pair.add(sides.Side("ours", "", None), Result(ours, "guest"))
        pair.add(sides.Side("theirs", "", None), theirs and Result(theirs, "host"))
    assert pair.ratio() == figures.Figure(2, 1, 3, 3)
    assert (pair.waited("ours"), pair.waited("theirs")) == ("guest", "host")
    json.dumps(pair.as_dict())


def test_every_cell_is_measured_once_and_has_its_own_name():
    for specs in (quick(), full()):
        assert len({spec.name for spec in specs}) == len(specs)
        assert sorted(spec for _, group in groups(specs) for spec in group) == sorted(specs)


class Machine:
    """In place of a Cell: delivers what is offered up to its capacity, a flood drowns it."""

    def __init__(self, most, drowns_at):
        self.most, self.drowns_at, self.rate = most, drowns_at, 0
        self.port = {"gen_offered": 0, "gen_late": 0}
        self.rx_lost_port = 0

    def offer(self, rate):
        self.rate = rate

    def source(self):
        return type("Nic", (), {"port": dict(self.port), "rx_lost_port": 0})

    def measure(self, seconds):
        self.port["gen_offered"] += self.rate * seconds
        drowned = self.rate >= self.drowns_at
        return {"delivered": min(self.rate, self.most) / (100 if drowned else 1)}


@pytest.mark.parametrize("most, drowns_at", [(20e6, 1e12), (3e6, 6e6), (8e6, 9e6)])
def test_the_capacity_is_found_although_a_flood_drowns_it(most, drowns_at):
    found = rates.capacity(Machine(most, drowns_at), 0.001)["delivered"]
    assert found > 0.6 * most
    again = rates.capacity(Machine(most, drowns_at), 0.001, found)["delivered"]
    assert again >= found


@pytest.mark.parametrize("side", [sides.ours, sides.theirs])
def test_each_side_has_its_own_driver(lab, side):
    with Cell(lab, side(), Load()) as cell:
        maps = cell.loaded("librte_net_netvsc")
        assert maps
        assert all(path.is_relative_to(side().build.resolve()) for path in maps)


def test_both_drivers_have_a_figure_in_every_mode(lab):
    specs = [Spec(64, mode=mode) for mode in ("rxonly", "txonly", "io")]
    for pair in measure_pairs(lab, sides.both(), specs, rounds=1, seconds=0.05,
                              tell=lambda _: None):
        assert not pair.failed
        assert pair.figure("ours").median > 100_000, pair.spec.name
        assert pair.figure("theirs").median > 10_000, pair.spec.name


@pytest.mark.long
def test_instructions_are_counted_the_same_twice(lab):
    spec = Spec(64)
    first, again = (instructions.count_one(lab, sides.ours(), spec) for _ in range(2))
    assert first.per_frame["ours"] == pytest.approx(again.per_frame["ours"], rel=0.03)
    assert 50 < first.per_frame["ours"] < 1000
    assert "hn_rx_burst" in first.functions


def test_results_are_drawn(tmp_path):
    pair = Pair(Spec(64))
    swept = sweep.Sweep(sides.ours())
    for rate in (1e6, 2e6):
        pair.add(sides.ours(), Result(rate, "guest"))
        times = {name: {"max_us": 10.0, "failed": 0} for name in sweep.CONTROLS}
        swept.points += [sweep.Point(percent, rate, rate, rate, controls=times)
                         for percent in (50, 100)] + [sweep.Point(400, rate, hung=True)]
    picture.cells([pair], "cells", tmp_path / "cells")
    picture.sweep([swept], "sweep", tmp_path / "sweep")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cells.png", "cells.svg", "sweep.png", "sweep.svg"]
    lines = [*table.cell_lines([pair]), *table.sweep_lines(swept)]
    assert any("never" in line for line in lines)


def test_what_the_program_does_not_understand_is_an_error(lab):
    with Cell(lab, sides.ours(), Load()) as cell:
        with pytest.raises(LabError, match="a mode is"):
            cell.work("backwards", 32)
        with pytest.raises(LabError, match="no such control"):
            cell.control(0.1, ["magic"])
        assert cell.measure(0.01)["received"] == 0
