# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Other software cards of DPDK beside this driver: what a frame costs the guest's lcore.

virtio-user with a vhost port at the other end is the pair that does the same: the guest's
driver and a host's, in two processes over shared memory. net/ring hands over pointers, and
net/null does next to nothing: what is below them is the program's.

Each is driven by the same program. Only the bursts of the measured lcore count which
find all that they look for, so that nobody is charged for waiting.
"""

import time
from dataclasses import replace

from lab import LabError, paths

from .alone import Alone
from .cell import Cell
from .hvbench import START_S
from .part import Found
from .sides import neighbour
from .spec import Spec
from .unavoidable import measure_sides

NAME = "neighbours"
HELP = "what a frame costs beside virtio-user, net/ring and net/null"

# The same number for all.
QUEUE = 512


def _library(name):
    return paths.neighbours_build() / f"drivers/librte_net_{name}.so"


class Virtio(Alone):
    """A virtio-user port, and a program that has its vhost end; two of both to forward."""

    @property
    def libraries(self):
        return [_library("virtio"), _library("vhost")]

    def _open(self, stack):
        load, directory = self._load, self._lab.host_dir()
        directory.mkdir()
        # What the other end does: it gives what is taken, and takes what is given.
        modes = {"rxonly": ["txonly"], "txonly": ["rxonly"], "io": ["txonly", "rxonly"]}
        vdevs = []
        for number, mode in enumerate(modes[load.mode]):
            socket = directory / f"s{number}"
            self._start_other(stack, number, mode, socket)
            vdevs.append(f"net_virtio_user{number},path={socket},queue_size={QUEUE}")
        return vdevs

    def _start_other(self, stack, number, mode, socket):
        eal = self._lab.eal(self._lab.cores.lcores(1, first=number + 1))
        arguments = replace(self._load, mode=mode, burst=32, work=0, clock=False).arguments()
        other = stack.enter_context(self._start(arguments, [f"net_vhost0,iface={socket}"], (), eal))
        # It has a link, and goes on, once the guest is there.
        deadline = time.monotonic() + START_S
        while not socket.exists():
            if time.monotonic() > deadline:
                raise LabError(other.obituary())
            time.sleep(0.01)


class Null(Alone):
    """Receives frames that nobody wrote, and frees what is sent."""

    @property
    def libraries(self):
        return [_library("null")]

    def _open(self, stack):
        return [f"net_null{number},size={self._load.frame}" for number in (0, 1)]


class Ring(Alone):
    """Two ports, each of which receives what it is sent: what goes in goes round."""

    @property
    def libraries(self):
        return [_library("ring")]

    def _open(self, stack):
        return ["net_ring0", "net_ring1"]

    def work(self, mode, burst):
        """What goes round is sent once."""
        super().work("txonly", burst)
        super().measure(0.01)
        super().work(mode, burst)


# The name of each for results, and for people; what makes its cell, and for what.
OTHERS = {
    "virtio": ("virtio-user", Virtio, ("rxonly", "txonly", "io")),
    "ring": ("net/ring", Ring, ("io",)),
    "null": ("net/null", Null, ("rxonly", "txonly", "io")),
}


def specs(quick):
    """What is measured."""
    if quick:
        return [Spec(64), Spec(64, mode="txonly")]
    usual = [Spec(frame, mode=mode, burst=burst) for mode in ("rxonly", "txonly", "io")
             for frame in (64, 1514) for burst in (32, 1)]
    # vhost is the one who copies: without copying, too, we are its guest's equal.
    return usual + [Spec(1514, copies=False)]


def _sides(run, mode):
    return [(run.sides[0], Cell)] + [
        (neighbour(name, label), make) for name, (label, make, modes) in OTHERS.items()
        if mode in modes]


def measure(run):
    """The part."""
    wanted = specs(run.quick)
    records = []
    for mode in dict.fromkeys(spec.mode for spec in wanted):
        records += measure_sides(run, NAME, [spec for spec in wanted if spec.mode == mode],
                                 _sides(run, mode))
    return Found(records)
