# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""One program over one host: started, asked, taken down.

A driver that is measured may hang. Whatever it is asked has a deadline, and a
program that has missed one is killed: Hung is its end, not that of the run.
"""

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass

from lab import LabError, paths, processes

READY = "^bench: ready"
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
    nic: str = ""              # further options of both cards

    def nics(self):
        """--nic values: a generator, and what takes the frames if they are forwarded."""
        source = (f"port=gen:rate=1,drop=yes,size={self.frame},frames={self.frames},"
                  f"headers-only=yes,sections={self.sections}{self.nic}")
        sink = f"port=sink:verify=no{self.nic}"
        return [source, sink] if self.mode == "io" else [source]

    def arguments(self):
        """Of hv-bench."""
        return ["--mode", self.mode, "--burst", self.burst, "--frame", self.frame,
                "--work", self.work]

    @property
    def counted(self):
        """What of the program's counters has been delivered."""
        return "sent" if self.mode == "io" else "received"


class Cell:
    """For use in a with statement; side: of sides.py."""

    def __init__(self, lab, side, load):
        self._lab, self._side, self.load = lab, side, load
        self._stack = ExitStack()

    def __enter__(self):
        lab, load = self._lab, self.load
        with ExitStack() as stack:
            self.host = lab.host(load.nics(), ["--poll", "busy"])
            stack.callback(self.host.kill)
            self._guest = stack.enter_context(
                lab.guest(self.host, paths.program("hv-bench"), load.arguments(), stdin=True,
                          env=self._side.environment))
            self._guest.wait_for(READY, START_S)
            self._rate("off")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _rate(self, rate):
        processes.run([paths.program("hvhost"), "ctl", "--dir", self.host.dir, "rate", "0", rate])

    def offer(self, rate):
        """So many frames a second from now on; 0 is none."""
        self._rate(str(round(rate)) if rate else "off")

    def _ask(self, question, seconds):
        mark = self._guest.mark()
        self._guest.send(question + "\n")
        try:
            found = self._guest.wait_for(r"^\{.*\}$", seconds + ANSWER_S, mark)
        except LabError as error:
            self._guest.kill()
            raise Hung(str(error)) from None
        return json.loads(found[0])

    def measure(self, seconds):
        """What the workers did in that time."""
        return self._ask(f"measure {round(seconds * 1000)}", seconds)

    def control(self, seconds, names, pause=0.002):
        """Control operations in turn, each once at least, and what they took."""
        return self._ask(f"control {round(seconds * 1000)} {round(pause * 1000)} "
                         f"{','.join(names)}", seconds)

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
