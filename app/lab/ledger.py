# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What our driver is lent by the host and by the program, and where it is."""

import re
from dataclasses import dataclass

from .errors import LabError


@dataclass(frozen=True)
class Ledger:
    """Where our driver has what it is lent, as its dump tells it."""

    received: dict  # packets not completed, and where they are; ranges: of the host's memory
    sent: dict  # descriptors: with the host, being filled, free; mbufs: that they keep
    sections: dict  # of the send buffer: used, free
    bounces: dict
    faults: list  # sentences: what is not where it should be

    @classmethod
    def of(cls, dump):
        """From the text of a dump."""
        number = r"(?P<%s>\d+)"

        def line(pattern, *names):
            found = re.search(pattern % tuple(number % name for name in names), dump)
            if not found:
                raise LabError(f"no '{pattern}' in {dump}")
            return {name: int(value) for name, value in found.groupdict().items()}

        return cls(
            line("received: %s packets are not completed: %s owed, %s waiting, %s begun, "
                 "%s kept, %s released; they keep %s ranges",
                 "packets", "owed", "waiting", "begun", "kept", "released", "ranges"),
            line("sent: %s descriptors are with the host, %s being filled, %s free; "
                 "they keep %s mbufs", "host", "filling", "free", "mbufs"),
            line("send sections: %s used, %s free", "used", "free"),
            line("bounce buffers: %s used, %s free", "used", "free"),
            re.findall(r"ledger: (.*)", dump))
