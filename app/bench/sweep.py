# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""How a driver bears overload: offered load from a tenth to a multiple of what it takes.

For each rate: how much is delivered, and how long control operations take
meanwhile. Then the sum over all of it: every frame that was offered has been
delivered or is counted as lost, once.
"""

from dataclasses import dataclass, field

from .cell import Cell
from .figures import fall_after_peak, figure, in_turn
from .hvbench import ANSWER_S, Hung
from .rates import FULLY, capacity, offer

# Of the capacity, in percent.
PERCENTS = (10, 25, 50, 75, 90, 100, 110, 125, 150, 200, 300, 400)
# While the workers poll; and with them at rest, at the highest load, at the end.
CONTROLS = ("promiscuous", "link", "stats", "rest")
HEAVY = ("restart", "mtu")


@dataclass
class Point:
    """One rate, in one run: what happened. Rates are in frames per second."""

    percent: int
    wanted: float
    offered: float = 0.0       # less than wanted where the host was too late
    delivered: float = 0.0
    dropped: float = 0.0       # by the host, for want of room
    controls: dict = field(default_factory=dict)
    hung: bool = False         # the program did not answer any more


class Life:
    """One side over all rates, once. A program that hangs is started anew for the next rate."""

    def __init__(self, lab, side, load, seconds, answer_s):
        self._lab, self._side, self._load, self._seconds = lab, side, load, seconds
        self._answer_s = answer_s
        self._cell = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._close()

    def _open(self):
        if self._cell is None:
            self._cell = Cell(self._lab, self._side, self._load).__enter__()
            self._cell.answer_s = self._answer_s
        return self._cell

    def _close(self):
        if self._cell is not None:
            self._cell.__exit__(None, None, None)
            self._cell = None

    def capacity(self):
        """In frames per second."""
        return capacity(self._open(), self._seconds)["delivered"]

    def point(self, percent, wanted):
        """One rate."""
        try:
            cell = self._open()
            return Point(percent, **offer(cell, wanted, self._seconds),
                         controls=cell.control(self._seconds, CONTROLS))
        except Hung:
            self._close()
            return Point(percent, wanted, hung=True)

    def heavy(self, wanted):
        """The operations that stop the port, at that rate; None if the program hung."""
        try:
            cell = self._open()
            cell.offer(wanted)
            return cell.control(self._seconds, HEAVY)
        except Hung:
            self._close()
            return None

    def books(self):
        """Where all frames are that were offered since the program began; None if it hung."""
        try:
            return books(*self._open().settle())
        except Hung:
            self._close()
            return None


def books(guest, host):
    """All frames that were offered, and every name under which they are counted."""
    return {
        "offered": host.port["gen_offered"],
        "delivered": guest["received"],
        "dropped by the host": sum(host.counters[name] for name in (
            "rx_lost_port", "rx_not_listening", "rx_lost_queue", "rx_lost_ring_full",
            "rx_filtered")),
        "not given back by the driver": host.rx_held,
        "missed by the driver": guest["imissed"],
        "errors of the driver": guest["ierrors"],
    }


def unaccounted(account):
    """What the names of books() do not add up to; below 0: what is counted twice."""
    return account["offered"] - sum(count for name, count in account.items() if name != "offered")


@dataclass
class Sweep:
    """All runs of one side."""

    side: object
    capacity: float = 0.0      # frames per second
    points: list = field(default_factory=list)
    heavy: list = field(default_factory=list)
    books: list = field(default_factory=list)

    def at(self, percent, name):
        """A figure of all runs at one rate."""
        return figure([getattr(point, name) for point in self.points
                       if point.percent == percent])

    def delivered(self):
        """The medians in the order of the rates."""
        return [self.at(percent, "delivered").median for percent in self.percents()]

    def percents(self):
        """The rates, as they were wanted."""
        return sorted({point.percent for point in self.points})

    def host_limited(self, percent):
        """Whether the host was too slow to offer that much."""
        return self.at(percent, "offered").median < FULLY * self.at(percent, "wanted").median

    def fall_after_peak(self):
        """Of the medians."""
        return fall_after_peak(self.delivered())

    def longest_us(self, percent):
        """The longest time of each control operation at a rate; None if one never came back."""
        return _longest([None if point.hung else point.controls for point in self.points
                         if point.percent == percent])

    def longest_heavy_us(self):
        """The same of the operations that stop the port."""
        return _longest(self.heavy)

    def failed(self):
        """The control operations that did not do what they should, with how often."""
        found = {}
        for controls in [point.controls for point in self.points] + self.heavy:
            for name, times in (controls or {}).items():
                if times["failed"]:
                    key = f"{name}: {times['error']}"
                    found[key] = found.get(key, 0) + times["failed"]
        return found


def _longest(controls):
    if None in controls:
        return None
    found = {}
    for name, times in (item for one in controls for item in one.items()):
        found[name] = max(found.get(name, 0.0), times["max_us"])
    return found


def sweep(lab, sides, load, *, percents=PERCENTS, seconds=0.3, rounds=3, answer_s=ANSWER_S,
          tell=lambda _: None):
    """Both sides in turn, so many rounds of all rates; a Sweep for each.

    A program that does not answer hangs after answer_s.
    """
    sweeps = {side.name: Sweep(side) for side in sides}
    for number, side in in_turn(sides, rounds):
        found = sweeps[side.name]
        with Life(lab, side, load, seconds, answer_s) as run:
            found.capacity = found.capacity or run.capacity()
            for percent in percents:
                tell(f"round {number + 1} of {rounds}, {side.label}: {percent} %")
                found.points.append(run.point(percent, found.capacity * percent / 100))
            tell(f"round {number + 1} of {rounds}, {side.label}: restart, MTU")
            found.heavy.append(run.heavy(found.capacity * max(percents) / 100))
            found.books.append(run.books())
    return [sweeps[side.name] for side in sides]
