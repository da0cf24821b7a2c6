# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Network namespaces with a TAP and an address each.

Only what is made here is ever touched, and all of it lives inside the
namespace: nothing of it is seen by, or leads to, the machine's own network.
"""

import json
from pathlib import Path

from . import processes
from .errors import LabError

# Long enough that Linux's TCP never overruns it: what is lost on the way is
# then lost by us.
TAP_QUEUE_LEN = 20000

BASE = Path("/run/netns")
NO_BASE = "no-netns"


class Namespace:
    """A network namespace with one TAP in it, for use in a with statement.

    address: of the TAP, with prefix length, or None. mtu: of the TAP.
    """

    def __init__(self, name, tap="tap0", address=None, mtu=1500):
        self.name = name
        self.tap = tap
        self.address = address
        self.mtu = mtu

    @property
    def ip(self):
        return self.address.split("/")[0]

    def __enter__(self):
        processes.run(["ip", "netns", "add", self.name])
        # Nobody but the test speaks: no router solicitations, no MLD.
        self.run(["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                  "net.ipv6.conf.default.disable_ipv6=1"], check=False)
        self._ip("tuntap", "add", "dev", self.tap, "mode", "tap")
        self._ip("link", "set", self.tap, "mtu", self.mtu, "txqueuelen", TAP_QUEUE_LEN)
        if self.address:
            self._ip("address", "add", self.address, "dev", self.tap)
        self._ip("link", "set", "lo", "up")
        self._ip("link", "set", self.tap, "up")
        return self

    def __exit__(self, *_):
        remove(self.name)

    def _ip(self, *args):
        processes.run(["ip", "-n", self.name, *args])

    def run(self, argv, **options):
        """Run a short program inside the namespace."""
        return processes.run(argv, netns=self.name, **options)

    def port(self):
        """hvhost's name for the TAP as a port of a NIC."""
        return f"tap:{self.tap}@{self.name}"

    def counters(self):
        """The TAP's packets as Linux counts them: to the host is sent, from it received."""
        shown = processes.run(["ip", "-n", self.name, "-s", "-j", "link", "show", self.tap])
        stats = json.loads(shown.stdout)[0]["stats64"]
        return {"sent": stats["tx"]["packets"], "received": stats["rx"]["packets"],
                "dropped": stats["tx"]["dropped"] + stats["rx"]["dropped"]
                + stats["tx"]["errors"] + stats["rx"]["errors"]}


def _base_is_mounted():
    # os.path.ismount() does not see a directory that is mounted on itself.
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    return any(line.split(" ")[1] == str(BASE) for line in mounts.splitlines())


def remember_base(rundir):
    """Note that nobody has used ip netns yet: its first use mounts BASE on itself."""
    if not _base_is_mounted():
        (rundir / NO_BASE).touch()


def remove_base(rundir):
    """Undo that mount if it is ours and nobody uses it now."""
    if (rundir / NO_BASE).exists() and _base_is_mounted() and not names():
        processes.run(["umount", BASE], check=False)
        try:
            BASE.rmdir()
        except OSError:
            pass  # somebody was quicker


def names():
    """The named namespaces of the machine."""
    shown = processes.run(["ip", "-j", "netns", "list"]).stdout.strip()
    return [entry["name"] for entry in json.loads(shown or "[]")]


def remove(name):
    """Remove a namespace and all in it; not an error if there is none."""
    if name in names():
        processes.run(["ip", "netns", "delete", name])


def remove_all(prefix):
    """Remove the namespaces whose names begin so."""
    for name in names():
        if name.startswith(prefix):
            try:
                remove(name)
            except LabError:
                pass  # its owner was quicker
