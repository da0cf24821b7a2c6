# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The Linux network stack talks to itself through the driver."""

from contextlib import contextmanager

import pytest

from lab.traffic import IperfClient, IperfServer, ping
from rig import two_nics

LEFT, RIGHT = "10.98.0.1", "10.98.0.2"


@contextmanager
def two_namespaces(lab, args=(), **options):
    """Namespaces left and right, connected by hvhost and a forwarding testpmd."""
    with lab.namespace("left", address=f"{LEFT}/24") as left, \
            lab.namespace("right", address=f"{RIGHT}/24") as right, \
            two_nics(lab, f"port={left.port()}", f"port={right.port()}", args,
                     **options) as (host, testpmd):
        testpmd.start_without_loss()
        yield left, right, host, testpmd


def assert_all_answered(found, count):
    assert (found.sent, found.received, found.duplicates) == (count, count, 0)


@pytest.mark.parametrize("size", [0, 56, 1000, 1472])
def test_ping_gets_every_reply_with_payload(lab, size):
    with two_namespaces(lab) as (left, _, _, testpmd):
        assert_all_answered(ping(left, RIGHT, 200, interval=0.005, size=size), 200)
        testpmd.quit()


def test_ping_gets_every_reply_when_packets_are_fragments(lab):
    with two_namespaces(lab) as (left, _, _, testpmd):
        assert_all_answered(ping(left, RIGHT, 50, size=9000), 50)
        testpmd.quit()


def test_ping_in_a_vlan_gets_every_reply(lab):
    with two_namespaces(lab) as (left, right, _, testpmd):
        for namespace, address in ((left, "10.97.0.1/24"), (right, "10.97.0.2/24")):
            done = namespace.run(["ip", "link", "add", "link", namespace.tap, "name", "vlan5",
                                  "type", "vlan", "id", "5"], check=False)
            if "Unknown device type" in done.stderr:
                pytest.skip("this kernel has no VLAN interfaces (module 8021q)")
            namespace.run(["ip", "address", "add", address, "dev", "vlan5"])
            namespace.run(["ip", "link", "set", "vlan5", "up"])
        assert_all_answered(ping(left, "10.97.0.2", 100, size=1468), 100)
        testpmd.quit()


@pytest.mark.parametrize("options", [[], ["--reverse"], ["--parallel", "4"]],
                         ids=["left to right", "right to left", "four connections"])
def test_iperf3_moves_data_over_tcp(lab, logs, options):
    with two_namespaces(lab) as (left, right, host, testpmd):
        cpus = lab.cores.rest_list()
        with IperfServer(right, logs / "iperf3-server.log", cpus), \
                IperfClient(left, RIGHT, 3, logs / "iperf3.log", cpus, options) as client:
            found = client.result()
        assert found.bits_per_second > 50e6
        assert found.received_bytes > 0
        for port in (0, 1):
            assert host.nic(port).dropped == 0
            stats = testpmd.port_stats(port)
            assert stats["RX-missed"] == stats["RX-errors"] == stats["TX-errors"] == 0
        testpmd.quit()


def test_iperf3_loses_no_udp_datagram_at_a_modest_rate(lab, logs):
    with two_namespaces(lab) as (left, right, _, testpmd):
        cpus = lab.cores.rest_list()
        with IperfServer(right, logs / "iperf3-server.log", cpus), \
                IperfClient(left, RIGHT, 2, logs / "iperf3.log", cpus,
                            ["-u", "-b", "50M", "-l", "1400"]) as client:
            report = client.report()
        assert report["end"]["sum"]["packets"] > 5000
        assert report["end"]["sum"]["lost_packets"] == 0
        testpmd.quit()
