# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The Lab: what makes namespaces, hosts and guests and takes them all down.

A Lab has a name; all that it makes bears it (rundir.py). Things are made as
context managers, so that they end in the reverse order of their beginning,
also when a signal or an error comes. What is left then, because something
went wrong in between, is found by name and removed.
"""

import os
from contextlib import ExitStack

from . import guest, hugepages, hvhost, netns, paths, processes, rundir, signals, testpmd
from .cores import Cores
from .errors import LabError

# A guest needs some 60 MiB; two at a time is the most that we run.
HUGEPAGES = 128

# What a program gets of ordinary memory where there are no hugepages.
ORDINARY_MIB = 256

# The lcore of a program that only looks at a guest: beyond those that forward.
VISITOR = 100

# Enough for both ports' rings, and no more than that in memory.
TESTPMD_MBUFS = 16384


class Lab:
    """For use in a with statement; logs: where programs' logs go, default with the run."""

    def __init__(self, logs=None, cores=None, pages=HUGEPAGES):
        if os.geteuid() != 0:
            raise LabError("network namespaces, TAPs and hugepages need root; run it with sudo")
        signals.install()
        self.cores = cores or Cores()
        self.notes = []  # sentences about what this machine cannot do
        self.emulate_hugepages = False
        self.logs = logs
        self._pages = pages
        self._count = 0

    def __enter__(self):
        with signals.deferred():
            self._rundir = rundir.Rundir()
        try:
            self._take_hugepages()
        except BaseException:
            self.__exit__()
            raise
        self.logs = self.logs or self._rundir.path
        return self

    def __exit__(self, *_):
        with signals.deferred():
            processes.kill_all()
            self._rundir.remove()

    @property
    def name(self):
        return self._rundir.name

    def _take_hugepages(self):
        free = hugepages.reserve(self._rundir.path, self._pages)
        self._huge_dir = None
        if free >= self._pages:
            self._huge_dir = hugepages.mount(self._rundir.path)
        else:
            self.emulate_hugepages = True
            self.notes.append(f"this machine has {free} free hugepages of 2 MiB and gives no "
                              f"more ({self._pages} are wanted): running on emulated ones")

    def _number(self):
        self._count += 1
        return self._count

    def namespace(self, name, **options):
        """A network namespace with a TAP; see netns.Namespace."""
        return netns.Namespace(f"{self.name}-{name}", **options)

    def host_dir(self):
        """A path for a run directory of hvhost, not yet made."""
        return self._rundir.path / f"h{self._number()}"

    def host(self, nics, options=(), directory=None):
        """hvhost, started; see hvhost.Host."""
        log = self.logs / f"hvhost-{self._number()}.log"
        host = hvhost.Host(directory or self.host_dir(), log, self.cores.rest_list())
        return host.start(nics, options)

    def eal(self, lcores=None):
        """The EAL arguments of one guest; see guest.Eal and Cores."""
        prefix = f"{self.name}-{self._number()}"
        return guest.Eal(prefix, lcores or self.cores.lcores(), self._huge_dir)

    def guest(self, host, program, args=(), *, eal_args=(), eal=None, wrap=(),
              kind=guest.Guest, **options):
        """A DPDK program as a guest of host; wrap: a command that runs hvhost's.

        Without a host it has the ports that its arguments tell it to make.
        """
        eal = eal or self.eal()
        if host is None and self.emulate_hugepages:
            eal_args = ["--no-huge", "-m", str(ORDINARY_MIB), *eal_args]
        argv = [program, *eal.args(eal_args), "--", *args]
        return self._guest(host, argv, wrap, kind, eal=eal, **options)

    def secondary_eal(self, primary, number=1):
        """The EAL arguments of a secondary process which polls on one lcore, its number."""
        return primary.eal.secondary(self.cores.polling_lcore(number))

    def proc_info(self, host, primary, args, program=None, **options):
        """dpdk-proc-info, telling of a guest that has begun."""
        return self.guest(host, program or paths.program("dpdk-proc-info"), args,
                          eal=primary.eal.secondary(None), **options)

    def pdump(self, host, primary, args):
        """dpdk-pdump, capturing from a guest that has begun; names of files: 60 bytes at most."""
        return self.guest(host, paths.program("dpdk-pdump"), args,
                          eal=self.secondary_eal(primary, VISITOR))

    def dumpcap(self, host, primary, args):
        """dpdk-dumpcap, capturing from a guest that has begun."""
        argv = [paths.program("dpdk-dumpcap"), f"--file-prefix={primary.eal.prefix}", *args]
        return self._guest(host, argv, (), guest.Guest, eal=primary.eal.secondary(None))

    def _guest(self, host, argv, wrap, kind, **options):
        name = os.path.basename(argv[0])
        log = self.logs / f"{name}-{self._number()}.log"
        command = [*wrap, *(host.guest_command(argv, self.emulate_hugepages) if host else argv)]
        return kind(name, command, log, **options)

    def l2fwd(self, host, program=None, **options):
        """dpdk-l2fwd between the first two NICs; leaves the frames as they are."""
        return self.guest(host, program or paths.program("dpdk-l2fwd"),
                          ["-p", "0x3", "-q", "2", "-P", "--no-mac-updating"],
                          eal=self.eal(self.cores.polling_lcore()), **options)

    def splitfwd(self, host, args=(), *, workers=2, **options):
        """Our hv-splitfwd between the first two NICs, forwarding; see its source."""
        started = self.guest(host, paths.program("hv-splitfwd"), args,
                             eal=self.eal(self.cores.lcores(workers)), **options)
        return _when_it_says("splitfwd: ready", started)

    def testpmd(self, host, args=(), *, program=None, workers=1, mbufs=TESTPMD_MBUFS,
                eal=None, **options):
        """dpdk-testpmd at its prompt, not yet forwarding; see testpmd.Testpmd.

        It keeps the frames that come before it forwards. workers: lcores that do.
        """
        program = program or paths.program("dpdk-testpmd")
        args = ["-i", "--no-flush-rx", f"--total-num-mbufs={mbufs}", f"--nb-cores={workers}",
                *args]
        started = self.guest(host, program, args, eal=eal or self.eal(self.cores.lcores(workers)),
                             kind=testpmd.Testpmd, stdin=True, **options)
        return _when_it_says("^" + testpmd.PROMPT, started)


def _when_it_says(pattern, started):
    """A guest, not before it has said so."""
    with ExitStack() as stack:
        stack.enter_context(started)
        started.wait_for(pattern, timeout=30)
        stack.pop_all()
    return started
