# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Our two plugins inside the distribution's own DPDK programs."""

import shutil

import pytest

from lab import distro, paths
from lab.traffic import ping
from rig import SINK, assert_intact, numbered, two_nics, wait_all_sent

COUNT = 100_000


@pytest.fixture(scope="module", autouse=True)
def distribution():
    """Fetched before the first test's deadline starts to run."""
    distro.unpack()


@pytest.fixture
def ours(lab):
    """Our plugins where EAL loads them from: below no directory that everybody may write to."""
    place = lab.host_dir()
    shutil.copytree(paths.PLUGINS, place, symlinks=True)
    return [place / name for name in distro.PLUGINS]


def distribution_testpmd(**options):
    return {"program": distro.program("dpdk-testpmd"), "wrap": distro.wrap(**options)}


def test_the_distribution_testpmd_forwards_with_our_plugins_in_place_of_its_own(lab):
    both = numbered(COUNT, size="60-1514")
    with two_nics(lab, both, both, **distribution_testpmd()) as (host, testpmd):
        maps = open(f"/proc/{testpmd.pid}/maps", encoding="utf-8").read()
        for plugin in distro.PLUGINS:
            assert plugin in maps
        for port in (0, 1):
            assert testpmd.port_info(port)["Driver name"] == "net_netvsc"
        testpmd.command("start")
        for source in (0, 1):
            wait_all_sent(host, source, COUNT)
            assert_intact(host, source, 1 - source, COUNT)
        testpmd.quit()


def test_the_distribution_testpmd_carries_a_ping_with_our_plugins(lab):
    with lab.namespace("left", address="10.94.0.1/24") as left, \
            lab.namespace("right", address="10.94.0.2/24") as right, \
            two_nics(lab, f"port={left.port()}", f"port={right.port()}",
                     **distribution_testpmd()) as (_, testpmd):
        testpmd.command("start")
        assert ping(left, right.ip, 100).received == 100
        testpmd.quit()


def test_the_distribution_proc_info_shows_the_ports_of_the_distribution_testpmd(lab):
    with two_nics(lab, numbered(COUNT), SINK, **distribution_testpmd()) as (host, testpmd):
        testpmd.command("start")
        wait_all_sent(host, 0, COUNT)
        with lab.proc_info(host, testpmd, ["--stats"], distro.program("dpdk-proc-info"),
                           wrap=distro.wrap()) as proc_info:
            status = proc_info.wait()
        assert status == 0, proc_info.output()
        assert f"RX-packets: {COUNT}" in proc_info.output()
        assert testpmd.port_stats(1)["TX-packets"] == COUNT
        testpmd.quit()


@pytest.mark.parametrize("order", ["bus", "driver", "both"])
def test_loading_our_plugins_beside_the_distribution_s_own_fails_loudly(lab, ours, order):
    plugins = {"bus": ours[:1], "driver": ours[1:], "both": ours}[order]
    eal_args = [arg for plugin in plugins for arg in ("-d", str(plugin))]
    with lab.host([SINK, SINK]) as host, \
            lab.guest(host, distro.program("dpdk-testpmd"), ["-i"], eal_args=eal_args,
                      wrap=distro.wrap(ours=())) as testpmd:
        assert testpmd.wait() != 0
        assert "VMBUS_RESOURCE_LIST" in testpmd.output()


def test_loading_our_bus_plugin_twice_into_our_own_program_fails_loudly(lab, ours):
    with lab.host([SINK, SINK]) as host, \
            lab.guest(host, paths.program("dpdk-testpmd"), ["-i"],
                      eal_args=["-d", str(ours[0])]) as testpmd:
        assert testpmd.wait() != 0
        assert "VMBUS_RESOURCE_LIST" in testpmd.output()
