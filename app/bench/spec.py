# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The ways of using a driver that are measured.

Those that need the same start, that is the same cards and frames, are measured
in one life of the program, one after the other.
"""

from dataclasses import dataclass, replace
from itertools import groupby

from .cell import Load


@dataclass(frozen=True, order=True)
class Spec:
    """One of them."""

    frame: int                 # bytes
    sections: str = "cold"
    queues: int = 1
    copies: bool = True        # or leads mbufs to the receive buffer
    mode: str = "rxonly"
    burst: int = 32
    checksums: bool = False    # are asked for

    @property
    def name(self):
        """For people."""
        words = [self.mode, f"{self.frame} B", f"burst {self.burst}"]
        words += [f"{self.queues} queues"] * (self.queues > 1)
        words += ["hot"] * (self.sections == "hot") + ["zero-copy"] * (not self.copies)
        words += ["checksums"] * self.checksums
        return ", ".join(words)

    @property
    def load(self):
        """What the program and the host are started with; that of all cells of a group."""
        return Load(mode="io", frame=self.frame, sections=self.sections, queues=self.queues,
                    checksums=self.checksums, nic=",unseen=yes", devargs="" if self.copies else "rx_extmbuf_enable=1")


    @property
    def verified(self):
        """The same, to look at what becomes of the frames."""
        return replace(self.load, nic="", verify=True)


def groups_of(specs, load_of):
    """Lists of those that are used in one life of the program, each with its load."""
    return [(load, list(group)) for load, group in groupby(sorted(specs), key=load_of)]


def groups(specs):
    """Those that are measured in one life."""
    return groups_of(specs, lambda spec: spec.load)


MODES = ("rxonly", "txonly", "io")


def quick():
    """The main ones."""
    return [Spec(64, mode=mode, burst=burst) for mode in MODES for burst in (32, 1)] + [
        Spec(1514), Spec(1514, copies=False)]


def full():
    """All."""
    usual = [Spec(frame, mode=mode, burst=burst)
             for frame in (64, 256, 1514, 9014) for mode in MODES for burst in (32, 4, 1)
             if burst != 4 or frame in (64, 1514)]
    hot = [Spec(frame, sections="hot") for frame in (64, 256, 1514, 9014)]
    return usual + hot + [Spec(frame, copies=False, mode=mode) for frame in (1514, 9014)
                    for mode in ("rxonly", "io")] + [
                        Spec(frame, queues=2, mode=mode) for frame in (64, 1514)
                        for mode in MODES]
