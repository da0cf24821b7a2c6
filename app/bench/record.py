# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""One figure of the bench: what each side came to, round by round, and how they compare.

Every part of the bench tells its figures as Records; bench.json is a flat list of
them. Sides are told by name: "ours", "theirs", and whatever else a part compares with.
"""

from dataclasses import dataclass, field

from .figures import figure

# With whom a side is compared under the name "ratio" alone.
OURS = "ours"
THEIRS = "theirs"


@dataclass
class Record:
    """part and name together are unlike those of any other record.

    better says what is wished for: "more" or "less" of the unit. A side that
    waited for the guest is "host", and the other way round: where the guest waited,
    the host was the limit.
    """

    part: str
    name: str
    unit: str = "frames/s"
    better: str = "more"
    values: dict = field(default_factory=dict)  # by side: one a round, None where there is none
    waits: dict = field(default_factory=dict)   # by side: who waited, "guest" or "host", a round
    failed: dict = field(default_factory=dict)  # by side: why there is none
    extras: dict = field(default_factory=dict)  # what else bench.json shall have

    def add(self, side, value, waited=None):
        """A side's value of the next round."""
        self.values.setdefault(side, []).append(value)
        if waited:
            self.waits.setdefault(side, []).append(waited)

    def fail(self, side, why):
        """The side has none in this round."""
        self.values.setdefault(side, []).append(None)
        self.failed[side] = str(why)

    def last(self, side):
        """The value of the last round that had one; None before."""
        values = [value for value in self.values.get(side, []) if value is not None]
        return values[-1] if values else None

    def figure(self, side):
        """Of all rounds; None if there never was one."""
        return figure([value for value in self.values.get(side, []) if value is not None])

    def ratio(self, to=THEIRS):
        """Ours over another side's, round by round."""
        both = zip(self.values.get("ours", []), self.values.get(to, []))
        return figure([ours / other for ours, other in both if ours is not None and other])

    def waited(self, side):
        """Who waited, in most rounds; None if nobody looked."""
        words = self.waits.get(side, [])
        return max(words, key=words.count) if words else None

    def host_limited(self, side):
        """Whether the host kept this side from more."""
        return self.waited(side) == "guest"

    def bound(self, to=THEIRS):
        """What the ratio is where the host was the limit: "at least", "at most" or "unknown"."""
        ours, other = self.host_limited("ours"), self.host_limited(to)
        if ours and other:
            return "unknown"
        return "at least" if ours else "at most" if other else None

    def sides(self):
        """Ours and theirs, and the others that have been measured, as they came."""
        return ["ours", THEIRS, *(name for name in [*self.values, *self.failed]
                                  if name not in ("ours", THEIRS))]

    def _ratios(self):
        for side in self.sides()[1:]:
            found = self.ratio(side)
            yield "ratio" if side == THEIRS else f"ratio_to_{side}", found and found.as_dict()

    def as_dict(self):
        """For bench.json."""
        sides = self.sides()
        figures = {side: self.figure(side) for side in sides}
        return {"part": self.part, "name": self.name, "unit": self.unit, "better": self.better,
                **{side: found and found.as_dict() for side, found in figures.items()},
                **dict(self._ratios()),
                "waited": {side: self.waited(side) for side in sides} if self.waits else None,
                "bound": self.bound(),
                "failed": self.failed, **self.extras}
