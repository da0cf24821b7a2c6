# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Round trips of single frames: from the program to the host, and back.

The program times them itself, with one clock, whatever the driver. At the same
time there is a measure of the machine: a thread that only looks at the clock
makes "trips" of the same length, and what these take beyond it, no driver is
to blame for.
"""

from dataclasses import dataclass

from lab import LabError

from .cell import Cell, Load
from .figures import in_turn
from .part import Found
from .record import Record

NAME = "latency"
HELP = "round trips of single frames: their median, p99 and p99.9"

PORT = "loopback"
MACHINE = "machine"            # the side that has no driver
# Until all pages that the frames go through have been mapped.
WARM_UP = 60_000


@dataclass(frozen=True)
class Pace:
    """How trips follow one another."""

    name: str
    count: int                 # trips of a round
    gap: float                 # seconds between two


PACES = (Pace("one after the other", 100_000, 0), Pace("4000 a second", 4_000, 250e-6))
# What is told of all trips, and of those in which thread and host kept their cores.
FIGURES = (("p50", "all"), ("p99", "all"), ("p99.9", "all"), ("max", "all"),
           ("p99", "undisturbed"), ("p99.9", "undisturbed"))


def _name(pace, figure, which):
    return f"{figure}, {pace.name}" + (", undisturbed" if which != "all" else "")


class _Trips:
    """All that is measured."""

    def __init__(self, run):
        self._run = run
        self.records = {(pace, figure, which):
                        Record(NAME, _name(pace, figure, which), "ns", "less")
                        for pace in PACES for figure, which in FIGURES}
        self.rates = {pace: Record(NAME, f"round trips, {pace.name}") for pace in PACES[:1]}
        self.curves = {}       # by side and pace: a curve of each round

    def _add(self, side, pace, found):
        for (its, figure, which), record in self.records.items():
            if its is pace:
                record.add(side, found[which][figure])
        if pace in self.rates and side != MACHINE:
            self.rates[pace].add(side, 1e9 / found["all"]["mean"])
        self.curves.setdefault(f"{side}, {pace.name}", []).append(found["all"]["curve"])

    def fail(self, side, error):
        """Of a round that was not to be had."""
        for record in [*self.records.values(), *self.rates.values()]:
            record.fail(side, error)

    def round(self, side, first):
        """Both paces of a side; with the first of the sides, those of the machine too."""
        with Cell(self._run.lab, side, Load(port=PORT)) as cell:
            cell.trips(WARM_UP, 0)
            for pace in PACES:
                found = cell.trips(pace.count, pace.gap)
                if found["lost"]:
                    raise LabError(f"{found['lost']} frames did not come back")
                self._add(side.name, pace, found)
                if first:
                    spin = round(found["all"]["p50"])
                    self._add(MACHINE, pace, cell.trips(pace.count, pace.gap, spin))


@dataclass
class Trips(Found):
    """Besides the records the curves."""

    curves: dict

    def draw(self, path):
        from . import picture
        picture.percentiles(self.curves, "round trips of a 64 byte frame", path)

    def details(self):
        return {"curves": self.curves}


def measure(run):
    """The part."""
    trips = _Trips(run)
    for number, side in in_turn(run.sides, run.rounds):
        run.tell(f"round {number + 1} of {run.rounds}: {side.label}")
        try:
            trips.round(side, side is run.sides[0])
        except LabError as error:
            trips.fail(side.name, error)
    return Trips([*trips.rates.values(), *trips.records.values()], trips.curves)
