# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""How many instructions a frame takes, by callgrind: repeatable where time is noisy.

The program's bursts come by the clock, and as many frames as one takes lie there when
it is called, so that none is spent on waiting. Told is what the driver's function and
all that it calls take; getting and freeing mbufs in the program is not part of it.

Ours are compared with the baseline besides; see baseline.py.
"""

import time
from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path

from lab import LabError

from . import baseline, callgrind
from .cell import Cell
from .part import Found
from .record import Record
from .spec import Spec

NAME = "instructions"
HELP = "how many instructions a frame takes, by callgrind: the same on any machine"

PROGRAM = "hv-bench"
# Files of a driver's functions, and those through which the program calls them.
DRIVER = ("librte_net_netvsc.", "librte_bus_vmbus.")
EDGE = (*DRIVER, "librte_net_", "librte_ethdev.")

# What a mode is called: it is the direction that counts.
DIRECTIONS = {"rxonly": "receive", "txonly": "send", "io": "forward", "done": "completions"}
# Bursts of each size that are counted and how far apart they are, in seconds: the host takes
# part, beside whatever else runs. To send is counted over many rounds of the queue.
COUNTS = {"rxonly": {32: 100, 1: 250}, "txonly": {32: 512, 1: 1024}, "done": {32: 100, 1: 250}}
PERIODS = {"rxonly": 0.004, "txonly": 0.001, "done": 0.004}
WARM = 10
# So many bursts' frames lie there from the beginning: a host that is a little late does not matter.
AHEAD = 3
# Each cell is counted so often; more tries there are not.
ENOUGH = 5
TRIES = 8


def specs(quick):
    """What is counted."""
    frames = (64,) if quick else (64, 1514)
    return [Spec(frame, mode=mode, burst=burst)
            for frame in frames for mode in COUNTS for burst in (32, 1)] + [
                Spec(64, checksums=True), Spec(1514, copies=False)][:0 if quick else 2]


def name_of(spec):
    """For people."""
    words = [DIRECTIONS[spec.mode], f"{spec.frame} B", f"burst {spec.burst}"]
    return ", ".join(words + ["zero-copy"] * (not spec.copies) +
                     ["checksums"] * spec.checksums)


def _options(path):
    return ["valgrind", "--quiet", "--tool=callgrind", "--trace-children=yes", "--fair-sched=yes",
            "--toggle-collect=workers_burst", "--zero-before=workers_count",
            "--dump-after=workers_count", f"--callgrind-out-file={path}"]


def _is_of(path, files):
    return Path(path).name.startswith(files)


@dataclass(frozen=True)
class Count:
    """Instructions per frame: of all that the driver does, and in its own functions by name."""

    all: float
    functions: Counter

    @property
    def own(self):
        """In the driver's functions alone: what does not depend on the machine's libc."""
        return self.functions.total()


def count_of(profile, frames):
    """A Count of what callgrind has found while so many frames passed."""
    total = sum(cost for (caller, called), cost in profile.calls.items()
                if _is_of(caller, PROGRAM) and _is_of(called, EDGE))
    functions = Counter()
    for (file, function), cost in profile.own.items():
        if _is_of(file, DRIVER):
            functions[function] += cost / frames
    return Count(total / frames, functions)


class Life:
    """One program under callgrind, for use in a with statement."""

    def __init__(self, lab, side, load, cell=Cell):
        self._path = lab.logs / f"callgrind-{len(list(lab.logs.iterdir()))}"
        self._cell = cell(lab, side, replace(load, apart=True), _options(self._path))
        self._dumps = 0

    def __enter__(self):
        self._cell.__enter__()
        return self

    def __exit__(self, *_):
        self._cell.__exit__(None, None, None)

    def _bursts(self, number, period):
        """What the program has counted in so many bursts, and callgrind."""
        found = self._cell.count(number, period)
        self._dumps += 1
        return found, f"{self._path}.{self._dumps}"

    def _once(self, spec):
        """A Count; None if a burst did not find what it should."""
        period, bursts = PERIODS[spec.mode], COUNTS[spec.mode][spec.burst]
        self._cell.work(spec.mode, spec.burst)
        self._cell.come_together(spec.burst)
        if spec.mode == "rxonly":
            self._cell.offer(spec.burst / period)
            time.sleep(AHEAD * period)
        self._bursts(WARM, period)
        found, path = self._bursts(bursts, period)
        frames = found["received"] + found["sent"]
        if found["empty"] or frames != bursts * spec.burst:
            return None
        return count_of(callgrind.read(path), frames)

    def count(self, spec, enough=ENOUGH):
        """The least of several Counts of one cell.

        Whether the host is a packet ahead when one is read, or has just fallen behind,
        decides whether that one is completed alone: up to 4 % in bursts of 1.
        """
        tries = (self._once(spec) for _ in range(TRIES))
        counts = list(islice(filter(None, tries), enough))
        if not counts:
            raise LabError(f"{name_of(spec)}: in none of {TRIES} tries each burst had its frames")
        return min(counts, key=lambda count: count.own)


def _add(records, run, side, load):
    """All cells of one life, of one side."""
    left = dict(records)
    run.tell(f"{side.label}: {load.frame} byte frames")
    try:
        with Life(run.lab, side, load) as life:
            for spec, record in records.items():
                count = life.count(spec, 1 if run.quick else ENOUGH)
                record.add(side.name, count.all)
                if side.name == "ours":
                    record.extras["count"] = count
                del left[spec]
    except LabError as error:
        for record in left.values():
            record.fail(side.name, error)


def count_specs(run, wanted):
    """A Record of each, in the order of those that are counted in one life."""
    records = {}
    for load, group in groupby(wanted, key=lambda spec: spec.load):
        some = {spec: Record(NAME, name_of(spec), "instructions/frame", "less") for spec in group}
        for side in run.sides:
            _add(some, run, side, load)
        records |= some
    return list(records.values())


@dataclass
class Counted(Found):
    """Besides the records how ours stand to the baseline."""

    told: list

    def lines(self):
        yield from super().lines()
        yield ""
        yield from self.told


def options(parser):
    """Its own."""
    parser.add_argument("--rebase", action="store_true",
                        help="make what is counted the baseline from now on (not with --quick)")


def measure(run):
    """The part."""
    cells = count_specs(run, specs(run.quick))
    counts = {record.name: record.extras.pop("count") for record in cells
              if "count" in record.extras}
    if run.options.rebase and not run.quick:
        baseline.write(counts)
    for record in cells:
        if record.name in counts:
            record.extras["functions"] = dict(counts[record.name].functions.most_common(12))
    return Counted(cells, list(baseline.lines(counts)))
