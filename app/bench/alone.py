# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""hv-bench without the emulated host, over ports that DPDK makes itself."""

from contextlib import ExitStack

from lab import paths

from .hvbench import HvBench


# All memory in one: vhost is told of a few files only.
ONE_FILE = "--single-file-segments"


class Alone(HvBench):
    """For use in a with statement, as a Cell; refined by what ports there are.

    What comes is for the other end of the ports to say: frames are always there.
    """

    # Paths of libraries that have drivers, besides those that the program is linked with.
    libraries = ()

    def __init__(self, lab, side, load, wrap=()):
        self._lab, self._side, self._load, self._wrap = lab, side, load, wrap
        self._stack = ExitStack()

    def __enter__(self):
        with ExitStack() as stack:
            vdevs = self._open(stack)
            self._begin(stack.enter_context(self._start(
                self._load.arguments(), vdevs, self._wrap,
                self._lab.eal(self._lab.cores.lcores()))), self._load.mode)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _open(self, stack):
        """Whatever else has to be there goes to the stack; the --vdev values of the ports."""
        raise NotImplementedError

    def _start(self, arguments, vdevs, wrap, eal):
        preload = ["env", "LD_PRELOAD=" + ":".join(map(str, self.libraries))] * (
            len(self.libraries) != 0)
        return self._lab.guest(None, paths.program("hv-bench"), arguments, stdin=True,
                               eal_args=[ONE_FILE, *(f"--vdev={vdev}" for vdev in vdevs)],
                               wrap=[*wrap, *preload], env=self._side.environment, eal=eal)

    def offer(self, rate):
        """As Cell's: they are there."""

    def come_together(self, bulk):
        """As Cell's: it is for the ports to say."""
