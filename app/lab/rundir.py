# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The run directory of a Lab, and how everything that bears its name is removed.

Each run has a directory /run/hvlab/NAME, locked while the run lives. All that
a run makes can be found from the name alone: namespaces NAME-*, DPDK's
/run/dpdk/NAME-*, hvhost's /dev/shm/*_NAME_*, the mount and the count of
hugepages inside the directory. A directory that nobody locks belongs to a run
that was killed; the next run clears it away with the same function that ends
every run.
"""

import fcntl
import os
import shutil
from pathlib import Path

from . import hugepages, netns
from .errors import LabError

BASE = Path("/run/hvlab")
DPDK_RUN = Path("/run/dpdk")
SHARED_MEMORY = Path("/dev/shm")  # where hvhost keeps hugepages that it emulates


class Rundir:
    """A run's directory; name is unique among the runs alive."""

    def __init__(self):
        try:
            BASE.mkdir(mode=0o755, exist_ok=True)
        except OSError as error:
            raise LabError(f"cannot make {BASE}: {error.strerror}") from None
        for path in BASE.iterdir():
            _remove_if_dead(path)
        self.name = f"hvlab{os.getpid()}"
        self.path = BASE / self.name
        self.path.mkdir(mode=0o700, exist_ok=True)
        self._lock = _lock(self.path)
        netns.remember_base(self.path)

    def remove(self):
        """Remove all that bears the run's name; the last run removes BASE."""
        remove(self.path)
        os.close(self._lock)
        _remove_if_empty(BASE)


def _lock(path):
    """The descriptor of the locked directory, or None if another process holds it."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


def _remove_if_dead(path):
    try:
        fd = _lock(path)
    except OSError:
        return  # just removed by its owner
    if fd is not None:
        remove(path)
        os.close(fd)


def remove(path):
    """Remove what the run of this directory made; nothing of it need exist."""
    name = path.name
    netns.remove_all(f"{name}-")
    netns.remove_base(path)
    for runtime in DPDK_RUN.glob(f"{name}-*"):
        shutil.rmtree(runtime, ignore_errors=True)
    _remove_if_empty(DPDK_RUN)
    for memory in SHARED_MEMORY.glob(f"*_{name}_*"):
        shutil.rmtree(memory, ignore_errors=True)
    hugepages.unmount(path)
    hugepages.give_back(path)
    shutil.rmtree(path, ignore_errors=True)


def _remove_if_empty(path):
    try:
        path.rmdir()
    except OSError:
        pass  # somebody else uses it
