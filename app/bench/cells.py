# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Frames per second of every way to use both drivers, cell after cell, round after round."""

from dataclasses import asdict

from lab import LabError

from .cell import Cell
from .figures import in_turn
from .part import Found
from .rates import capacity, host_limited
from .record import Record
from .spec import full, groups, quick

NAME = "cells"
HELP = "frames per second of one lcore, for every way to use a port"

# Where more than this of the frames found no place, the host did not take them quickly enough.
UNSENT = 0.02


def _measure_one(cell, record, side, seconds):
    """One cell of one side, in one round."""
    spec = record.extras["spec"]
    cell.come_together(spec["burst"])
    cell.work(spec["mode"], spec["burst"])
    if spec["mode"] == "txonly":
        found = cell.measure(seconds)
        unsent = found["unsent"] / max(found["sent"] + found["unsent"], 1)
        host_waited = unsent <= UNSENT
    else:
        found = capacity(cell, seconds, record.last(side.name))
        host_waited = not host_limited(found)
    record.add(side.name, found["delivered"], "host" if host_waited else "guest")


def _measure_group(run, side, load, records):
    """All cells of one life; what goes wrong costs those that are left."""
    left = list(records)
    try:
        with Cell(run.lab, side, load) as cell:
            while left:
                _measure_one(cell, left[0], side, run.seconds)
                left.pop(0)
    except LabError as error:
        for record in left:
            record.fail(side.name, error)


def measure_specs(run, specs):
    """A Record for each of them, in their order."""
    records = {spec: Record(NAME, spec.name, extras={"spec": asdict(spec)}) for spec in specs}
    for number, (load, group) in in_turn(groups(specs), run.rounds):
        for side in run.sides if number % 2 == 0 else reversed(run.sides):
            run.tell(f"round {number + 1} of {run.rounds}, {side.label}: {group[0].frame} B, "
                     f"{len(group)} cells")
            _measure_group(run, side, load, [records[spec] for spec in group])
    return list(records.values())


def measure(run):
    """The part."""
    return Found(measure_specs(run, quick() if run.quick else full()))
