# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Both drivers in turn, cell after cell, round after round."""

from dataclasses import asdict, dataclass, field

from lab import LabError

from .cell import Cell
from .cells import groups, measure
from .figures import figure, in_turn


@dataclass
class Pair:
    """One cell: results of each round by side; None where there is none, and why."""

    spec: object
    results: dict = field(default_factory=dict)
    failed: dict = field(default_factory=dict)

    def add(self, side, result):
        """Of the next round."""
        self.results.setdefault(side.name, []).append(result)

    def last_rate(self, side):
        """Of the last round that had one; None before."""
        rates = [result.rate for result in self.results.get(side.name, []) if result]
        return rates[-1] if rates else None

    def figure(self, name):
        """The rate of a side; None if it never came to one."""
        return figure([result.rate for result in self.results.get(name, []) if result])

    def ratio(self):
        """Ours over theirs, round by round."""
        both = zip(self.results.get("ours", []), self.results.get("theirs", []))
        return figure([ours.rate / theirs.rate for ours, theirs in both
                       if ours and theirs and theirs.rate])

    def waited(self, name):
        """Which side waited, in most rounds."""
        words = [result.waited for result in self.results.get(name, []) if result]
        return max(words, key=words.count) if words else None

    def as_dict(self):
        """For bench.json."""
        figures = {name: self.figure(name) for name in ("ours", "theirs")}
        figures["ratio"] = self.ratio()
        return {"name": self.spec.name, **asdict(self.spec),
                **{name: found and found.as_dict() for name, found in figures.items()},
                "waited": {name: self.waited(name) for name in ("ours", "theirs")},
                "failed": self.failed}


def _measure_group(lab, side, load, pairs, seconds):
    """All cells of one life; what goes wrong costs those that are left."""
    left = list(pairs)
    try:
        with Cell(lab, side, load) as cell:
            while left:
                pair = left[0]
                pair.add(side, measure(cell, pair.spec, seconds, pair.last_rate(side)))
                left.pop(0)
    except LabError as error:
        for pair in left:
            pair.add(side, None)
            pair.failed[side.name] = str(error)


def measure_pairs(lab, sides, specs, *, rounds, seconds, tell):
    """A Pair for each cell, in the order of the specs."""
    pairs = {spec: Pair(spec) for spec in specs}
    for number, (load, group) in in_turn(groups(specs), rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            tell(f"round {number + 1} of {rounds}, {side.label}: {group[0].frame} B, "
                 f"{len(group)} cells")
            _measure_group(lab, side, load, [pairs[spec] for spec in group], seconds)
    return list(pairs.values())
