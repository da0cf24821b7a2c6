# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The Linux stack behind a TAP leaves work to hvhost, and finds it well done."""

from contextlib import contextmanager

import pytest

from lab.traffic import IperfClient, IperfServer
from rig import two_nics

LEFT, RIGHT = "10.94.0.1", "10.94.0.2"


# Each port of testpmd leaves sums to its card, and has it cut what is longer than this.
SEGMENT = 1000
LEAVE_TO_THE_CARD = [
    "csum set ip hw {port}", "csum set tcp hw {port}", f"tso set {SEGMENT} {{port}}",
    "csum mac-swap off {port}",
]


@contextmanager
def two_stacks(lab, options):
    """Linux left and right, each behind a TAP of these options; testpmd between them."""
    with lab.namespace("left", address=f"{LEFT}/24") as left, \
            lab.namespace("right", address=f"{RIGHT}/24") as right, \
            two_nics(lab, f"port={left.port()}{options}",
                     f"port={right.port()}{options}") as (host, testpmd):
        yield left, right, host, testpmd


def assert_tcp_arrives(lab, logs, left, right):
    cpus = lab.cores.rest_list()
    with IperfServer(right, logs / "iperf3-server.log", cpus), \
            IperfClient(left, RIGHT, 2, logs / "iperf3.log", cpus) as client:
        assert client.result().received_bytes > 10e6


@pytest.mark.parametrize("vnet", ["yes", "no"])
def test_tcp_arrives_whether_linux_cuts_its_streams_or_hvhost(lab, logs, vnet):
    with two_stacks(lab, f",vnet={vnet}") as (left, right, host, testpmd):
        testpmd.start_without_loss()
        assert_tcp_arrives(lab, logs, left, right)
        nic = host.nic(0)
        assert nic.dropped == 0
        if vnet == "yes":
            assert nic.port["tap_large"] > 0
            assert nic.port["tap_segments"] > 2 * nic.port["tap_large"]
            assert host.nic(1).port["tap_partial"] > 0
        else:
            assert nic.port["tap_large"] == nic.port["tap_partial"] == 0
        testpmd.quit()


@pytest.mark.parametrize("partial", ["yes", "no"])
def test_tcp_arrives_whether_hvhost_does_the_guests_work_or_linux(lab, logs, partial):
    with two_stacks(lab, f",partial-tx={partial}") as (left, right, host, testpmd):
        testpmd.command("port stop all")
        for port in (0, 1):
            for command in LEAVE_TO_THE_CARD:
                testpmd.command(command.format(port=port))
        testpmd.command("port start all")
        testpmd.command("set fwd csum")
        testpmd.command("start")
        assert_tcp_arrives(lab, logs, left, right)
        nic = host.nic(1)
        assert nic.tx_large_sends > 0
        assert host.nic(0).tx_checksums > 0
        if partial == "yes":
            assert nic.tx_passed_on >= nic.tx_large_sends
            assert nic.tx_segments == 0
        else:
            assert nic.tx_passed_on == 0
            assert nic.tx_segments >= 2 * nic.tx_large_sends
        testpmd.quit()
