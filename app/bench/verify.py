# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Whether frames are still what they were, in every way of using a driver that is measured.

Numbered frames, of which each byte follows from the number, are received, sent and
forwarded by both drivers, without hurry: the program looks at each that it receives,
hvhost at each that it is sent. Rates are measured apart from that.
"""

import time
from dataclasses import asdict, dataclass, field

from lab import LabError

from . import table
from .cell import Cell
from .record import OURS
from .spec import groups_of

# So many frames, so quickly: they go through the whole receive buffer, and none is lost.
FRAMES = 12_000
RATE = 300_000
SEND_S = 0.02
# What a sink says of frames that are not as they should be.
FAULTS = ("corrupted", "foreign", "duplicated", "reordered")


@dataclass(frozen=True)
class Verdict:
    """Of one side in one cell."""

    frames: int                # that should have come
    good: int                  # that came, and as they were sent
    bad: int                   # that came otherwise
    missed: int                # that the driver says it had no room for

    @property
    def is_good(self):
        """Whether all came as they were sent, but for those that the driver has told of."""
        return self.good > 0 and self.bad == 0 and self.good + self.missed == self.frames

    def __str__(self):
        return f"{self.good} of {self.frames} came whole, {self.bad} otherwise, " \
               f"{self.missed} were missed by the driver"

    def as_dict(self):
        """For bench.json."""
        return {"verified": self.is_good, **asdict(self)}


def _sunk(port):
    return port["sink_intact"], sum(port.get(f"sink_{fault}", 0) for fault in FAULTS)


def _counted(cell, mode):
    """Frames that should have come by now, and what became of them, as in a Verdict."""
    guest, source = cell.settle()
    if mode == "rxonly":
        return source.rx_frames, guest["good"], guest["bad"], guest["imissed"]
    port = source.port if mode == "txonly" else cell.host.nic(1).port
    return guest["sent"], *_sunk(port), 0


def _let_come(cell, burst):
    cell.come_together(burst)
    cell.offer(RATE)
    time.sleep(FRAMES / RATE)


def verify_one(cell, spec):
    """A Verdict over one cell; cell: with the spec's load verified."""
    cell.work("rxonly" if spec.mode == "txonly" else spec.mode, spec.burst)
    before = _counted(cell, spec.mode)
    if spec.mode == "txonly":
        cell.work("txonly", spec.burst)
        time.sleep(SEND_S)
        cell.work("rxonly", spec.burst)
    else:
        _let_come(cell, spec.burst)
    return Verdict(*(now - then for now, then in zip(_counted(cell, spec.mode), before)))


@dataclass
class Verified:
    """All verdicts by spec and name of the side; by the same why there is none."""

    verdicts: dict = field(default_factory=dict)
    failed: dict = field(default_factory=dict)

    def of(self, spec):
        """One cell's, for bench.json."""
        return {name: verdict.as_dict() for (its, name), verdict in self.verdicts.items()
                if its == spec} | {name: {"verified": False, "why": why}
                                   for (its, name), why in self.failed.items() if its == spec}

    def _wrong(self):
        for (spec, name), verdict in self.verdicts.items():
            if not verdict.is_good:
                yield f"{spec.name}, {name}: {verdict}"

    def _not_verified(self):
        yield from table.grouped((f"content not verified, {name}: {table.shorter(why)}", spec.name)
                                 for (spec, name), why in self.failed.items())

    def lines(self):
        """For people."""
        for name in dict.fromkeys(name for _, name in self.verdicts):
            mine = [verdict for (_, side), verdict in self.verdicts.items() if side == name]
            yield (f"content of {sum(verdict.good for verdict in mine)} frames in {len(mine)} "
                   f"cells verified, {name}: "
                   f"{sum(verdict.bad for verdict in mine)} were not as they should be")
        yield from (f"WRONG content: {wrong}" for wrong in self._wrong())
        yield from self._not_verified()

    def error(self):
        """A sentence if there is anything wrong; what others' drivers refuse is their matter."""
        wrong = list(self._wrong()) + [f"{spec.name}, {name}: {why}" for (spec, name), why
                                       in self.failed.items() if name == OURS]
        return f"content is wrong or not verified in {len(wrong)} cells, first {wrong[0]}" \
            if wrong else None


def verify(run, specs):
    """Verified: all of these, by all sides."""
    found = Verified()
    for load, group in groups_of(specs, lambda spec: spec.verified):
        for side in run.sides:
            run.tell(f"content, {side.label}: {group[0].frame} B, {len(group)} cells")
            left = list(group)
            try:
                with Cell(run.lab, side, load) as cell:
                    while left:
                        found.verdicts[left[0], side.name] = verify_one(cell, left[0])
                        left.pop(0)
            except LabError as error:
                found.failed |= {(spec, side.name): str(error) for spec in left}
    return found
