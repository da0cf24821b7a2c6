# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What repeated measurements say: a median, and how far apart they are.

Machines that others use as well make single runs differ by half. What disturbs
makes a rate lower, never higher; so the median of several is told, with the range.
"""

from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """Of a number of runs."""

    median: float
    low: float
    high: float
    runs: int

    def as_dict(self):
        """For JSON."""
        return asdict(self)


def figure(values):
    """None where there is nothing to tell."""
    values = sorted(values)
    return Figure(median(values), values[0], values[-1], len(values)) if values else None


def in_turn(things, rounds):
    """The things of each round, every other round backwards: A B, B A, A B, ..."""
    for number in range(rounds):
        for thing in things if number % 2 == 0 else reversed(things):
            yield number, thing


def fall_after_peak(rates):
    """How much of the highest rate is lost behind it, at worst: 0.0 is nothing, 1.0 all."""
    peak = max(range(len(rates)), key=rates.__getitem__)
    return 1 - min(rates[peak:]) / rates[peak] if rates[peak] else 0.0
