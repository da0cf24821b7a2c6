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
        args = [f"--file-prefix={self.prefix}", "--no-pci"]
        if self.lcores:
            args += [f"--lcores={self.lcores}"]
        if self.huge_dir:
            args += ["--huge-dir", str(self.huge_dir)]
        return args + list(extra)

    def secondary(self, lcores):
        """The EAL arguments of a secondary process.

        Its lcores must not be another's, too; None if the program has its own idea of them.
        """
        return SecondaryEal(self.prefix, lcores, self.huge_dir)

    def remove(self):
        """Remove the runtime directory and the hugepages of a guest that has ended."""
        shutil.rmtree(rundir.DPDK_RUN / self.prefix, ignore_errors=True)
        if self.huge_dir:
            for page in Path(self.huge_dir).glob(f"{self.prefix}map_*"):
                page.unlink()


class SecondaryEal(Eal):
    """What the EAL of a secondary process is told. What it uses is its primary's."""

    def args(self, extra=()):
        """EAL arguments of a secondary process."""
        return super().args(["--proc-type=secondary", *extra])

    def remove(self):
        """Nothing is left behind: another process may go on with it."""


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
