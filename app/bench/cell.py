# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""One program over one host: started, asked, taken down.

A driver that is measured may hang. Whatever it is asked has a deadline, and a
program that has missed one is killed: Hung is its end, not that of the run.
"""

import json
import os
import re
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lab import LabError, paths, processes

READY = "^bench: ready"
GUID = "6e657473-0000-4000-8000-{:012}"
ETHER_LEN = 14
FRAME_MAX = 1514  # of an ordinary network
DESCRIPTORS = 512
MBUFS = 16383
# What has been delivered, among the program's counters.
COUNTED = {"rxonly": "received", "txonly": "sent", "io": "sent", "done": "sent"}
# What a question may take beyond the time that it asks for.
ANSWER_S = 20
START_S = 60


class Hung(LabError):
    """The program did not answer in time."""


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
                "--mbufs", self.mbufs,
                *["--verify"] * self.verify]

    def eal_arguments(self):
        """The devargs of both cards."""
        return [f"--allow=vmbus:{GUID.format(number)},{self.devargs}" for number in (0, 1)
                if self.devargs]


class Cell:
    """For use in a with statement.

    side: of sides.py; wrap: a command that runs the program; lcores: its EAL's, if not
    the usual ones; program: another one that takes the same orders.
    """

    def __init__(self, lab, side, load, wrap=(), lcores=None, program="hv-bench"):
        self._lab, self._side, self._load, self._wrap = lab, side, load, wrap
        self._lcores = lcores or lab.cores.lcores(load.queues)
        self._program = paths.program(program)
        self._counted = COUNTED[load.mode]
        self._stack = ExitStack()

    def __enter__(self):
        lab, load = self._lab, self._load
        with ExitStack() as stack:
            self.host = lab.host(load.nics(), ["--poll", "busy"])
            stack.callback(self.host.kill)
            self._guest = stack.enter_context(
                lab.guest(self.host, self._program, load.arguments(), stdin=True,
                          eal_args=load.eal_arguments(), wrap=self._wrap,
                          env=self._side.environment,
                          eal=lab.eal(self._lcores)))
            self._guest.wait_for(READY, START_S)
            if not load.port:
                self._rate("off")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _rate(self, *words):
        processes.run([paths.program("hvhost"), "ctl", "--dir", self.host.dir, "rate", "0",
                       *words])

    def pin_host(self):
        """The host keeps to one core from now on: how far that is from the worker's shows."""
        os.sched_setaffinity(self.host.process.pid, {self._lab.cores.host})

    def offer(self, rate):
        """So many frames a second from now on; 0 is none."""
        self._rate(str(round(rate)) if rate else "off")

    def come_together(self, bulk):
        """The frames come so many at a time; nothing is offered."""
        self._rate("off", str(bulk))

    def _ask(self, question, seconds):
        mark = self._guest.mark()
        self._guest.send(question + "\n")
        try:
            found = self._guest.wait_for(r"^\{.*\}$", seconds + ANSWER_S, mark)
        except LabError as error:
            self._guest.kill()
            raise Hung(str(error)) from None
        answer = json.loads(found[0])
        if "error" in answer:
            raise LabError(f"hv-bench: {answer['error']}")
        return answer

    def loaded(self, name):
        """The files of that name that the program has in its memory."""
        return {Path(line.split()[-1]) for line in self.maps().splitlines() if name in line}

    def work(self, mode, burst):
        """Do that from now on."""
        self._ask(f"work {mode} {burst}", 0)
        self._counted = COUNTED[mode]

    def measure(self, seconds):
        """What the workers did in that time, and their rate by its name "delivered"."""
        found = self._ask(f"measure {round(seconds * 1000)}", seconds)
        return found | {"delivered": found[self._counted] / found["seconds"]}

    def control(self, seconds, names, pause=0.002):
        """Control operations in turn, each once at least, and what they took."""
        return self._ask(f"control {round(seconds * 1000)} {round(pause * 1000)} "
                         f"{','.join(names)}", seconds)

    def count(self, bursts, period):
        """What so many bursts of the main thread bring, one every so many seconds."""
        return self._ask(f"count {bursts} {round(period * 1e6)}", bursts * period)

    def trips(self, count, gap, spin_ns=0):
        """Round trips, one at a time; with spin_ns those of a thread that looks at the clock."""
        pid = self.host.process.pid
        return self._ask(f"trips {count} {round(gap * 1e6)} {pid} {spin_ns}",
                         count * (gap + 50e-6 + spin_ns / 1e9))

    def bringup(self):
        """What it took to bring the ports up: time and memory of each step, mbufs held."""
        return self._ask("bringup", 0)

    def pss(self):
        """The program's memory, its share of what it shares: bytes, hugepages not counted."""
        rollup = Path(f"/proc/{self._guest.pid}/smaps_rollup").read_text(encoding="utf-8")
        return int(re.search(r"^Pss: +(\d+) kB", rollup, re.M)[1]) * 1024

    def step(self, way, frames, burst, pause):
        """The host works for a while, then stands still; what each queue does then.

        way: "rx", "tx", or "none" without a driver; gives [frames, nanoseconds] of each.
        """
        pid = self.host.process.pid
        try:
            os.kill(pid, signal.SIGCONT)
            time.sleep(pause)
            os.kill(pid, signal.SIGSTOP)
            return self._ask(f"step {way} {frames} {burst}", 0)["queues"]
        finally:
            os.kill(pid, signal.SIGCONT)

    def shared(self, seconds, path):
        """Which cache lines two threads touch meanwhile, into a file: see lines.py."""
        return self._ask(f"shared {round(seconds * 1000)} {path}", seconds)

    def maps(self):
        """The mappings of the program's memory, as the kernel tells them."""
        return Path(f"/proc/{self._guest.pid}/maps").read_text(encoding="utf-8")

    def quit(self):
        """The program ends by itself."""
        self._guest.send("quit\n")
        if self._guest.wait(ANSWER_S) != 0:
            raise LabError(self._guest.obituary())

    def stats(self):
        """What ports and workers have counted."""
        return self._ask("stats", 0)

    def source(self):
        """The counters of the card that the frames come from."""
        return self.host.nic(0)

    def settle(self, timeout=5):
        """Offer nothing, wait until nothing moves; what guest and host have counted then."""
        self.offer(0)
        deadline = time.monotonic() + timeout
        before = None
        while True:
            now = self.stats(), self.source()
            if now == before:
                return now
            if time.monotonic() > deadline:
                raise LabError(f"counters still move after {timeout} s without load")
            before = now
            time.sleep(0.1)
