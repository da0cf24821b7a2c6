# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The steps of the demo, in the order in which the user sees them."""

import shutil
import time
from contextlib import ExitStack

from lab import Lab, LabError, paths
from lab.traffic import IperfClient, IperfServer, ping

from . import bringup
from .conservation import Conservation, check, lines
from .table import Table
from .topology import picture

LEFT, RIGHT = "10.99.0.1", "10.99.0.2"
PING_INTERVAL = 0.01
LOGS = paths.BUILD / "demo-logs"


def say(text=""):
    """A line for the user, at once."""
    print(text, flush=True)


class Demo:
    """What ./dev demo shows."""

    def __init__(self, seconds, pings):
        self._seconds = seconds
        self._pings = pings
        self._start = time.monotonic()

    def run(self):
        """Build up, show, take down; returns the exit status."""
        lab = self._lab = Lab(logs=LOGS)
        shutil.rmtree(LOGS, ignore_errors=True)
        LOGS.mkdir(parents=True)
        with lab:
            for note in lab.notes:
                say(f"note: {note}")
            with ExitStack() as stack:
                self._build(stack)
                self._show()
        say("everything is taken down again: namespaces, TAPs, host, guest, hugepages")
        say(f"done in {time.monotonic() - self._start:.0f} s; logs of the programs: {LOGS}")
        return 0

    def _build(self, stack):
        lab = self._lab
        say(picture(LEFT, RIGHT))
        say()
        self._left = stack.enter_context(lab.namespace("left", address=f"{LEFT}/24"))
        self._right = stack.enter_context(lab.namespace("right", address=f"{RIGHT}/24"))
        self._host = stack.enter_context(
            lab.host([f"port={side.port()}" for side in (self._left, self._right)]))
        self._testpmd = stack.enter_context(lab.testpmd(self._host))
        for port in (0, 1):
            say(bringup.line(self._host, self._testpmd, port))
        say()

    def _show(self):
        self._testpmd.start_without_loss()
        books = Conservation(self._host, self._testpmd, (self._left, self._right))
        self._ping()
        self._iperf()
        self._balance(books)
        self._testpmd.command("stop")
        self._testpmd.quit()

    def _ping(self):
        say(f"ping, {self._pings} times, from left to right through the driver:")
        found = ping(self._left, RIGHT, self._pings, PING_INTERVAL)
        say(f"  {found.received} of {found.sent} replies, round trip min/avg/max "
            f"{found.rtt_min:.3f}/{found.rtt_avg:.3f}/{found.rtt_max:.3f} ms")
        say()
        if found.received != self._pings or found.duplicates:
            raise LabError(f"ping got {found.received} replies and {found.duplicates} duplicates "
                           f"for {found.sent} requests")

    def _iperf(self):
        say(f"iperf3, one TCP connection for {self._seconds} s, packets per second:")
        cpus = self._lab.cores.rest_list()
        with IperfServer(self._right, LOGS / "iperf3-server.log", cpus), \
                IperfClient(self._left, RIGHT, self._seconds, LOGS / "iperf3.log",
                            cpus) as client:
            self._watch(client)
            found = client.result()
        say(f"  {found.bits_per_second / 1e9:.2f} Gbit/s: {found.received_bytes / 1e6:,.0f} MB "
            f"in {found.seconds:.1f} s, {found.retransmits} retransmits")
        say()

    def _watch(self, client):
        """The live table while iperf3 runs."""
        deadline = time.monotonic() + self._seconds
        with Table(self._host) as table:
            while time.monotonic() < deadline - 0.5 and client.is_running():
                time.sleep(min(1.0, max(deadline - time.monotonic(), 0.1)))
                self._testpmd.check_running()
                table.step()

    def _balance(self, books):
        ways = books.balance()
        for line in lines(ways):
            say(line)
        check(ways)
        say("  0 lost: what Linux sent into one TAP it received from the other")
        say()
