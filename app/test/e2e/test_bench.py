# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The bench measures what it says: both drivers, by one program, in turn."""

import json
from collections import Counter
from dataclasses import asdict, replace

import pytest

from bench import (baseline, callgrind, figures, instructions, picture, rates, sides, sweep,
                   table, targets, verify)
from bench.cell import Cell, Load
from bench.cells import measure_specs
from bench.part import Found, Run, parts
from bench.record import Record
from bench.spec import Spec, full, groups, quick
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
    record = Record("cells", "64 B")
    for ours, theirs in ((10, 5), (30, 10), (4, 4), (8, None)):
        record.add("ours", ours, "guest")
        if theirs is None:
            record.fail("theirs", "it hung")
        else:
            record.add("theirs", theirs, "host")
    assert record.ratio() == figures.Figure(2, 1, 3, 3)
    assert (record.waited("ours"), record.waited("theirs")) == ("guest", "host")
    assert record.last("theirs") == 4
    assert json.loads(json.dumps(record.as_dict()))["failed"] == {"theirs": "it hung"}


@pytest.mark.parametrize("ours, theirs, bound", [
    ("host", "host", None), ("guest", "host", "at least"), ("host", "guest", "at most"),
    ("guest", "guest", "unknown")])
def test_a_ratio_with_a_side_that_the_host_limited_is_a_bound(ours, theirs, bound):
    record = Record("cells", "64 B")
    record.add("ours", 2, ours)
    record.add("theirs", 1, theirs)
    assert record.as_dict()["bound"] == bound


def test_every_other_side_has_a_ratio_of_its_own():
    record = Record("neighbours", "64 B")
    for side, value in (("ours", 6), ("theirs", 2), ("virtio-user", 3)):
        record.add(side, value)
    told = record.as_dict()
    assert (told["ratio"]["median"], told["ratio_to_virtio-user"]["median"]) == (3, 2)
    assert any("virtio-user" in line and "ours/theirs" in line
               for line in table.record_lines([record]))


def measured(ratio, waited="host", part="cells", name="rxonly, 64 B, burst 32"):
    """A record of that ratio."""
    record = Record(part, name)
    record.add("ours", ratio, waited)
    record.add("theirs", 1.0, "host")
    return record


@pytest.mark.parametrize("ratio, waited, reached", [
    (2.6, "host", True), (2.4, "host", False), (2.6, "guest", True), (2.4, "guest", None)])
def test_a_target_is_reached_by_its_figure_or_open_where_that_is_a_bound(ratio, waited, reached):
    judged = targets.judge([measured(ratio, waited)])[0]
    assert judged.reached is reached
    assert json.loads(json.dumps(judged.as_dict()))["reached"] is reached


def test_less_is_wanted_of_what_costs():
    name = "send, 64 B, burst 32"
    for ratio, reached in ((0.3, True), (0.4, False)):
        told = targets.judge([measured(ratio, None, "instructions", name)])
        assert [one.reached for one in told if one.name == name] == [reached]


def test_zero_copy_is_compared_with_their_copy():
    zero_copy = "rxonly, 1514 B, burst 32, zero-copy"
    told = targets.judge([measured(9.0, name=zero_copy),
                          measured(2.0, name="rxonly, 1514 B, burst 32")])
    assert [one.found.median for one in told if one.name == zero_copy] == [9.0]


def test_targets_without_a_figure_are_told():
    told = targets.judge([])
    assert [one.target for one in told] == list(targets.TARGETS)
    assert all(one.reached is None for one in told)
    assert all("not measured" in line for line in list(targets.lines(told))[1:])


def test_every_part_has_its_name_and_a_line_of_help():
    for name, part in parts().items():
        assert part.NAME == name and part.HELP and callable(part.measure)


def test_every_cell_is_measured_once_and_has_its_own_name():
    for specs in (quick(), full()):
        assert len({spec.name for spec in specs}) == len(specs)
        assert sorted(spec for _, group in groups(specs) for spec in group) == sorted(specs)


class Machine:
    """In place of a Cell: delivers what is offered up to its capacity, a flood drowns it."""

    def __init__(self, most, drowns_at, host_most=1e12):
        self.most, self.drowns_at, self.host_most, self.rate = most, drowns_at, host_most, 0
        self.port = {"gen_offered": 0, "gen_late": 0}
        self.rx_lost_port = 0

    def offer(self, rate):
        self.rate = rate

    def source(self):
        return type("Nic", (), {"port": dict(self.port), "rx_lost_port": 0})

    def measure(self, seconds):
        rate = min(self.rate, self.host_most)
        self.port["gen_offered"] += rate * seconds
        self.port["gen_late"] += (self.rate - rate) * seconds
        return {"delivered": min(rate, self.most) / (100 if rate >= self.drowns_at else 1)}


