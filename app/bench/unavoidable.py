# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What share of our time is unavoidable: this driver beside a loop that does only what it must.

The loop is app/bench/limit: a port of hv-bench with the card's memory, and a thread
on another core that plays the host. It is measured as the driver is: the time that
bursts take which find what they look for, and the instructions of such bursts. Each
frame costs the program some time besides, which is not counted, so that the host is
always ahead: the same lines of memory are in its cache, or in none.
"""

from dataclasses import replace

from lab import LabError

from . import instructions
from .alone import Alone
from .cell import Cell
from .figures import in_turn
from .part import Found
from .record import Record
from .sides import limit
from .spec import Spec

NAME = "limit"
HELP = "how much of our time no driver could avoid"

# What a frame costs the program, in TSC cycles; and a rate that is more than enough.
WORK = 200
FLOOD = 100_000_000
# Before it is measured.
SETTLE_S = 0.2
# The longest frame of which a section of the send buffer takes one.
SECTION_FRAME = 6000


class Limit(Alone):
    """The loop. Its rings have packets of one kind: another mode needs another program."""

    def _open(self, stack):
        load = self._load
        cores = 1 << self._lab.cores.host
        common = f"ranges={load.burst},frame={load.frame},cores={cores:#x}"
        roles = {"rxonly": ["source"], "txonly": ["sink"], "io": ["source", "sink"]}[load.mode]
        return [f"net_limit{number},role={role},{common}" for number, role in enumerate(roles)]


def specs(quick):
    """What is measured."""
    if quick:
        return [Spec(64), Spec(64, mode="txonly")]
    return [Spec(frame, mode=mode, burst=burst) for mode in ("rxonly", "txonly")
            for frame in (64, 256, 1514, 9014) for burst in (32, 1)
            if mode == "rxonly" or frame < SECTION_FRAME]


def load_of(spec):
    """What the program is started with."""
    return replace(spec.load, mode=spec.mode, burst=spec.burst, work=WORK, clock=True)


def busy(cell, seconds):
    """Nanoseconds of a driver's for a frame, in whole bursts; how large they were."""
    found = cell.measure(seconds)
    if found["busy_frames"] == 0:
        raise LabError("no burst moved anything")
    return (found["busy_ns"] / found["busy_frames"], found["busy_frames"] / found["busy"],
            found["empty"] / found["polls"])


def time_side(run, make, side, spec, record):
    """One side's time, in one round; make: Cell, or what is made like it."""
    try:
        with make(run.lab, side, load_of(spec)) as cell:
            cell.work(spec.mode, spec.burst)
            cell.come_together(spec.burst)
            if spec.mode != "txonly":
                cell.offer(FLOOD)
            cell.measure(SETTLE_S)  # the caches are warm, the rings full
            spent, together, empty = busy(cell, run.seconds)
    except LabError as error:
        record.fail(side.name, error)
        return
    record.add(side.name, spent)
    record.extras.setdefault("burst", {})[side.name] = round(together, 1)
    record.extras.setdefault("empty", {})[side.name] = round(empty, 3)


def count_side(run, make, side, spec, record):
    """One side's instructions."""
    try:
        with instructions.Life(run.lab, side, replace(load_of(spec), work=0, clock=False),
                               make) as life:
            count = life.count(spec, 1 if run.quick else instructions.ENOUGH)
            record.add(side.name, count.all)
    except LabError as error:
        record.fail(side.name, error)


def measure_sides(run, part, wanted, sides):
    """Records of time, then of instructions; sides: pairs of a side and what makes its cell."""
    records = []
    times = {spec: Record(part, instructions.name_of(spec), "ns", "less",
                          extras={"spec": spec.name}) for spec in wanted}
    for spec in wanted:
        for number, (side, make) in in_turn(sides, run.rounds):
            run.tell(f"{spec.name}, round {number + 1} of {run.rounds}: {side.label}")
            time_side(run, make, side, spec, times[spec])
    for spec in wanted:
        if spec.mode not in instructions.COUNTS:
            continue
        record = Record(part, instructions.name_of(spec) + ": instructions",
                        "instructions/frame", "less")
        for side, make in sides:
            run.tell(f"{spec.name}, instructions: {side.label}")
            count_side(run, make, side, spec, record)
        records.append(record)
    return list(times.values()) + records


def measure(run):
    """The part."""
    ours = run.sides[0]
    return Found(measure_sides(run, NAME, specs(run.quick), [(ours, Cell), (limit(), Limit)]))
