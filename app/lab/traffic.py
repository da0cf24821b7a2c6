# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Real programs of the Linux network stack: ping and iperf3."""

import json
import re
import time
from dataclasses import dataclass

from . import processes
from .errors import LabError


@dataclass(frozen=True)
class Ping:
    """What ping found; times in milliseconds."""

    sent: int
    received: int
    duplicates: int
    rtt_min: float
    rtt_avg: float
    rtt_max: float


def ping(namespace, address, count, interval=0.01, size=56):
    """Ping from inside a namespace; packets that stay out are counted, no error."""
    done = namespace.run(["ping", "-n", "-c", str(count), "-i", str(interval), "-s", str(size),
                          "-W", "1", address], timeout=count * max(interval, 0.01) + 20,
                         check=False)
    return parse_ping(done.stdout or done.stderr)


def wait_for_reply(namespace, address, timeout=20):
    """Ping until the first reply: a path that has just come up has no neighbours yet."""
    deadline = time.monotonic() + timeout
    while not ping(namespace, address, 1).received:
        if time.monotonic() > deadline:
            raise LabError(f"{address} did not answer a ping within {timeout} s")


def parse_ping(text):
    """The summary that ping prints at its end."""
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", text)
    if not counts:
        raise LabError(f"ping failed: {processes.one_line(text)}")
    duplicates = re.search(r"\+(\d+) duplicates", text)
    times = re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)/", text)
    return Ping(int(counts[1]), int(counts[2]), int(duplicates[1]) if duplicates else 0,
                *(map(float, times.groups()) if times else (0.0, 0.0, 0.0)))


@dataclass(frozen=True)
class Iperf:
    """What iperf3's receiver counted."""

    seconds: float
    received_bytes: int
    bits_per_second: float
    retransmits: int


class IperfServer(processes.Process):
    """iperf3 waiting for one client, for use in a with statement."""

    def __init__(self, namespace, log, cpus=None):
        super().__init__("iperf3 server", ["iperf3", "-s", "-1", "--forceflush"], log,
                         netns=namespace.name, cpus=cpus)

    def __enter__(self):
        self.wait_for("Server listening", timeout=10)
        return self

    def __exit__(self, *_):
        self.kill()


class IperfClient(processes.Process):
    """iperf3 sending TCP for some seconds, for use in a with statement."""

    def __init__(self, namespace, address, seconds, log, cpus=None, options=()):
        self._seconds = seconds
        super().__init__("iperf3", ["iperf3", "-c", address, "-t", str(seconds), "--json",
                                    "--connect-timeout", "5000", *options],
                         log, netns=namespace.name, cpus=cpus)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def report(self):
        """Wait for the end; what iperf3 --json says."""
        self.wait(self._seconds + 20)
        text = self.output()
        try:
            report = json.loads(text)
        except ValueError:
            raise LabError(f"iperf3 failed: {processes.one_line(text)}") from None
        if "error" in report:
            raise LabError(f"iperf3 failed: {report['error']}")
        return report

    def result(self):
        """Wait for the end of a TCP run; the figures."""
        end = self.report()["end"]
        received = end["sum_received"]
        return Iperf(received["seconds"], received["bytes"], received["bits_per_second"],
                     end["sum_sent"].get("retransmits", 0))