@pytest.mark.parametrize("most, drowns_at", [(20e6, 1e12), (3e6, 6e6), (8e6, 9e6)])
def test_the_capacity_is_found_although_a_flood_drowns_it(most, drowns_at):
    found = rates.capacity(Machine(most, drowns_at), 0.001)["delivered"]
    assert found > 0.6 * most
    again = rates.capacity(Machine(most, drowns_at), 0.001, found)["delivered"]
    assert again >= found


@pytest.mark.parametrize("host_most, limited", [(1e12, False), (2e6, True)])
def test_who_limits_is_seen_where_more_was_offered_than_taken(host_most, limited):
    assert rates.capacity(Machine(5e6, 1e12, host_most), 0.001)["host_limited"] == limited


@pytest.mark.parametrize("side", [sides.ours, sides.theirs])
def test_each_side_has_its_own_driver(lab, side):
    with Cell(lab, side(), Load()) as cell:
        maps = cell.loaded("librte_net_netvsc")
        assert maps
        assert all(path.is_relative_to(side().build.resolve()) for path in maps)


def test_content_that_another_driver_refuses_is_told_and_no_error():
    found = verify.Verified(failed={(Spec(9014), "theirs"): "it ended (log: a)",
                                    (Spec(9014, burst=1), "theirs"): "it ended (log: b)"})
    assert found.error() is None
    assert list(found.lines()) == ["content not verified, theirs: it ended: "
                                   "rxonly, 9014 B, burst 32; rxonly, 9014 B, burst 1"]
    found.failed[Spec(64), "ours"] = "it ended"
    assert "rxonly, 64 B" in found.error()


@pytest.mark.parametrize("frames, good, bad, missed, is_good", [
    (10, 10, 0, 0, True), (10, 8, 0, 2, True), (10, 8, 0, 0, False), (10, 10, 1, 0, False),
    (0, 0, 0, 0, False), (10, 11, 0, 0, False)])
def test_frames_are_verified_that_came_whole_or_are_told_as_missed(frames, good, bad, missed,
                                                                   is_good):
    found = verify.Verified({(Spec(64), "ours"): verify.Verdict(frames, good, bad, missed)})
    assert found.of(Spec(64))["ours"]["verified"] == is_good
    assert (found.error() is None) == is_good


@pytest.mark.parametrize("mode", ["rxonly", "txonly", "io"])
def test_frames_are_verified_in_every_mode(lab, mode):
    spec = Spec(256, mode=mode)
    with Cell(lab, sides.ours(), spec.verified) as cell:
        verdict = verify.verify_one(cell, spec)
        assert verdict.is_good and verdict.frames > 1000, verdict


class Longer(Load):
    """The program expects other frames than those that come."""

    def arguments(self):
        return [self.frame - 44 if word == self.frame else word for word in super().arguments()]


def test_a_frame_of_another_length_is_seen(lab):
    spec = Spec(256)
    load = replace(spec.verified, frame=300)
    with Cell(lab, sides.ours(), Longer(**asdict(load))) as cell:
        verdict = verify.verify_one(cell, spec)
        assert not verdict.is_good and verdict.bad > 1000, verdict


def test_both_drivers_have_a_figure_in_every_mode(lab):
    specs = [Spec(64, mode=mode) for mode in ("rxonly", "txonly", "io")]
    for record in measure_specs(Run(lab, sides.both(), 1, 0.05, True, lambda _: None), specs):
        assert not record.failed
        assert record.figure("ours").median > 100_000, record.name
        assert record.figure("theirs").median > 10_000, record.name


PROFILE = """\
events: Ir
ob=(1) /x/hv-bench
fl=(1) workers.c
fn=(1) work_rxonly
58 10
cob=(2) /x/librte_net_netvsc.so.23.0
cfi=(2) hn_rx.c
cfn=(2) hn_rx_burst
calls=2 100
* 250
+3 5
cfn=(3) local
calls=1 7
+1 40
fn=(3)
7 40

ob=(2)
fl=(2)
fn=(2)
100 150
cob=(3) /x/libc.so.6
cfn=(4) memcpy
calls=2 0
-1 100
"""


