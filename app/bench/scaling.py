# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What several queues do together, compared with one: each has a core of its own.

A host that runs takes a core too, and is soon the limit. So the queues are
measured in lock step as well: the host fills the rings, or empties them, and
stands still; then all lcores do what there is to do, from the same moment. So do
one of them alone, and all of them without any driver: cores that share what is in
them, or with other machines, do less than four times what one does.
"""

from dataclasses import dataclass, replace
from statistics import median

from lab import LabError

from .cell import Cell
from .cells import measure_specs
from .figures import in_turn
from .part import Found
from .record import OURS, THEIRS, Record
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
MODES = {"rx": "rxonly", "tx": "txonly"}
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
        return f"{self.way}, {self.frame} B, lock step"


STEPPED = (Step("rx", 64, 2500), Step("rx", 1514, 2500), Step("tx", 64, 3000),
           Step("tx", 1514, 480))
# As much work without a driver: how many times that of one core the machine's cores do.
ALONE = ("none", 3000)
BURST = 32


def _counts(run):
    """Numbers of queues, as many as there are cores."""
    counts = range(1, min(MOST, len(run.lab.cores.all)) + 1)
    return sorted({counts[0], counts[-1]}) if run.quick else counts


def _rate(queues):
    """Of all queues of a step together; None if one of them had nothing to do."""
    return sum(frames / ns * 1e9 for frames, ns in queues) if all(ns for _, ns in queues) else None


class _Steps:
    """Of one life, in turn: one queue alone, two of them, all; with a driver and without.

    So all numbers of queues are measured within the same moments of the machine, on
    the same cores, in the same memory. It is each queue's turn to be alone.
    """

    def __init__(self, counts):
        self._most = counts[-1]
        self.rates = {(name, count): [] for name in ("driver", MACHINE) for count in counts}

    def _take(self, cell, name, count, number, step):
        way, frames, pause = step
        found = cell.step(way, frames, BURST, pause, (number % self._most, count))
        rate = _rate([found[(number + more) % self._most] for more in range(count)])
        if rate:
            self.rates[name, count].append(rate)

    def run(self, cell, way, frames, steps):
        """As many of each."""
        for number in range(steps):
            for name, count in self.rates:
                self._take(cell, name, count, number,
                           (way, frames, PAUSE_S) if name == "driver" else (*ALONE, 0))

    def medians(self, steps):
        """By name and number of queues."""
        if any(len(rates) < steps / 2 for rates in self.rates.values()):
            raise LabError("in most steps not all queues had frames")
        return {key: median(rates) for key, rates in self.rates.items()}


def _round(run, side, step, counts):
    """Rates of a life by "driver" or MACHINE, and number of queues: medians of many steps."""
    most = counts[-1]
    load = replace(Spec(step.frame, queues=most).load, mode="rxonly",
                   flows=FLOWS, descriptors=DESCRIPTORS, mbufs=MBUFS * most - 1)
    steps, times = _Steps(counts), QUICK_STEPS if run.quick else STEPS
    with Cell(run.lab, side, load, lcores=run.lab.cores.lcores_everywhere(most)) as cell:
        cell.work(MODES[step.way], BURST)
        cell.come_together(BURST)
        cell.offer(WARM_UP_RATE if step.way == "rx" else 0)
        cell.measure(WARM_UP_S)
        if step.way == "rx":
            cell.offer(step.frames * most / PAUSE_S)
        steps.run(cell, step.way, step.frames, times)
    return steps.medians(times)


class _LockStep:
    """Records of the sums, and of their ratios to that of one queue."""

    def __init__(self, run):
        self._run, self._counts = run, _counts(run)
        self._stepped = [step for step in STEPPED if step.frame == 64 or not run.quick]
        self.sums = {(step, count): Record(NAME, f"{step.name}, {count} queue{'s' * (count > 1)}",
                                           extras={"step": step.name, "queues": count})
                     for step in self._stepped for count in self._counts}
        self.times = {(step, count): Record(NAME, f"{step.name}, {count} queues / 1 queue", "times",
                                            extras={"step": step.name, "queues": count})
                      for step in self._stepped for count in self._counts[1:]}

    def _add(self, side, step, rates):
        """The machine's are told beside ours."""
        names = {"driver": side.name} | ({MACHINE: MACHINE} if side.name == OURS else {})
        for name, told in names.items():
            for count in self._counts:
                self.sums[step, count].add(told, rates[name, count])
            for count in self._counts[1:]:
                self.times[step, count].add(told, rates[name, count] / rates[name, 1])

    def _fail(self, side, step, error):
        for records in (self.sums, self.times):
            for (its, _), record in records.items():
                if its is step:
                    record.fail(side.name, error)

    def measure(self):
        """All; the records."""
        for number, step in in_turn(self._stepped, self._run.rounds):
            sides = self._run.sides if number % 2 == 0 else self._run.sides[::-1]
            for side in sides:
                # What they receive they have taken out of the ring before the step.
                if (step.way, side.name) == ("rx", THEIRS):
                    continue
                self._run.tell(f"round {number + 1} of {self._run.rounds}, {side.label}: "
                               f"{step.name}")
                try:
                    self._add(side, step, _round(self._run, side, step, self._counts))
                except LabError as error:
                    self._fail(side, step, error)
        return [*self.sums.values(), *self.times.values()]


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
                                     and record.unit == "times"] for step in STEPPED}, path)


def measure(run):
    """The part."""
    return Scaling([*_LockStep(run).measure(), *([] if run.quick else _live(run))])
