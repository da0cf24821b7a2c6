# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""hv-bench while it runs: asked, until it ends.

A driver that is measured may hang. Whatever the program is asked has a deadline, and
one that has missed it is killed: Hung is its end, not that of the run.
"""

import json
import re
from pathlib import Path

from lab import LabError

READY = "^bench: ready"
# What has been delivered, among the program's counters.
COUNTED = {"rxonly": "received", "txonly": "sent", "io": "sent", "done": "sent"}
# What a question may take beyond the time that it asks for.
ANSWER_S = 20
START_S = 60


class Hung(LabError):
    """The program did not answer in time."""


class HvBench:
    """To be refined by who starts it."""

    answer_s = ANSWER_S

    def _begin(self, guest, mode):
        """The process, just started, and the mode that it was given."""
        self._guest = guest
        self._counted = COUNTED[mode]
        guest.wait_for(READY, START_S)

    def _ask(self, question, seconds):
        mark = self._guest.mark()
        self._guest.send(question + "\n")
        try:
            found = self._guest.wait_for(r"^\{.*\}$", seconds + self.answer_s, mark)
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

    def bringup(self):
        """What it took to bring the ports up: time and memory of each step, mbufs held."""
        return self._ask("bringup", 0)

    def pss(self):
        """The program's memory, its share of what it shares: bytes, hugepages not counted."""
        rollup = Path(f"/proc/{self._guest.pid}/smaps_rollup").read_text(encoding="utf-8")
        return int(re.search(r"^Pss: +(\d+) kB", rollup, re.M)[1]) * 1024

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
