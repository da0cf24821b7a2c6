# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Measurements, ours and DPDK's own driver side by side over the same host.

part.py: the parts it is made of; record.py: a figure of each side; sides.py: what
is compared; cell.py: one program over one host, alive; figures.py: what repeated
measurements say; rates.py: the most that is delivered; spec.py and cells.py: every
way to use both drivers; sweep.py and overload.py: how a driver bears overload;
instructions.py: what each executes; table.py and picture.py: what the user sees.
"""
