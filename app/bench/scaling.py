# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What several queues do together, compared with one: each has a core of its own.

A host that runs takes a core too, and is soon the limit. So the queues are
measured in lock step as well: the host fills the rings, or empties them, and
stands still; then all lcores do what there is to do, from the same moment.
"""

from dataclasses import dataclass, replace
from statistics import median

from lab import LabError

from .cell import Cell
from .cells import measure_specs
from .figures import in_turn
from .part import Found
from .record import THEIRS, Record
from .spec import Spec

NAME = "scaling"
HELP = "frames per second of one queue to four, each with a core of its own"

MOST = 4
STEPS = 25
QUICK_STEPS = 10
FLOWS = 64                     # for one queue as well: the host writes as much for each
DESCRIPTORS = 4096
MBUFS = 4096                   # of each queue, however many there are
PAUSE_S = 0.006                # for which the host works before a step
# Until all pages that frames go through have been mapped.
WARM_UP_S = 0.3
WARM_UP_RATE = 500_000
MODES = {"rx": "rxonly", "tx": "txonly", "none": "rxonly"}
MACHINE = "machine"            # the side that has no driver


@dataclass(frozen=True)
class Step:
    """What is measured in lock step."""

    way: str                   # "rx" or "tx"
    frame: int                 # bytes
    frames: int                # of each queue: what the host has offered, or has room for

    @property
    def name(self):
        """For people."""
        return f"{self.way}, {self.frame} B, lock step".replace("none", "no driver")


STEPPED = (Step("rx", 64, 2500), Step("rx", 1514, 2500), Step("tx", 64, 3000),
           Step("tx", 1514, 480))
# As much work without a driver: how many times that of one core the machine does.
ALONE = Step("none", 64, 3000)
# DPDK's own driver takes all that has come, but keeps no more.
THEIRS_KEPT = 480


def _counts(run):
    """Numbers of queues, as many as there are cores."""
    counts = range(1, min(MOST, len(run.lab.cores.all)) + 1)
    return sorted({counts[0], counts[-1]}) if run.quick else counts


def _rate(queues):
    """Of all queues of a step together; None if one of them had nothing to do."""
    return sum(frames / ns * 1e9 for frames, ns in queues) if all(ns for _, ns in queues) else None


def _round(run, side, step, queues):
    """The sum of all queues' rates, the median of many steps."""
    load = replace(Spec(step.frame, queues=queues).load, mode="rxonly",
                   flows=FLOWS, descriptors=DESCRIPTORS, mbufs=MBUFS * queues - 1)
    frames = THEIRS_KEPT if step.way == "rx" and side.name == THEIRS else step.frames
    with Cell(run.lab, side, load, lcores=run.lab.cores.lcores_everywhere(queues)) as cell:
        cell.work(MODES[step.way], 32)
        cell.offer(WARM_UP_RATE if step.way == "rx" else 0)
        cell.measure(WARM_UP_S)
        if step.way == "rx":
            cell.offer(frames * queues / PAUSE_S)
        steps = [cell.step(step.way, frames, 32, PAUSE_S)
                 for _ in range(QUICK_STEPS if run.quick else STEPS)]
    rates = [rate for rate in map(_rate, steps) if rate]
    if len(rates) < len(steps) / 2:
        raise LabError("in most steps not all queues had frames")
    return median(rates)


def _sides(run, step, number):
    """In turn; one of them is enough where no driver is called."""
    sides = run.sides[:1] if step is ALONE else run.sides
    return sides if number % 2 == 0 else reversed(sides)


def _lock_step(run):
    """Records of the sums, and of their ratios to that of one queue."""
    counts = _counts(run)
    stepped = [step for step in (*STEPPED, ALONE) if step.frame == 64 or not run.quick]
    sums = {(step, count): Record(NAME, f"{step.name}, {count} queue{'s' * (count > 1)}",
                                  extras={"step": step.name, "queues": count})
            for step in stepped for count in counts}
    times = {(step, count): Record(NAME, f"{step.name}, {count} queues / 1 queue", "times")
             for step in stepped for count in counts[1:]}
    for number, step in in_turn(stepped, run.rounds):
        for side in _sides(run, step, number):
            run.tell(f"round {number + 1} of {run.rounds}, {side.label}: {step.name}")
            for count in counts:
                name = MACHINE if step is ALONE else side.name
                try:
                    sums[step, count].add(name, _round(run, side, step, count))
                except LabError as error:
                    sums[step, count].fail(name, error)
    for (step, count), record in times.items():
        for name in sums[step, count].values:
            _divide(record, name, sums[step, count], sums[step, 1])
    return [*sums.values(), *times.values()]


def _divide(record, side, several, one):
    """Round by round."""
    for over, under in zip(several.values[side], one.values[side]):
        if over and under:
            record.add(side, over / under)
        else:
            record.fail(side, "one of both was not measured")


def _live(run):
    """The same with a host that runs: as many queues as it leaves cores to."""
    specs = [Spec(64, mode=mode, queues=count) for mode in ("rxonly", "txonly")
             for count in _counts(run) if count < len(run.lab.cores.all)]
    records = measure_specs(run, specs)
    for record in records:
        record.part = NAME
    return records


@dataclass
class Scaling(Found):
    """Drawn over the number of queues."""

    def draw(self, path):
        from . import picture
        picture.scaling({step.name: [(record.extras["queues"], record) for record in self.cells
                                     if record.extras.get("step") == step.name
                                     and record.unit == "frames/s"] for step in STEPPED}, path)


def measure(run):
    """The part."""
    return Scaling([*_lock_step(run), *([] if run.quick else _live(run))])
