# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Where the programs are that the lab runs.

HV_BIN and HV_PLUGINS in the environment name other places than the build's.
"""

import os
from pathlib import Path

from .errors import LabError

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
BIN = Path(os.environ.get("HV_BIN", BUILD / "bin"))
PLUGINS = Path(os.environ.get("HV_PLUGINS", BUILD / "plugins"))


def program(name):
    """The path of one of our programs."""
    path = BIN / name
    if not os.access(path, os.X_OK):
        raise LabError(f"{path} is missing; run ./dev build first")
    return path


def stock_build():
    """Where an untouched DPDK tree was built."""
    path = Path(os.environ.get("HV_STOCK_BUILD", BUILD / "stock/build"))
    if not (path / "drivers/librte_net_netvsc.so").exists():
        raise LabError(f"{path} has no netvsc driver; run ./dev build --stock first")
    return path


def neighbours_build():
    """Where its drivers of other cards were built, with those of ours to be compared with."""
    path = BUILD / "stock/neighbours"
    if not (path / "drivers/librte_net_virtio.so").exists():
        raise LabError(f"{path} has no virtio driver; run ./dev build --neighbours first")
    return path


def stock(name):
    """One of the programs of an untouched DPDK tree: l2fwd or l3fwd."""
    path = Path(os.environ.get("HV_STOCK_" + name.upper(), BUILD / "stock/bin" / name))
    if not os.access(path, os.X_OK):
        raise LabError(f"{path} is missing; run ./dev build --stock first")
    return path
