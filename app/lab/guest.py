# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""DPDK programs as guests of the emulated host."""

import re
import shutil
from pathlib import Path

from . import processes, rundir, telemetry
from .errors import LabError
from .ledger import Ledger


class Eal:
    """What the EAL of one guest is told, and what it leaves behind."""

    def __init__(self, prefix, lcores, huge_dir):
        self.prefix = prefix
        self.lcores = lcores
        self.huge_dir = huge_dir

    def args(self, extra=()):
        """EAL arguments of a primary process: our devices and no others."""
        args = [f"--lcores={self.lcores}", f"--file-prefix={self.prefix}", "--no-pci"]
        if self.huge_dir:
            args += ["--huge-dir", str(self.huge_dir)]
        return args + list(extra)

    def secondary_args(self):
        """EAL arguments of a secondary process of the same."""
        return [f"--file-prefix={self.prefix}", "--no-pci"]

    def remove(self):
        """Remove the runtime directory and the hugepages of a guest that has ended."""
        shutil.rmtree(rundir.DPDK_RUN / self.prefix, ignore_errors=True)
        if self.huge_dir:
            for page in Path(self.huge_dir).glob(f"{self.prefix}map_*"):
                page.unlink()


class Secondary(processes.Process):
    """A DPDK program in another guest's memory, for use in a with statement."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


class Guest(processes.Process):
    """A DPDK program as a guest, for use in a with statement; killed at its end.

    It is an error if our driver has lost something meanwhile and said so.
    """

    def __init__(self, name, command, log, *, eal, **options):
        self.eal = eal
        super().__init__(name, command, log, **options)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.kill()
        self.eal.remove()
        found = re.search(r"ledger at .*", self.output())
        if found and kind is None:
            raise LabError(f"{self.name}: {found[0]} (log: {self.log})")

    def ledger(self, port):
        """What our driver is lent by host and program, as it tells itself; see Ledger."""
        return Ledger.of(telemetry.ask(self.eal.prefix, f"/ethdev/dump_priv,{port}"))

    def end(self, timeout=20):
        """Ask the program to end in order; it must, with status 0."""
        if self.stop(timeout) != 0:
            raise LabError(self.obituary())
