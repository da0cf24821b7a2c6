# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Frames per second of every way to use both drivers, cell after cell, round after round.

What lets a cell be the same each time: frames come as many at a time as the program
asks for in a burst, whatever the rate and however quick the host is.
"""

from dataclasses import asdict, dataclass

from lab import LabError

from .cell import Cell
from .figures import in_turn
from .part import Found
from .rates import capacity
from .record import Record
from .spec import full, groups, quick
from .verify import Verified, verify

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
        host_limited = unsent > UNSENT
    else:
        found = capacity(cell, seconds, record.last(side.name))
        host_limited = found["host_limited"]
    record.add(side.name, found["delivered"], "guest" if host_limited else "host")


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


@dataclass
class Measured(Found):
    """Besides the records what has become of frames' contents."""

    verified: Verified

    def lines(self):
        yield from super().lines()
        yield ""
        yield from self.verified.lines()

    def error(self):
        return self.verified.error()


def measure(run):
    """The part: first whether frames stay what they are, then how many there are."""
    specs = quick() if run.quick else full()
    verified = verify(run, specs)
    records = measure_specs(run, specs)
    for spec, record in zip(specs, records):
        record.extras["verified"] = verified.of(spec)
    return Measured(records, verified)
