# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Frames counted at every station of the way; what the stations do not agree
on is lost."""

import time
from dataclasses import dataclass

from lab import LabError

STATIONS = (
    "Linux sent into the TAP, in segments",
    "host put into the guest's receive buffer",
    "driver received (testpmd)",
    "driver transmitted (testpmd)",
    "host took from the guest",
    "Linux received from the TAP",
)


@dataclass(frozen=True)
class Counts:
    """The stations' counters on one way, and frames that somebody says were dropped."""

    stations: tuple
    dropped: int

    def since(self, base):
        """What has been counted since base was."""
        return Counts(tuple(now - then for now, then in zip(self.stations, base.stations)),
                      self.dropped - base.dropped)

    @property
    def lost(self):
        """Frames that did not come out at the end, or more than went in: never 0 by luck."""
        spread = max(self.stations) - min(self.stations)
        return max(spread, self.dropped)


class Conservation:
    """Books of both ways; begin before the traffic, take the balance after it."""

    def __init__(self, host, testpmd, namespaces):
        self._host = host
        self._testpmd = testpmd
        self._namespaces = namespaces
        self._base = self._count()

    def _count(self):
        taps = [namespace.counters() for namespace in self._namespaces]
        nics = [self._host.nic(port) for port in (0, 1)]
        ports = [self._testpmd.port_stats(port) for port in (0, 1)]
        return [_way(taps, nics, ports, 0, 1), _way(taps, nics, ports, 1, 0)]

    def balance(self, timeout=3):
        """Counts of both ways, once what is in flight has arrived."""
        deadline = time.monotonic() + timeout
        while True:
            ways = [now.since(base) for now, base in zip(self._count(), self._base)]
            if not any(way.lost for way in ways) or time.monotonic() > deadline:
                return ways
            time.sleep(0.2)


def _segments(tap, port):
    """What Linux has sent, where it leaves segmentation to the host, which counts the segments."""
    return tap["sent"] - port["tap_large"] + port["tap_segments"]


def _way(taps, nics, ports, source, sink):
    return Counts(
        stations=(_segments(taps[source], nics[source].port), nics[source].rx_frames,
                  ports[source]["RX-packets"], ports[sink]["TX-packets"],
                  nics[sink].tx_frames, taps[sink]["received"]),
        dropped=(taps[source]["dropped"] + nics[source].dropped
                 + ports[source]["RX-missed"] + ports[source]["RX-errors"]
                 + ports[source]["RX-nombuf"] + ports[sink]["TX-errors"]))


def lines(ways):
    """The books as a table."""
    yield f"  {'frames counted':42} {'left to right':>14} {'right to left':>14}"
    for number, station in enumerate(STATIONS):
        yield f"  {station:42} {ways[0].stations[number]:>14,} {ways[1].stations[number]:>14,}"
    yield f"  {'lost':42} {ways[0].lost:>14,} {ways[1].lost:>14,}"


def check(ways):
    """LabError with a sentence unless every frame that went in came out."""
    lost = sum(way.lost for way in ways)
    if lost:
        raise LabError(f"{lost} frames were lost between the namespaces: the table above shows "
                       "the station where they went missing")
    if not all(way.stations[0] for way in ways):
        raise LabError("no frame was counted on one of the ways: the counters cannot be right")
