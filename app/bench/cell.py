# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""One program over one host: started, offered frames, taken down."""

import os
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass

from lab import LabError, paths, processes

from .hvbench import HvBench

GUID = "6e657473-0000-4000-8000-{:012}"
ETHER_LEN = 14
FRAME_MAX = 1514  # of an ordinary network
DESCRIPTORS = 512
MBUFS = 16383


@dataclass(frozen=True)
class Load:
    """What the program does, and what it is sent."""

    mode: str = "rxonly"       # or io
    frame: int = 64            # bytes
    burst: int = 32
    work: int = 0              # TSC cycles that each frame costs the program itself
    frames: str = "kept"       # numbered, copied: see hvhost's generator
    sections: str = "cold"     # or hot: whether the host walks the whole receive buffer
    queues: int = 1
    bulk: int = 1              # frames come so many at a time
    nic: str = ""              # further options of both cards
    devargs: str = ""          # of the driver, for both cards
    flows: int = 0             # that the frames are of; 0: as many as spread over the queues
    descriptors: int = DESCRIPTORS  # of each queue
    mbufs: int = MBUFS         # of all queues
    port: str = ""             # what the card is plugged into, in place of a generator
    apart: bool = False        # each bulk is a packet of its own, however late the host is
    clock: bool = False        # tell what the driver takes
    checksums: bool = False    # the host looks at them, and tells with each frame
    verify: bool = False       # both sides look at each byte of numbered frames

    def nics(self):
        """--nic values: a generator, and what takes the frames if they are forwarded."""
        card = f"queues={self.queues}{self.nic}"
        if self.frame > FRAME_MAX:
            card += f",mtu={self.frame - ETHER_LEN}"
        flows = self.flows or (64 if self.queues > 1 else 1)
        if self.port:
            return [f"port={self.port},sections={self.sections},{card}"]
        verify = "yes" if self.verify else "no"
        filled = "no" if self.verify else "yes"
        apart = "yes" if self.apart else "no"
        frames = "numbered" if self.verify else self.frames
        source = (f"port=gen:rate=1,drop=yes,size={self.frame},frames={frames},"
                  f"bulk={self.bulk},flows={flows},headers-only={filled},"
                  f"verify={verify},apart={apart},sections={self.sections},{card}")
        sink = f"port=sink:verify={verify},{card}"
        return [source, sink] if self.mode == "io" else [source]

    def arguments(self):
        """Of hv-bench."""
        return ["--mode", self.mode, "--burst", self.burst, "--frame", self.frame,
                "--work", self.work, "--queues", self.queues, "--descriptors", self.descriptors,
                "--mbufs", self.mbufs, "--clock", int(self.clock),
                "--checksums", int(self.checksums), *["--verify"] * self.verify]

    def eal_arguments(self):
        """The devargs of both cards."""
        return [f"--allow=vmbus:{GUID.format(number)},{self.devargs}" for number in (0, 1)
                if self.devargs]


class Cell(HvBench):
    """For use in a with statement.

    side: of sides.py; wrap: a command that runs the program; lcores: its EAL's, if not
    the usual ones; program: another one that takes the same orders.
    """

    def __init__(self, lab, side, load, wrap=(), lcores=None, program="hv-bench"):
        self._lab, self._side, self._load, self._wrap = lab, side, load, wrap
        self._lcores = lcores or lab.cores.lcores(load.queues)
        self._program = paths.program(program)
        self._stack = ExitStack()

    def __enter__(self):
        lab, load = self._lab, self._load
        with ExitStack() as stack:
            self.host = lab.host(load.nics(), ["--poll", "busy"])
            stack.callback(self.host.kill)
            self._pin_host()
            self._begin(stack.enter_context(
                lab.guest(self.host, self._program, load.arguments(), stdin=True,
                          eal_args=load.eal_arguments(), wrap=self._wrap,
                          env=self._side.environment, eal=lab.eal(self._lcores))), load.mode)
            if not load.port:
                self._rate("off")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _rate(self, *words):
        processes.run([paths.program("hvhost"), "ctl", "--dir", self.host.dir, "rate", "0",
                       *words])

    def _pin_host(self):
        """It keeps to one core, in all cells to the same: how far it is from the worker's shows."""
        if self._load.queues == 1:
            os.sched_setaffinity(self.host.process.pid, {self._lab.cores.host})

    def offer(self, rate):
        """So many frames a second from now on; 0 is none."""
        self._rate(str(round(rate)) if rate else "off")

    def come_together(self, bulk):
        """The frames come so many at a time; nothing is offered."""
        self._rate("off", str(bulk))

    def trips(self, count, gap, spin_ns=0):
        """Round trips, one at a time; with spin_ns those of a thread that looks at the clock."""
        pid = self.host.process.pid
        return self._ask(f"trips {count} {round(gap * 1e6)} {pid} {spin_ns}",
                         count * (gap + 50e-6 + spin_ns / 1e9))

    def step(self, way, frames, burst, pause, queues):
        """The host works for a while, then stands still; what some queues do then.

        way: "rx", "tx", or "none" without a driver; queues: the first, and how many of
        all; gives [frames, nanoseconds] of each.
        """
        pid = self.host.process.pid
        try:
            os.kill(pid, signal.SIGCONT)
            time.sleep(pause)
            os.kill(pid, signal.SIGSTOP)
            return self._ask(f"step {way} {frames} {burst} {queues[0]} {queues[1]}", 0)["queues"]
        finally:
            os.kill(pid, signal.SIGCONT)

    def source(self):
        """The counters of the card that the frames come from."""
        return self.host.nic(0)

    def settle(self, timeout=5):
        """Offer nothing, wait until nothing moves; what guest and host have counted then.

        A guest that still has memory of the host may just have been kept from running
        by others on this machine: it gets until the deadline to give it back.
        """
        self.offer(0)
        deadline = time.monotonic() + timeout
        before = None
        while True:
            guest, host = now = self.stats(), self.source()
            late = time.monotonic() > deadline
            if now == before and (host.rx_held == 0 or late):
                return now
            if late:
                raise LabError(f"counters still move after {timeout} s without load")
            before = guest, host
            time.sleep(0.1)
