# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What is compared: the same program with the libraries and drivers of two builds.

Both are of one DPDK release and made with the same flags. The program finds them
through LD_LIBRARY_PATH, so that nothing else differs.
"""

from dataclasses import dataclass
from pathlib import Path

from lab import paths


@dataclass(frozen=True)
class Side:
    """One of them; name: for files and programs, label: for people."""

    name: str
    label: str
    build: Path

    @property
    def environment(self):
        """What makes the program use it."""
        return {"LD_LIBRARY_PATH": f"{self.build}/lib:{self.build}/drivers"}


def ours():
    """This repository's driver."""
    return Side("ours", "this driver", paths.BUILD / "dpdk-debian/build")


def theirs():
    """That of an untouched DPDK tree."""
    return Side("theirs", "DPDK's own driver", paths.stock_build())


def both():
    """Ours first."""
    return [ours(), theirs()]


def limit():
    """What no driver can avoid, with the libraries of ours."""
    return Side("limit", "what cannot be avoided", ours().build)


def neighbour(name, label):
    """A driver of another card, of an untouched DPDK tree."""
    return Side(name, label, paths.neighbours_build())
