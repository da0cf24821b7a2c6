# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The instructions per frame that our driver has come down to, and does not leave again.

baseline.json has for each cell those in the driver's own functions. What it calls
besides, memcpy() above all, differs from one processor to the next. A compiler makes
other code than another: figures of one are compared with those of the same alone.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lab import paths

PATH = Path(__file__).with_name("baseline.json")
LIBRARY = paths.BUILD / "dpdk-debian/build/drivers/librte_net_netvsc.so"
# A cell may take so much more.
TOLERANCE = 0.03
# Functions are told that take more of a frame than this.
WORTH_TELLING = 0.05


@dataclass(frozen=True)
class Change:
    """One cell: instructions per frame then and now, and how much each function rose."""

    name: str
    was: float
    now: float
    risen: list                # of (function, was, now), the most first

    @property
    def is_rise(self):
        """Whether it is more than may be."""
        return self.now > self.was * (1 + TOLERANCE)

    @property
    def is_fall(self):
        """Whether the baseline has become too easy."""
        return self.now < self.was * (1 - TOLERANCE)

    def __str__(self):
        text = (f"{self.name}: {self.now:.1f} instructions per frame in the driver's functions, "
                f"{self.was:.1f} in the baseline ({self.now / self.was - 1:+.1%})")
        if self.is_rise:
            text += ": " + ", ".join(f"{function} {was:.1f} -> {now:.1f}"
                                     for function, was, now in self.risen[:4])
        return text


def _risen(was, now):
    found = [(function, was[function], now[function]) for function in now
             if now[function] - was[function] > WORTH_TELLING]
    return sorted(found, key=lambda item: item[1] - item[2])


def compare(cells, counts):
    """A Change for each cell of the baseline that has been counted."""
    for name, count in counts.items():
        if name in cells:
            was = Counter(cells[name]["functions"])
            yield Change(name, cells[name]["total"], count.own, _risen(was, count.functions))


def compiler(library=LIBRARY):
    """Who has made a library."""
    found = re.search(rb"(GCC: \([^)]*\) [\d.]+|[\w ]*clang version [\d.]+)",
                      Path(library).read_bytes())
    return found[1].decode() if found else "unknown"


def read():
    """The baseline: "compiler", and "cells" by name."""
    return json.loads(PATH.read_text(encoding="utf-8"))


def write(counts):
    """Make these the baseline."""
    cells = {name: {"total": round(count.own, 2),
                    "functions": {function: round(number, 2)
                                  for function, number in count.functions.most_common()
                                  if number > WORTH_TELLING}}
             for name, count in counts.items()}
    PATH.write_text(json.dumps({"compiler": compiler(), "cells": cells}, indent=1) + "\n",
                    encoding="utf-8")


def lines(counts):
    """How they stand to the baseline, for people."""
    known = read()
    if known["compiler"] != compiler():
        yield f"no baseline: it is of {known['compiler']}, this build of {compiler()}"
        return
    changes = list(compare(known["cells"], counts))
    risen = [change for change in changes if change.is_rise]
    yield from (f"MORE than the baseline: {change}" for change in risen)
    yield from (f"less than the baseline: {change}" for change in changes if change.is_fall)
    yield (f"{len(changes)} cells are compared with the baseline, {len(risen)} take more than "
           f"{TOLERANCE:.0%} more; 'instructions --ours --rebase' makes it anew")
