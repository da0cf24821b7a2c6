# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Queues have nothing in common that is written: four lcores, a queue each."""

import pytest

from bench import lines, sides
from bench.lines import SPECS, TWO


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_no_cache_line_is_written_by_two_lcores(lab, spec):
    with lines.open_cell(lab, sides.ours(), spec) as cell:
        found = lines.find(lab, cell, spec)
    assert [line.told() for line in found if line.kind == TWO] == []
