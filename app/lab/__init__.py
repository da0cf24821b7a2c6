# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""A network laboratory on one machine: namespaces, TAPs, hugepages, an
emulated Hyper-V host and DPDK programs as its guests.

Everything made here carries the name of one Lab and is gone when that Lab
ends, however it ends; lab.py says how.
"""

from .errors import LabError
from .lab import Lab

__all__ = ["Lab", "LabError"]
