# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""DPDK's telemetry: what a program tells of itself while it runs."""

import json
import socket

from . import rundir
from .errors import LabError

ANSWER_MAX = 64 * 1024


def ask(prefix, command, timeout=10):
    """The answer of the program with that file prefix; command: as "/ethdev/stats,0"."""
    path = rundir.DPDK_RUN / prefix / "dpdk_telemetry.v2"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.recv(ANSWER_MAX)  # it says first who it is
        connection.send(command.encode())
        answer = json.loads(connection.recv(ANSWER_MAX))
    found = answer.get(command.split(",", maxsplit=1)[0])
    if found is None:
        raise LabError(f"{prefix} does not answer {command}: {answer}")
    return found
