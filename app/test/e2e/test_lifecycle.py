# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Stopping, starting, quitting, dying: each side survives the other."""

import time

import pytest

from lab.traffic import ping, wait_for_reply
from rig import SINK, assert_conserved, assert_intact, generator, numbered, two_nics, wait_all_sent

COUNT = 20_000
ENDLESS = generator(rate=50_000)


def assert_passes_traffic(host, testpmd):
    """Frames of an endless generator on NIC 0 keep arriving at NIC 1."""
    testpmd.command("start")
    begin = host.nic(0).port["gen_arrived"]
    host.wait_until(lambda _: host.nic(0).port["gen_arrived"] >= begin + COUNT, 15,
                    f"{COUNT} more frames have arrived")
    assert host.nic(1).port["sink_corrupted"] == 0


def test_forwarding_stops_and_starts_again_without_losing_a_frame(lab):
    with two_nics(lab, numbered(COUNT, rate=20_000), SINK) as (host, testpmd):
        for _ in range(4):
            testpmd.command("start")
            testpmd.command("stop")
        testpmd.command("start")
        wait_all_sent(host, 0, COUNT)
        assert_intact(host, 0, 1, COUNT)
        assert_conserved(host, testpmd)
        testpmd.quit()


def test_ports_stop_and_start_again_and_pass_traffic(lab):
    with two_nics(lab, ENDLESS, SINK) as (host, testpmd):
        for _ in range(3):
            assert_passes_traffic(host, testpmd)
            testpmd.command("stop")
            assert "Done" in testpmd.command("port stop all")
            assert "Done" in testpmd.command("port start all")
        assert_passes_traffic(host, testpmd)
        assert_conserved(host, testpmd)
        testpmd.quit()


def test_a_stopped_port_receives_nothing(lab):
    with two_nics(lab, ENDLESS, SINK) as (host, testpmd):
        assert_passes_traffic(host, testpmd)
        testpmd.command("stop")
        testpmd.command("port stop all")
        assert not host.nic(0).listens
        before = host.nic(0).rx_frames
        time.sleep(0.3)
        assert host.nic(0).rx_frames == before
        assert_conserved(host, testpmd)
        testpmd.quit()


def test_ports_start_again_with_rings_of_another_size_and_pass_traffic(lab):
    with two_nics(lab, ENDLESS, SINK) as (host, testpmd):
        assert_passes_traffic(host, testpmd)
        testpmd.command("stop")
        testpmd.command("port stop all")
        testpmd.command("port config all rxd 512")
        testpmd.command("port config all txd 512")
        assert "Done" in testpmd.command("port start all")
        assert_passes_traffic(host, testpmd)
        assert_conserved(host, testpmd)
        testpmd.quit()


def test_a_guest_quits_and_the_next_one_works_on_the_same_host(lab):
    with lab.host([ENDLESS, SINK]) as host:
        for _ in range(3):
            with lab.testpmd(host) as testpmd:
                assert_passes_traffic(host, testpmd)
                assert_conserved(host, testpmd)
                testpmd.quit()


def test_a_guest_of_another_kind_works_after_testpmd_on_the_same_host(lab):
    with lab.host([ENDLESS, SINK]) as host:
        with lab.testpmd(host) as testpmd:
            assert_passes_traffic(host, testpmd)
            testpmd.quit()
        begin = host.nic(0).port["gen_arrived"]
        with lab.l2fwd(host) as l2fwd:
            host.wait_until(lambda _: host.nic(0).port["gen_arrived"] > begin + COUNT, 20,
                            "l2fwd carries frames")
            l2fwd.end()


def test_a_guest_is_killed_in_full_flight_and_the_next_one_works_on_the_same_host(lab):
    with lab.host([generator(), SINK]) as host:
        for _ in range(3):
            with lab.testpmd(host) as testpmd:
                assert_passes_traffic(host, testpmd)
                testpmd.kill()
        with lab.testpmd(host) as testpmd:
            assert_passes_traffic(host, testpmd)
            assert_conserved(host, testpmd)
            testpmd.quit()


def test_a_guest_is_killed_while_linux_talks_and_the_next_one_carries_on(lab):
    with lab.namespace("left", address="10.96.0.1/24") as left, \
            lab.namespace("right", address="10.96.0.2/24") as right, \
            lab.host([f"port={left.port()}", f"port={right.port()}"]) as host:
        with lab.testpmd(host) as testpmd:
            testpmd.command("start")
            assert ping(left, right.ip, 20).received == 20
            testpmd.kill()
        assert ping(left, right.ip, 1).received == 0
        with lab.testpmd(host) as testpmd:
            testpmd.command("start")
            wait_for_reply(left, right.ip)
            assert ping(left, right.ip, 20).received == 20
            assert_conserved(host, testpmd)
            testpmd.quit()


def test_a_guest_says_that_its_host_has_died_and_lives_on(lab):
    with two_nics(lab, generator(), generator()) as (host, testpmd):
        testpmd.command("start")
        host.kill()
        for port in (0, 1):
            testpmd.wait_for(f"Port {port}: device removal event", timeout=10)
            testpmd.wait_for(f"NETVSC: port {port}: the host has taken the device .* away")
        testpmd.command("show port summary all")
        testpmd.quit()


@pytest.mark.parametrize("state", ["idle", "stopped"])
def test_a_guest_that_does_not_forward_survives_the_death_of_its_host(lab, state):
    with two_nics(lab, SINK, SINK) as (host, testpmd):
        if state == "stopped":
            testpmd.command("port stop all")
        host.kill()
        testpmd.wait_for("device removal event", timeout=10)
        testpmd.quit()


def test_l2fwd_survives_the_death_of_its_host(lab):
    with lab.host([generator(), generator()]) as host, \
            lab.l2fwd(host) as l2fwd:
        host.wait_until(lambda _: host.nic(0).tx_frames > COUNT, 20, "frames flow")
        host.kill()
        for port in (0, 1):
            l2fwd.wait_for(f"NETVSC: port {port}: the host has taken the device .* away")
        l2fwd.end()


def test_a_new_host_starts_where_the_old_one_was_killed(lab):
    directory = lab.host_dir()
    with two_nics(lab, ENDLESS, SINK, directory=directory) as (host, testpmd):
        assert_passes_traffic(host, testpmd)
        host.kill()
        testpmd.wait_for("device removal event", timeout=10)
        testpmd.quit()
    with two_nics(lab, ENDLESS, SINK, directory=directory) as (host, testpmd):
        assert_passes_traffic(host, testpmd)
        testpmd.quit()


def test_a_host_that_is_asked_to_end_takes_its_devices_away_in_order(lab):
    with two_nics(lab, generator(), generator()) as (host, testpmd):
        testpmd.command("start")
        assert host.stop() == 0, host.verdict(host.process.wait())
        testpmd.wait_for("device removal event", timeout=10)
        testpmd.quit()


def test_nothing_is_left_of_a_host_that_has_ended(lab):
    directory = lab.host_dir()
    with two_nics(lab, ENDLESS, SINK, directory=directory) as (host, testpmd):
        assert_passes_traffic(host, testpmd)
        testpmd.quit()
        assert host.stop() == 0
    assert not directory.exists() or not any(directory.iterdir())
