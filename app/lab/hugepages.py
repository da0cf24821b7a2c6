# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""2 MiB hugepages: borrowed from the kernel, given back to the page.

The run directory remembers how many were taken, so that a later run can give
back what a killed one could not.
"""

import fcntl
import os
import re
from contextlib import contextmanager
from pathlib import Path

from . import processes, signals
from .errors import LabError

POOL = Path("/sys/kernel/mm/hugepages/hugepages-2048kB")
TAKEN = "hugepages"
MOUNT = "huge"


def reserve(rundir, count):
    """Make count pages free for use; returns how many are free then.

    With fewer than count nothing is kept reserved.
    """
    if not POOL.is_dir():
        return 0
    with signals.deferred(), _pool_locked(rundir):
        missing = count - _read("free_hugepages")
        if missing <= 0:
            return count
        before = _read("nr_hugepages")
        _write(before + missing)
        taken = _read("nr_hugepages") - before
        (rundir / TAKEN).write_text(str(taken), encoding="ascii")
        free = _read("free_hugepages")
    if free < count:
        give_back(rundir)
    return free


def give_back(rundir):
    """Give back what reserve() took; not an error if it took none."""
    note = rundir / TAKEN
    with signals.deferred(), _pool_locked(rundir):
        if note.exists():
            taken = int(note.read_text(encoding="ascii") or 0)
            _write(max(0, _read("nr_hugepages") - taken))
            note.unlink()


def mount(rundir):
    """Mount a hugetlbfs of our own; returns the place."""
    place = rundir / MOUNT
    place.mkdir(exist_ok=True)
    processes.run(["mount", "-t", "hugetlbfs", "-o", "pagesize=2M,mode=0700", "none", place])
    return place


def unmount(rundir):
    """Undo mount(); not an error if nothing is mounted."""
    place = rundir / MOUNT
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    if re.search(rf" {re.escape(str(place))} hugetlbfs ", mounts):
        processes.run(["umount", "--lazy", place])


@contextmanager
def _pool_locked(rundir):
    """The kernel's count is read and written as one step among our runs."""
    fd = os.open(rundir.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _read(name):
    return int((POOL / name).read_text(encoding="ascii"))


def _write(count):
    try:
        (POOL / "nr_hugepages").write_text(str(count), encoding="ascii")
    except OSError as error:
        raise LabError(f"cannot set the number of hugepages: {error.strerror}") from None
