# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""A port that is attached and detached a hundred times: hv-attach, see its source."""

import os

import pytest

from lab import paths
from rig import SINK, generator, two_nics

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


# Of NIC 1.
CARD = "6e657473-0000-4000-8000-000000000001"


@pytest.mark.deadline(120)
def test_testpmd_attaches_and_detaches_a_port_twenty_times_and_forwards_each_time(lab):
    stream = generator(rate=20_000, drop="yes")
    with two_nics(lab, stream, SINK, ["--auto-start"]) as (host, testpmd):
        descriptors = []
        for _ in range(20):
            passed = host.nic(1).port["sink_intact"]
            host.wait_until(lambda _, passed=passed: host.nic(1).port["sink_intact"] > passed + 100,
                            10, "frames pass")
            testpmd.command("stop")
            testpmd.command("port stop 1")
            assert "detached" in testpmd.command("port detach 1")
            assert "Port 1 is attached" in testpmd.command(f"port attach {CARD}")
            testpmd.command("port start 1")
            testpmd.command("set portlist 0,1")
            testpmd.command("start")
            descriptors.append(len(os.listdir(f"/proc/{testpmd.pid}/fd")))
        assert max(descriptors[10:]) <= max(descriptors[:10])
        assert "removal event" not in testpmd.output()
