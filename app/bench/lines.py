# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Cache lines that more than one lcore touches, while four serve a queue each.

hv-bench-lines is the bench program with our drivers inside, instrumented so that
every access to memory is noted (app/bench/lines). A line that one core writes and
another touches travels between their caches, each time.
"""

import json
import subprocess
from collections import Counter
from dataclasses import asdict, dataclass

from lab import LabError, paths

from . import table
from .cell import Cell
from .part import Found
from .record import Record
from .spec import Spec

NAME = "lines"
HELP = "cache lines that several lcores touch, of which none should be written by two"

PROGRAM = "hv-bench-lines"
QUEUES = 4
RATE = 400_000                 # frames a second, to all queues
SECONDS = 0.5
WARM_UP = 0.3
# The host's memory, which both sides map.
HOST = "memfd:hvhost"
# How lines are shared.
TWO = "written by two lcores"
ANOTHER = "written by one lcore, read by another"
CONTROL = "shared with a thread of control"
KINDS = (TWO, ANOTHER, CONTROL)

SPECS = (Spec(64, queues=QUEUES, mode="rxonly"), Spec(64, queues=QUEUES, mode="txonly"),
         Spec(64, queues=QUEUES, mode="io"),
         Spec(1514, queues=QUEUES, mode="rxonly", copies=False),
         Spec(1514, queues=QUEUES, mode="io", copies=False))


@dataclass(frozen=True)
class Line:
    """One that is shared; lcores below 1 are the main thread and those of the driver itself."""

    address: int
    place: str                 # "program", "host" or "heap"
    writers: tuple             # lcores
    readers: tuple             # lcores that read only
    sites: tuple               # where in the source it is touched

    @property
    def kind(self):
        """In what way."""
        if sum(lcore > 0 for lcore in self.writers) > 1:
            return TWO
        if all(lcore > 0 for lcore in self.writers) and max(self.readers) > 0:
            return ANOTHER
        return CONTROL

    def told(self):
        """As a sentence."""
        return (f"{self.kind} ({self.place}): written by {_lcores(self.writers)}, read by "
                f"{_lcores(self.readers)}: {'; '.join(self.sites)}")




def _lcores(numbers):
    return ", ".join("control" if number < 1 else str(number) for number in numbers) or "nobody"


class _Map:
    """What is where in the program's memory."""

    def __init__(self, text):
        self._areas = []
        for line in text.splitlines():
            words = line.split(maxsplit=5)
            start, end = (int(number, 16) for number in words[0].split("-"))
            self._areas.append((start, end, int(words[2], 16), words[5] if len(words) > 5 else ""))

    def _area(self, address):
        return next((area for area in self._areas if area[0] <= address < area[1]),
                    (0, 0, 0, ""))

    def place(self, address):
        """Of data."""
        name = self._area(address)[3]
        return "host" if HOST in name else "program" if PROGRAM in name else "heap"

    def sites(self, addresses):
        """Where in the source these places of the program are: a function, a file and a line."""
        program = paths.program(PROGRAM).resolve()
        start = min(area[0] for area in self._areas if area[3] == str(program))
        found = subprocess.run(["addr2line", "-f", "-s", "-e", program,
                                *(f"{address - 1 - start:#x}" for address in addresses)],
                               check=True, capture_output=True, text=True).stdout.splitlines()
        return {address: f"{function} {place}" for address, function, place in
                zip(addresses, found[::2], found[1::2])}


def _line(told, memory):
    threads = told["threads"]
    addresses = [thread[what] for thread in threads for what in ("writer", "reader")
                 if thread[what]]
    sites = memory.sites(addresses)
    writers = {thread["lcore"] for thread in threads if thread["written"]}
    return Line(told["line"], memory.place(told["line"]), tuple(sorted(writers)),
                tuple(sorted({thread["lcore"] for thread in threads} - writers)),
                tuple(sorted(set(sites.values()))))


def shared(cell, path, seconds=SECONDS):
    """The lines that are shared meanwhile; all lcores must have had something to do."""
    before = cell.stats()
    told = cell.shared(seconds, path)
    touched = [thread["lines"] for thread in told["threads"] if thread["lcore"] > 0]
    if len(touched) < QUEUES or min(touched) < 100 or cell.stats() == before:
        raise LabError(f"not all lcores had work: they touched {touched} lines")
    if any(thread["lost"] for thread in told["threads"]):
        raise LabError("more lines were touched than there is room for")
    memory = _Map(cell.maps())
    with open(path, encoding="utf-8") as lines:
        return [_line(json.loads(line), memory) for line in lines]


def open_cell(lab, side, spec):
    """A program that tells of its lines."""
    return Cell(lab, side, spec.load, program=PROGRAM)


def find(lab, cell, spec):
    """All shared lines of one way to use the ports."""
    cell.work(spec.mode, spec.burst)
    cell.offer(0 if spec.mode == "txonly" else RATE)
    cell.measure(WARM_UP)
    return shared(cell, lab.logs / f"lines-{spec.mode}-{spec.frame}.json")


@dataclass
class Shared(Found):
    """Besides the numbers each line."""

    found: dict                # by name: a list of Line

    def lines(self):
        yield from table.record_lines(self.cells)
        for name, found in self.found.items():
            told = Counter(line.told() for line in found if line.kind != CONTROL)
            for line, count in told.items():
                yield f"{name}: {count} {line}"

    def details(self):
        return {name: [asdict(line) for line in found] for name, found in self.found.items()}


def measure(run):
    """The part; of this driver alone, for the other one is not built here."""
    side = next(side for side in run.sides if side.name == "ours")
    records = {(spec, kind): Record(NAME, f"{spec.name}: {kind}", "lines", "less")
               for spec in SPECS for kind in KINDS}
    all_found = {}
    for spec in SPECS:
        run.tell(spec.name)
        try:
            with open_cell(run.lab, side, spec) as cell:
                found = all_found[spec.name] = find(run.lab, cell, spec)
        except LabError as error:
            for kind in KINDS:
                records[spec, kind].fail(side.name, error)
            continue
        for kind in KINDS:
            records[spec, kind].add(side.name, sum(line.kind == kind for line in found))
    return Shared(list(records.values()), all_found)
