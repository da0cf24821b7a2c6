# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""A port that is attached and detached a hundred times: hv-attach, see its source."""

import pytest

from lab import paths
from rig import generator

TURNS = 100
# As the program shows them.
HOLDINGS = ("descriptors", "mappings", "zones", "mbufs", "pieces")

LONG = [pytest.mark.long, pytest.mark.deadline(300)]


def holdings(output, when):
    """The line of a moment: what the process had."""
    line = next(line for line in output.splitlines() if line.startswith(f"attach: {when}:"))
    return line.split(": ", 2)[2]


@pytest.mark.deadline(120)
@pytest.mark.parametrize("queues, devargs", [
    (1, ""),
    pytest.param(4, "", marks=LONG),
    pytest.param(4, "rx_extmbuf_enable=1", marks=LONG),
])
def test_a_port_that_comes_and_goes_a_hundred_times_leaves_nothing_behind(lab, queues, devargs):
    card = generator(rate=200_000, size="64-1400", flows=16, drop="yes") + f",queues={queues}"
    args = [f"--turns={TURNS}", f"--queues={queues}"]
    if devargs:
        args.append(f"--devargs={devargs}")
    with lab.host([card]) as host:
        with lab.guest(host, paths.program("hv-attach"), args) as guest:
            assert guest.wait(280) == 0, guest.output()
            for when in ("before", "after"):
                assert all(word in holdings(guest.output(), when) for word in HOLDINGS)
        # Three uses in each turn, and those before the count; the card is opened anew for most.
        assert host.nic(0).opens >= 2 * TURNS
        assert host.nic(0).rx_held == 0
        assert "ledger at" not in guest.output()
