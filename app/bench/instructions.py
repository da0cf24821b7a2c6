# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""How many instructions a frame takes, by callgrind: repeatable where time is noisy.

The frames of a burst lie there when it is called, so that none is spent on
waiting. What the program itself does with a frame, to get and to free it, is the
same for both drivers and is counted with it; completions are part of sending.
"""

import re
from dataclasses import replace

from lab import LabError, processes

from .cell import Cell
from .part import Found
from .record import Record
from .spec import Spec

NAME = "instructions"
HELP = "how many instructions a frame takes, by callgrind: the same on any machine"

BURSTS = 100
PAUSE_S = 0.012
# Frames come a little faster than they are taken: no burst is empty.
BULKS_PER_SECOND = 100
# Functions that are told.
FUNCTIONS = 12


def specs():
    """What is counted."""
    return [Spec(frame, mode=mode, burst=burst) for mode in ("rxonly", "txonly", "io")
            for frame in (64, 1514) for burst in (32, 1)]


def _callgrind(path):
    return ["valgrind", "--quiet", "--tool=callgrind", "--trace-children=yes", "--fair-sched=yes",
            "--toggle-collect=workers_burst", f"--callgrind-out-file={path}"]


def _run(lab, side, spec, path):
    """The program under callgrind; how many frames it has counted."""
    load = replace(spec.load, bulk=spec.burst)
    with Cell(lab, side, load, _callgrind(path)) as cell:
        cell.work(spec.mode, spec.burst)
        if spec.mode != "txonly":
            cell.offer(BULKS_PER_SECOND * spec.burst)
        cell.count(5, PAUSE_S)  # both caches of mbufs have been used once
        warm = cell.count(5, PAUSE_S)
        found = cell.count(BURSTS, PAUSE_S)
        cell.quit()
    if found["empty"] or warm["empty"]:
        raise LabError(f"{spec.name}, {side.label}: {found['empty']} bursts were empty")
    # The first bursts are in the profile too.
    return (BURSTS + 10) * spec.burst


def _functions(path):
    """Instructions by function, the most first."""
    text = processes.run(["callgrind_annotate", path]).stdout
    found = {}
    for number, name in re.findall(r"^ *([\d,]+) \([ \d.]+%\)  \S*?([\w']+)(?: \[.*\])?$", text,
                                   re.M):
        found[name] = found.get(name, 0) + int(number.replace(",", ""))
    return found


def _total(path):
    with open(path, encoding="utf-8") as profile:
        return int(re.search(r"^(?:totals|summary): (\d+)", profile.read(), re.M)[1])


def count(lab, side, spec):
    """Instructions per frame of one cell: all, and by function, the most first."""
    path = lab.logs / f"callgrind-{len(list(lab.logs.iterdir()))}"
    frames = _run(lab, side, spec, path)
    most = sorted(_functions(path).items(), key=lambda item: -item[1])[:FUNCTIONS]
    return _total(path) / frames, {name: number / frames for name, number in most}


def _record(run, spec):
    record = Record(NAME, spec.name, "instructions/frame", "less")
    for side in run.sides:
        run.tell(f"{spec.name}: {side.label}")
        try:
            total, functions = count(run.lab, side, spec)
        except LabError as error:
            record.fail(side.name, error)
            continue
        record.add(side.name, total)
        if side.name == "ours":
            record.extras["functions"] = functions
    return record


def measure(run):
    """The part."""
    return Found([_record(run, spec) for spec in specs()])
