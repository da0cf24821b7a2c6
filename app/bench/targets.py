# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Where the driver has to get: what figures of one run have to be, and whether they are.

The rows name the figures by part and name, as they stand in the results. A figure that
the host limited is a bound: it may say that a target is reached, or nothing.
"""

import re
from dataclasses import dataclass
from typing import Callable

from . import table
from .figures import Figure, figure


@dataclass(frozen=True)
class Target:
    """One row: all figures that it names have to be that."""

    what: str
    want: float
    least: bool                # at least that, or at most
    part: str
    names: str                 # what names of cells match, wholly
    take: Callable             # take(record, records by name): a Figure and its bound, or None

    def judge(self, number, bound):
        """Whether it is reached: None where that cannot be told."""
        reached = number >= self.want if self.least else number <= self.want
        proves = {"at least": self.least and reached or not self.least and not reached,
                  "at most": not self.least and reached or self.least and not reached,
                  None: True}
        return reached if proves.get(bound, False) else None


def _to(side):
    """Ours over that side's, of the same cell."""
    def take(record, _):
        found = record.ratio(side)
        return found and (found, record.bound(side))
    return take


def _ours(record, _):
    found = record.figure("ours")
    return found and (found, "at least" if record.host_limited("ours") else None)


def _over_theirs_of(name):
    """Ours over theirs of another cell, round by round."""
    def take(record, records):
        other = records.get(name)
        both = zip(record.values.get("ours", []), other.values.get("theirs", []) if other else [])
        found = figure([ours / theirs for ours, theirs in both if ours and theirs])
        return found and (found, "at least" if record.host_limited("ours") else None)
    return take


TARGETS = (
    Target("receive 64 B, copied: ours / theirs", 2.5, True, "cells",
           r"rxonly, 64 B, burst 32", _to("theirs")),
    Target("send 64 B: ours / theirs", 3, True, "cells",
           r"txonly, 64 B, burst 32", _to("theirs")),
    Target("forward 64 B: ours / theirs", 2.5, True, "cells",
           r"io, 64 B, burst 32", _to("theirs")),
    Target("receive 1514 B without copying / their copy", 3, True, "cells",
           r"rxonly, 1514 B, burst 32, zero-copy", _over_theirs_of("rxonly, 1514 B, burst 32")),
    Target("bursts of 1, 64 B: ours / theirs", 1.5, True, "cells",
           r"(rxonly|txonly|io), 64 B, burst 1", _to("theirs")),
    Target("instructions per frame, 64 B: ours / theirs", 1 / 3, False, "instructions",
           r"(receive|send), 64 B, burst 32", _to("theirs")),
    Target("time over the unavoidable loop", 1.5, False, "limit",
           r"(receive|send), 64 B, burst 32", _to("limit")),
    Target("cost of a frame against virtio-user", 1, False, "neighbours",
           r"(receive|send), 64 B, burst 32(: instructions)?", _to("virtio")),
    Target("4 queues / 1 queue", 3.8, True, "scaling", r".*, lock step, 4 queues / 1 queue", _ours),
    Target("the same, of what this machine's cores do without a driver", 3.8 / 4, True, "scaling",
           r".*, lock step, 4 queues / 1 queue", _to("machine")),
    Target("lines written by two cores", 0, False, "lines", r".*: written by two lcores", _ours),
    Target("p99.9 of round trips: ours / theirs", 0.7, False, "latency",
           r"p99\.9, one after the other(, undisturbed)?", _to("theirs")),
)


@dataclass(frozen=True)
class Judged:
    """A target and one figure of it; without one it was not measured."""

    target: Target
    name: str = ""
    found: Figure | None = None
    bound: str | None = None

    @property
    def reached(self):
        """None where that cannot be told."""
        return self.target.judge(self.found.median, self.bound) if self.found else None

    def as_dict(self):
        """For bench.json."""
        target = self.target
        return {"target": target.what, "want": target.want,
                "sense": "at least" if target.least else "at most", "part": target.part,
                "name": self.name or None, "figure": self.found and self.found.as_dict(),
                "bound": self.bound, "reached": self.reached}


def _judged(target, records):
    mine = {record.name: record for record in records if record.part == target.part}
    for name, record in mine.items():
        if re.fullmatch(target.names, name):
            taken = target.take(record, mine)
            if taken:
                yield Judged(target, name, *taken)


def judge(records):
    """Judged: one at least for each target."""
    found = []
    for target in TARGETS:
        found += list(_judged(target, records)) or [Judged(target)]
    return found


WORDS = {True: "reached", False: "NOT reached"}


def _row(judged):
    target, found = judged.target, judged.found
    want = (">=" if target.least else "<=") + f" {target.want:.2f}"
    if not found:
        return target.what, "", want, "", "", "not measured"
    return (target.what, judged.name, want, table.BOUNDS[judged.bound] + f"{found.median:.2f}",
            f"{found.low:.2f}-{found.high:.2f}" if found.runs > 1 else "",
            WORDS.get(judged.reached, "open: the host was the limit"))


def lines(judged):
    """A table."""
    yield from table.columns(("target", "figure", "wanted", "is", "range", ""),
                             [_row(one) for one in judged])
