# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""tshark as a reader of captures that is neither the driver's nor the host's."""

from . import processes

_CHECK = [word for protocol in ("ip", "tcp", "udp")
          for word in ("-o", f"{protocol}.check_checksum:TRUE")]
_STATUS = {"0": "bad", "1": "good", "2": "unverified", "": None}


def fields(path, names, timeout=60):
    """A tuple for each frame of a file: what tshark shows for these fields, as text."""
    argv = ["tshark", "-n", "-r", path, *_CHECK, "-T", "fields", "-E", "separator=|",
            "-E", "occurrence=f", *(word for name in names for word in ("-e", name))]
    shown = processes.run(argv, timeout=timeout).stdout
    return [tuple(line.split("|")) for line in shown.splitlines()]


def checksums(path):
    """For each frame its checksums' states (IPv4 header, TCP, UDP): good, bad, unverified, None."""
    found = fields(path, [f"{name}.checksum.status" for name in ("ip", "tcp", "udp")])
    return [tuple(_STATUS[state] for state in states) for states in found]
