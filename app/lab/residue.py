# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What is left of a run that has ended: the answer should be nothing."""

from pathlib import Path

from . import netns

PLACES = ("/run/hvlab", "/run/netns", "/run/dpdk", "/dev/hugepages", "/dev/shm", "/tmp")


def of_run(name):
    """Everything that bears the name of a run, as sentences."""
    found = [f"namespace {entry}" for entry in netns.names() if name in entry]
    for place in PLACES:
        found += [f"file {path}" for path in Path(place).glob(f"*{name}*")]
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    found += [f"mount {line}" for line in mounts.splitlines() if name in line]
    return found


def of_environment(mark):
    """Processes that have this in their environment, as sentences."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found.append(f"process {process.name}: {command}")
        except OSError:
            pass  # it has just ended
    return found


def hugepages():
    """Hugepages that the machine holds, without those that living runs have borrowed."""
    pool = Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
    borrowed = sum(int(note.read_text(encoding="ascii"))
                   for note in Path("/run/hvlab").glob("*/hugepages"))
    return int(pool.read_text(encoding="ascii")) - borrowed
