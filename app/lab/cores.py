# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Which core does what.

A polling guest must not share its core with the host that feeds it. The
guest's worker gets the last core to itself; all else (the guest's idle main
thread, hvhost, iperf3, this program) shares the others, so two cores are
enough. With one core everything shares it, slowly. Of several workers each
gets a core while there are any but the first, then they share them.
"""

import os


class Cores:
    """The cores this process may use, divided."""

    def __init__(self, allowed=None):
        self.all = sorted(allowed or os.sched_getaffinity(0))
        self.worker = self.all[-1]
        self.rest = self.all[:-1] or self.all

    def lcores(self, workers=1, first=0):
        """EAL's --lcores for an idle main thread and so many polling workers; first: its number."""
        return ",".join([f"{first}@{self.all[0]}"] +
                        [f"{first + worker + 1}@{self._place(first + worker)}"
                         for worker in range(workers)])

    def lcores_everywhere(self, workers):
        """The same, with workers on all cores: for a time in which nothing else runs."""
        places = self.all[::-1]
        return ",".join([f"0@{self.all[0]}"] + [f"{worker + 1}@{places[worker % len(places)]}"
                                                for worker in range(workers)])

    def polling_lcore(self, number=0):
        """EAL's --lcores for a program whose main thread polls; another number, another core."""
        return f"{number}@{self._place(number)}"

    def _place(self, number):
        places = self.all[:0:-1] or self.all
        return places[number % len(places)]

    @property
    def host(self):
        """A core for hvhost alone, if there are enough; what is near the worker's is fast."""
        return self.all[-2] if len(self.all) > 2 else self.all[0]

    def rest_list(self):
        """The cores without the worker's, as taskset -c takes them."""
        return ",".join(str(core) for core in self.rest)
