# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The emulated Hyper-V host as a program in the background."""

import json
import re
import signal
import time
from dataclasses import dataclass

from . import paths, processes
from .errors import LabError

READY = r"hvhost: ready"
STANDSTILL = 8

STATUS = {
    0: "ended well",
    2: "was used wrongly",
    3: "saw the guest break rules of the protocol",
}


# Frames that a NIC counts as not delivered, by whose fault ever.
DROPS = ("rx_filtered", "rx_not_listening", "rx_lost_queue", "rx_lost_ring_full", "rx_lost_port",
         "rx_oversize", "tx_refused", "tx_lost_port", "tx_lost_link", "tx_lost_size")


@dataclass(frozen=True)
class Nic:
    """A NIC's counters and state; rx is what the guest receives."""

    state: str
    counters: dict
    port: dict

    def __getattr__(self, name):
        try:
            return self.counters[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def dropped(self):
        """Frames lost on this NIC, in both directions."""
        return sum(self.counters[name] for name in DROPS)

    @property
    def nvsp(self):
        """The version that guest and host have agreed on, as "6.1"; None if none."""
        found = re.search(r"NVSP ([\d.]+)", self.state)
        return found[1] if found else None

    @property
    def listens(self):
        """Whether the guest's packet filter lets anything in."""
        found = re.search(r"filter 0x([0-9a-f]+)", self.state)
        return bool(found) and int(found[1], 16) != 0


class Host:
    """hvhost in its run directory, for use in a with statement.

    Leaving the statement stops it and is an error if it does not end with
    status 0: a guest that breaks a rule of the protocol fails every test.
    """

    def __init__(self, directory, log, cpus=None):
        self.dir = directory
        self.log = log
        self._cpus = cpus
        self.process = None

    def start(self, nics, options=(), timeout=10):
        """Start with one --nic value per NIC; returns self when guests may come."""
        argv = [paths.program("hvhost"), "--dir", self.dir]
        for nic in nics:
            argv += ["--nic", nic]
        self.process = processes.Process("hvhost", argv + list(options), self.log,
                                         cpus=self._cpus)
        try:
            self.process.wait_for(READY, timeout)
        except BaseException:
            self.process.kill()
            raise
        return self

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if not self.process.is_running():
            status = self.process.wait()
        else:
            status = self.stop()
        if status != 0 and status != -signal.SIGKILL and kind is None:
            raise LabError(self.verdict(status))

    def verdict(self, status):
        """An exit status as a sentence."""
        meaning = STATUS.get(status, f"ended with status {status}")
        return f"hvhost {meaning}: {processes.one_line(self.process.output())} (log: {self.log})"

    def stop(self, timeout=10):
        """End it in order; returns its exit status."""
        return self.process.stop(timeout)

    def kill(self):
        """SIGKILL: what a crash looks like to the guest."""
        self.process.kill()

    def stats(self):
        """hvhost's counters."""
        self.process.check_running()
        shown = processes.run([paths.program("hvhost"), "ctl", "--dir", self.dir, "stats",
                               "--json"], timeout=10)
        return json.loads(shown.stdout)

    def nic(self, number):
        """The counters of one NIC now."""
        nic = next(nic for nic in self.stats()["nics"] if nic["nic"] == number)
        return Nic(nic["state"], nic, nic["port"])

    def wait_until(self, condition, timeout, what):
        """Poll the counters until condition(stats); returns them.

        Counters that stand still for long will not move any more.
        """
        deadline = time.monotonic() + timeout
        before, moved = None, time.monotonic()
        while True:
            stats = self.stats()
            if condition(stats):
                return stats
            if stats != before:
                before, moved = stats, time.monotonic()
            if time.monotonic() > min(deadline, moved + STANDSTILL):
                raise LabError(f"{what}: not within {timeout} s; hvhost counts {stats}")
            time.sleep(0.1)

    def guest_command(self, argv, emulate_hugepages=False):
        """The command that runs argv as a guest of this host."""
        option = ["--emulate-hugepages"] if emulate_hugepages else []
        return [paths.program("hvhost"), "run", "--dir", self.dir, *option, "--", *argv]
