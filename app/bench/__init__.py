# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Measurements, ours and DPDK's own driver side by side over the same host.

part.py: the parts it is made of; record.py: a figure of each side; sides.py: what
is compared; hvbench.py: the program, alive; cell.py: over one host; figures.py: what repeated
measurements say; rates.py: the most that is delivered; spec.py and cells.py: every
way to use both drivers; sweep.py and overload.py: how a driver bears overload;
instructions.py: what each executes; alone.py: the program without a host;
unavoidable.py and neighbours.py: what else it is compared with; table.py and
picture.py: what the user sees.
"""
