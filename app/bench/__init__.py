# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Measurements, ours and DPDK's own driver side by side over the same host.

sides.py: what is compared; cell.py: one program over one host, alive; figures.py:
what repeated measurements say; sweep.py: how a driver bears overload; table.py and
picture.py: what the user sees.
"""
