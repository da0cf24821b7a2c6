# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The distribution's own DPDK programs, with our two plugins in place of its two.

The programs are in Debian's dpdk-dev, which cannot be installed without two
hundred packages more; of those the programs load the few below. They are
unpacked beside the build and appear in /usr only for a process in a mount
namespace of its own: the machine stays as it is.
"""

import os
import shutil

from . import paths, processes
from .errors import LabError

PLUGIN_DIR = "/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0"
PLUGINS = ("librte_bus_vmbus.so.23.0", "librte_net_netvsc.so.23.0")
PLACE = paths.BUILD / "distribution"

PACKAGES = """
    dpdk-dev ibverbs-providers libbsd0 libfdt1 libibverbs1 libnl-3-200 libnl-route-3-200
    libpcap0.8 librte-bitratestats23 librte-bpf23 librte-bus-auxiliary23 librte-bus-dpaa23
    librte-bus-pci23 librte-bus-vdev23 librte-bus-vmbus23 librte-cmdline23
    librte-common-dpaax23 librte-common-iavf23 librte-common-mlx5-23
    librte-crypto-scheduler23 librte-cryptodev23 librte-eal23 librte-ethdev23
    librte-eventdev23 librte-gro23 librte-gso23 librte-hash23 librte-ip-frag23
    librte-kvargs23 librte-latencystats23 librte-mbuf23 librte-mempool-dpaa23
    librte-mempool-ring23 librte-mempool23 librte-meter23 librte-metrics23
    librte-net-bnxt23 librte-net-bond23 librte-net-dpaa23 librte-net-i40e23
    librte-net-ice23 librte-net-ixgbe23 librte-net-mlx5-23 librte-net-netvsc23
    librte-net23 librte-pcapng23 librte-pci23 librte-pdump23 librte-rcu23
    librte-reorder23 librte-ring23 librte-sched23 librte-security23 librte-telemetry23
    librte-timer23
""".split()


def unpack():
    """Make the programs available, once; apt fetches 6 MB."""
    root = PLACE / "root"
    if (PLACE / "done").exists():
        return root
    shutil.rmtree(PLACE, ignore_errors=True)
    debs = PLACE / "debs"
    debs.mkdir(parents=True)
    download = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *PACKAGES]
    try:
        processes.run(download, timeout=120, cwd=debs)
    except LabError:  # no package lists yet, or old ones
        processes.run(["apt-get", "-q", "update"], timeout=120)
        processes.run(download, timeout=120, cwd=debs)
    root.mkdir()
    for deb in sorted(debs.iterdir()):
        processes.run(["dpkg-deb", "-x", deb, root])
    (PLACE / "done").touch()
    return root


def wrap(ours=PLUGINS):
    """A command that runs another one with the distribution's programs in /usr/bin.

    ours: which of its plugins ours replace.
    """
    steps = [f"mount -t overlay -o lowerdir={unpack()}/usr:/usr overlay /usr"]
    for name in ours:
        plugin = paths.PLUGINS / name
        if not plugin.exists():
            raise LabError(f"{plugin} is missing; run ./dev build first")
        steps.append(f"mount --bind {plugin.resolve()} {PLUGIN_DIR}/{name}")
    script = " && ".join(steps + ['exec "$@"'])
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]


def program(name):
    """Where wrap() makes a program appear."""
    return os.path.join("/usr/bin", name)
