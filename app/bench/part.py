# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The parts of the bench: what each is given, and what it gives back.

A part is a module of this package with the names

    NAME            the word by which the user asks for it
    HELP            what it measures, in a line
    measure(run)    does so: a Run in, a Found out
    options(parser) if it has options of its own; Run.options has their values then

and a row in MODULES. All that it measures are Records (record.py).
"""

import importlib
from argparse import Namespace
from dataclasses import dataclass, field
from typing import Callable

from lab import Lab

# In the order in which they are run.
MODULES = ("cells", "instructions", "unavoidable", "neighbours", "overload", "latency", "startup",
           "scaling", "lines")


@dataclass
class Run:
    """What a part is given."""

    lab: Lab
    sides: list                # of sides.Side: both, or ours alone
    rounds: int                # of all sides in turn
    seconds: float             # of one measurement
    quick: bool                # the main figures only
    tell: Callable             # tell(text): progress, a line
    options: Namespace = field(default_factory=Namespace)


@dataclass
class Found:
    """What a part gives back; to be refined where a table of records is not enough."""

    cells: list                # of Record, in the order of the table

    def lines(self):
        """The table, line by line."""
        from . import table
        return table.record_lines(self.cells)

    def draw(self, path):
        """The picture: path.svg and path.png. matplotlib is loaded here, not before."""
        from . import picture
        picture.bars(self.cells, path)

    def details(self):
        """What else bench.json shall have of this part: anything that json can write."""
        return None

    def error(self):
        """A sentence if what was found lets the bench fail."""
        return None


def parts():
    """All parts by name, in their order."""
    modules = [importlib.import_module(f".{name}", __package__) for name in MODULES]
    return {module.NAME: module for module in modules}
