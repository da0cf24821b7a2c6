# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The table of packets per second: redrawn in place on a terminal, else one
line per second."""

import sys
import time

PORTS = 2
HEAD = "  second    port 0 in   port 0 out    port 1 in   port 1 out    Mbit/s"
ROW = "  {second:>6} {0[0]:>12,} {0[1]:>12,} {1[0]:>12,} {1[1]:>12,} {mbits:>9,.0f}"


class Table:
    """Rates between samples of the host's counters; one row per step(), in a with statement."""

    def __init__(self, host, out=sys.stdout):
        self._host = host
        self._out = out
        self._in_place = out.isatty()
        self._start = time.monotonic()
        self._last = self._sample()
        print(HEAD, file=out, flush=True)

    def _sample(self):
        nics = [self._host.nic(port) for port in range(PORTS)]
        return time.monotonic(), nics

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._in_place:  # leave the last row standing
            print(file=self._out, flush=True)

    def step(self):
        """Print the rates since the last step."""
        then, before = self._last
        now, nics = self._last = self._sample()
        span = max(now - then, 1e-3)
        rates = [(round((nic.rx_frames - old.rx_frames) / span),
                  round((nic.tx_frames - old.tx_frames) / span))
                 for nic, old in zip(nics, before)]
        octets = sum(nic.tx_bytes - old.tx_bytes for nic, old in zip(nics, before))
        row = ROW.format(*rates, second=round(now - self._start), mbits=octets * 8 / span / 1e6)
        self._out.write(f"\r\033[K{row}" if self._in_place else f"{row}\n")
        self._out.flush()
