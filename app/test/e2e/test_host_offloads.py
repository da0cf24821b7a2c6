# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The Linux stack behind a TAP leaves work to hvhost, and finds it well done."""

import pytest

from lab.traffic import IperfClient, IperfServer
from rig import two_nics

LEFT, RIGHT = "10.94.0.1", "10.94.0.2"


@pytest.mark.parametrize("vnet", ["yes", "no"])
def test_tcp_arrives_whether_linux_cuts_its_streams_or_hvhost(lab, logs, vnet):
    cpus = lab.cores.rest_list()
    with lab.namespace("left", address=f"{LEFT}/24") as left, \
            lab.namespace("right", address=f"{RIGHT}/24") as right, \
            two_nics(lab, f"port={left.port()},vnet={vnet}",
                     f"port={right.port()},vnet={vnet}") as (host, testpmd):
        testpmd.start_without_loss()
        with IperfServer(right, logs / "iperf3-server.log", cpus), \
                IperfClient(left, RIGHT, 2, logs / "iperf3.log", cpus) as client:
            assert client.result().received_bytes > 10e6
        nic = host.nic(0)
        assert nic.dropped == 0
        if vnet == "yes":
            assert nic.port["tap_large"] > 0
            assert nic.port["tap_segments"] > 2 * nic.port["tap_large"]
            assert host.nic(1).port["tap_partial"] > 0
        else:
            assert nic.port["tap_large"] == nic.port["tap_partial"] == 0
        testpmd.quit()
