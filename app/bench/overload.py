# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The sweep as a part of the bench: how a driver bears more than it can take."""

from dataclasses import asdict, dataclass

from . import table
from .cell import Load
from .hvbench import ANSWER_S
from .part import Found
from .record import Record
from .sweep import PERCENTS, sweep, unaccounted

NAME = "sweep"
HELP = "how a driver bears overload: the delivered over the offered load"

# Rounds and rates of --quick, and how long each is offered at least.
QUICK_ROUNDS = 1
QUICK_PERCENTS = (100, 400)
QUICK_ANSWER_S = 4
SECONDS = 0.3


def options(parser):
    """Its own."""
    parser.add_argument("--mode", choices=("rxonly", "io"), default="rxonly",
                        help="receive only, or forward (default: rxonly)")
    parser.add_argument("--frame", type=int, default=64, metavar="BYTES",
                        help="length of the frames (default: 64)")
    parser.add_argument("--work", type=int, default=100, metavar="CYCLES",
                        help="what a frame costs the program itself (default: 100)")


def _as_dict(found):
    return {
        "capacity": found.capacity,
        "fall_after_peak": found.fall_after_peak(),
        "failed": found.failed(),
        "points": [asdict(point) for point in found.points],
        "heavy": found.heavy,
        "books": [account and {**account, "unaccounted": unaccounted(account)}
                  for account in found.books],
    }


def _records(found):
    records = [Record(NAME, "capacity"),
               Record(NAME, "fall behind the peak", "share", "less"),
               Record(NAME, f"delivered at {max(PERCENTS)} % of the capacity")]
    for one in found:
        last = max(one.percents())
        records[0].add(one.side.name, one.capacity)
        records[1].add(one.side.name, one.fall_after_peak())
        for point in one.points:
            if point.percent == last:
                records[2].add(one.side.name, point.delivered)
    return records


@dataclass
class Swept(Found):
    """Besides the records all points."""

    load: Load
    sweeps: list               # a Sweep for each side

    def title(self):
        """What was done."""
        return (f"{self.load.mode}, {self.load.frame} byte frames, bursts of {self.load.burst}, "
                f"one queue, {self.load.work} cycles of work per frame")

    def lines(self):
        yield self.title()
        for one in self.sweeps:
            yield ""
            yield from table.sweep_lines(one)

    def draw(self, path):
        from . import picture
        picture.sweep(self.sweeps, self.title(), path)

    def details(self):
        return {"load": asdict(self.load),
                "sides": {one.side.name: _as_dict(one) for one in self.sweeps}}


def measure(run):
    """The part."""
    load = Load(mode=run.options.mode, frame=run.options.frame, work=run.options.work)
    found = sweep(run.lab, run.sides, load, percents=QUICK_PERCENTS if run.quick else PERCENTS,
                  seconds=max(run.seconds, SECONDS),
                  rounds=QUICK_ROUNDS if run.quick else run.rounds,
                  answer_s=QUICK_ANSWER_S if run.quick else ANSWER_S, tell=run.tell)
    return Swept(_records(found), load, found)