def test_a_profile_is_read(tmp_path):
    path = tmp_path / "profile"
    path.write_text(PROFILE, encoding="utf-8")
    profile = callgrind.read(path)
    netvsc = "/x/librte_net_netvsc.so.23.0"
    assert profile.own == {("/x/hv-bench", "work_rxonly"): 15, ("/x/hv-bench", "local"): 40,
                           (netvsc, "hn_rx_burst"): 150}
    assert profile.calls == {("/x/hv-bench", netvsc): 250, ("/x/hv-bench", "/x/hv-bench"): 40,
                             (netvsc, "/x/libc.so.6"): 100}
    count = instructions.count_of(profile, 10)
    assert (count.all, count.own, count.functions) == (25, 15, {"hn_rx_burst": 15})


def altered(part):
    """The baseline, and a count of each of its cells whose first function takes so much more."""
    cells = baseline.read()["cells"]
    counts = {name: Counter(cell["functions"]) for name, cell in cells.items()}
    for functions in counts.values():
        first = next(iter(functions))
        functions[first] += part * functions.total()
    return cells, {name: instructions.Count(0, functions) for name, functions in counts.items()}


def test_the_baseline_has_all_cells_that_are_counted():
    cells = baseline.read()["cells"]
    assert list(cells) == [instructions.name_of(spec) for spec in instructions.specs(False)]
    for cell in cells.values():
        assert sum(cell["functions"].values()) == pytest.approx(cell["total"], rel=0.005)


@pytest.mark.parametrize("part, rises, falls", [(0.05, True, False), (0.02, False, False),
                                                (-0.02, False, False), (-0.05, False, True)])
def test_a_rise_over_the_baseline_is_told_with_its_function(part, rises, falls):
    cells, counts = altered(part)
    changes = list(baseline.compare(cells, counts))
    assert len(changes) == len(cells)
    for change in changes:
        assert (change.is_rise, change.is_fall) == (rises, falls), change
        if rises:
            first = next(iter(cells[change.name]["functions"]))
            assert change.risen[0][0] == first and f": {first} " in str(change)


def test_a_function_that_is_new_is_told():
    cells, counts = altered(0)
    for count in counts.values():
        count.functions["hn_new"] += 0.1 * count.own
    for change in baseline.compare(cells, counts):
        assert change.is_rise and "hn_new 0.0 -> " in str(change)


def test_no_frame_takes_more_instructions_than_it_did(lab):
    known = baseline.read()
    if known["compiler"] != baseline.compiler():
        pytest.skip(f"the baseline is of {known['compiler']}, not {baseline.compiler()}")
    life = instructions.Life(lab, sides.ours(), Spec(64).load)
    with life:
        counts = {instructions.name_of(spec): life.count(spec)
                  for spec in instructions.specs(quick=True)}
    changes = list(baseline.compare(known["cells"], counts))
    assert len(changes) == len(counts)
    for change in changes:
        print(change)
        if change.is_fall:
            print("if it is to stay so: ./dev bench instructions --ours --rebase")
    assert not [str(change) for change in changes if change.is_rise]


def test_results_are_drawn(tmp_path):
    record = Record("cells", "64 B")
    swept = sweep.Sweep(sides.ours())
    for rate in (1e6, 2e6):
        record.add("ours", rate, "guest")
        times = {name: {"max_us": 10.0, "failed": 0} for name in sweep.CONTROLS}
        swept.points += [sweep.Point(percent, rate, rate, rate, controls=times)
                         for percent in (50, 100)] + [sweep.Point(400, rate, hung=True)]
    found = Found([record, Record("cells", "no figure"), Record("cells", "other", "us", "less")])
    found.draw(tmp_path / "cells")
    picture.sweep([swept], "sweep", tmp_path / "sweep")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cells.png", "cells.svg", "sweep.png", "sweep.svg"]
    lines = [*found.lines(), *table.sweep_lines(swept)]
    assert any("never" in line for line in lines)


def test_what_the_program_does_not_understand_is_an_error(lab):
    with Cell(lab, sides.ours(), Load()) as cell:
        with pytest.raises(LabError, match="a mode is"):
            cell.work("backwards", 32)
        with pytest.raises(LabError, match="no such control"):
            cell.control(0.1, ["magic"])
        assert cell.measure(0.01)["received"] == 0
