# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Hosts of every generation and temper carry the driver's traffic."""

import pytest

from rig import assert_intact, numbered, two_nics, wait_all_sent

COUNT = 20_000
VERSIONS = ["1", "2", "4", "5", "6", "6.1"]
PROFILES = ["default", "openvmm", "azure", "ws2025", "ws2022", "ws2019", "ws2016", "ws2012r2",
            "ws2012", "ws2008r2", "ws2008"]


def assert_carries_both_ways(lab, *options, size="60-1514"):
    both = numbered(COUNT, size=size)
    with two_nics(lab, both, both, host_options=options) as (host, testpmd):
        testpmd.command("start")
        for source in (0, 1):
            wait_all_sent(host, source, COUNT)
            assert_intact(host, source, 1 - source, COUNT)
        testpmd.quit()
        return testpmd.output()


@pytest.mark.parametrize("version", VERSIONS)
def test_traffic_passes_with_nvsp_version(lab, version):
    both = numbered(COUNT, size="60-1514")
    with two_nics(lab, f"{both},nvsp={version}", f"{both},nvsp={version}") as (host, testpmd):
        assert [host.nic(port).nvsp for port in (0, 1)] == [version, version]
        testpmd.command("start")
        for source in (0, 1):
            wait_all_sent(host, source, COUNT)
            assert_intact(host, source, 1 - source, COUNT)
        testpmd.quit()


@pytest.mark.parametrize("profile", PROFILES)
def test_traffic_passes_with_the_host_of_profile(lab, profile):
    assert_carries_both_ways(lab, "--profile", profile)


@pytest.mark.parametrize("size", [60, 1514, "60-1514"])
def test_the_driver_signals_whatever_a_host_that_only_listens_to_signals_needs(lab, size):
    assert_carries_both_ways(lab, "--doorbell-only", size=size)
