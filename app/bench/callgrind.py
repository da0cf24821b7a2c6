# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What callgrind leaves: instructions by function, and by call from one file to another.

The format is that of the manual of Callgrind, "Callgrind Format Specification":
lines of positions and costs, between them the names that hold from there on. A
name comes with a number, "fn=(7) hn_rx_burst", and later as that number alone.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

_NAME = re.compile(r"^(c?)(fn|ob)=(?:\((\d+)\))? ?(.*)$")
_COST = re.compile(r"^[+\-*\d]\S* (\d+)$")


@dataclass
class Profile:
    """Instructions, by the path of the file that has the function, and its name."""

    own: Counter = field(default_factory=Counter)    # of (file, function): without what it calls
    calls: Counter = field(default_factory=Counter)  # of (file, called file): all of the calls


class _Reader:
    """Goes through the lines of one file."""

    def __init__(self, profile):
        self._profile = profile
        self._known = {}
        self._now = {"fn": "", "ob": "", "cfn": "", "cob": None}
        self._call = False

    def _take_name(self, called, kind, number, text):
        # Numbers of files and of functions are told apart, those of callers and called not.
        name = self._known.setdefault((kind, number), text) if number else text
        self._now[called + kind] = name

    def _take_cost(self, cost):
        now = self._now
        if self._call:
            # Without a name of its own the called function is in the same file.
            called = now["ob"] if now["cob"] is None else now["cob"]
            self._profile.calls[now["ob"], called] += cost
            self._call, now["cob"] = False, None
        else:
            self._profile.own[now["ob"], now["fn"]] += cost

    def take(self, line):
        """The next line."""
        name, cost = _NAME.match(line), _COST.match(line)
        if name:
            self._take_name(*name.groups())
        elif line.startswith("calls="):
            self._call = True
        elif cost:
            self._take_cost(int(cost[1]))


def read(path):
    """A Profile of one file."""
    profile = Profile()
    reader = _Reader(profile)
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        reader.take(line)
    return profile
