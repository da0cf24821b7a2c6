# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""How long it takes from the probe of a port to its link, and what memory that takes.

The host answers at once, and so what is measured is what the driver does, and how
often it asks. Memory is told by port and by queue: a line through what ports of one,
two and four queues take.
"""

from statistics import linear_regression

from lab import LabError

from .cell import Cell, Load
from .figures import in_turn
from .part import Found
from .record import Record

NAME = "startup"
HELP = "from the probe to the link, and what memory a port and a queue take"

PORT = "sink:verify=no"
QUEUES = (1, 2, 4)
STEPS = ("probe", "configure", "queues", "start", "link")
# What is told by port and queue, and its unit.
MEMORY = {"hugepage memory": "bytes", "mbufs held": "mbufs", "the process besides (PSS)": "bytes"}

PORT_ALONE, EACH_QUEUE = "a port without queues", "each queue"


def _queues(count):
    return f"{count} queue{'s' * (count > 1)}"


def _one(lab, side, queues):
    """One life of the program: the time of each step in microseconds, and the memory."""
    with Cell(lab, side, Load(port=PORT, queues=queues)) as cell:
        found = cell.bringup()
        steps = found["steps"]
        return ({step: steps[step]["us"] for step in STEPS},
                {"hugepage memory": sum(steps[step]["bytes"] for step in STEPS),
                 "mbufs held": found["mbufs"], "the process besides (PSS)": cell.pss()})


class _Startup:
    """All that is measured."""

    def __init__(self):
        self.totals = {count: Record(NAME, f"probe to link, {_queues(count)}", "us", "less")
                       for count in QUEUES}
        self.steps = {step: Record(NAME, f"{step}, {_queues(QUEUES[0])}", "us", "less")
                      for step in STEPS}
        self.memory = {(what, of): Record(NAME, f"{what}, {of}", unit, "less")
                       for what, unit in MEMORY.items() for of in (PORT_ALONE, EACH_QUEUE)}

    def records(self):
        """In the order of the table."""
        return [*self.totals.values(), *self.steps.values(), *self.memory.values()]

    def round(self, run, side):
        """One side's."""
        lives = {count: _one(run.lab, side, count) for count in QUEUES}
        for count, (times, _) in lives.items():
            self.totals[count].add(side.name, sum(times.values()))
        for step, record in self.steps.items():
            record.add(side.name, lives[QUEUES[0]][0][step])
        for what in MEMORY:
            line = linear_regression(QUEUES, [lives[count][1][what] for count in QUEUES])
            self.memory[what, PORT_ALONE].add(side.name, line.intercept)
            self.memory[what, EACH_QUEUE].add(side.name, line.slope)


def measure(run):
    """The part."""
    startup = _Startup()
    for number, side in in_turn(run.sides, run.rounds):
        run.tell(f"round {number + 1} of {run.rounds}: {side.label}")
        try:
            startup.round(run, side)
        except LabError as error:
            for record in startup.records():
                record.fail(side.name, error)
    return Found(startup.records())
