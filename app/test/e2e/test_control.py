# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What may be asked of a port besides packets, and what it says of itself."""

import re
import time

import pytest

from lab import paths, processes
from rig import SINK, assert_intact, generator, numbered, two_nics, wait_all_sent

COUNT = 500
ENDLESS = generator(rate=50_000)
LISTED, UNLISTED = "01005e000005", "01005e000006"
SEND = """
import socket, sys
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
    raw.bind((sys.argv[1], 0))
    frame = bytes.fromhex(sys.argv[2] + "02000000000188b5").ljust(60, b"x")
    for _ in range(int(sys.argv[3])):
        raw.send(frame)
"""


def ctl(host, *words):
    processes.run([paths.program("hvhost"), "ctl", "--dir", host.dir, *map(str, words)])


def send_to(namespace, address):
    """COUNT frames to this address out of the namespace's TAP."""
    namespace.run(["/usr/bin/python3", "-c", SEND, namespace.tap, address, COUNT])


def received(host, namespace, address):
    """How many of COUNT frames to this address the guest gets; nothing else may come."""
    before = host.nic(0)
    send_to(namespace, address)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        now = host.nic(0)
        passed = now.rx_frames - before.rx_frames
        if passed + now.rx_filtered - before.rx_filtered >= COUNT:
            return passed
        time.sleep(0.05)
    raise AssertionError(f"{COUNT} frames were sent; hvhost counts {now}")


def assert_passes_traffic(host, testpmd):
    testpmd.command("start")
    begin = host.nic(0).port["gen_arrived"]
    host.wait_until(lambda _: host.nic(0).port["gen_arrived"] >= begin + 10_000, 15,
                    "frames arrive")
    assert host.nic(1).port["sink_corrupted"] == 0


def test_a_multicast_list_lets_its_addresses_in_and_no_others(lab):
    with lab.namespace("multicast") as namespace, \
            lab.host([f"port={namespace.port()}", SINK]) as host, lab.testpmd(host) as testpmd:
        testpmd.command("start")
        testpmd.command("set promisc all off")
        assert received(host, namespace, LISTED) == 0
        testpmd.command("mcast_addr add 0 01:00:5E:00:00:05")
        assert received(host, namespace, LISTED) == COUNT
        assert received(host, namespace, UNLISTED) == 0
        # It is told again when the port starts.
        testpmd.command("stop")
        testpmd.command("port stop 0")
        testpmd.command("port start 0")
        testpmd.command("start")
        assert received(host, namespace, LISTED) == COUNT
        assert received(host, namespace, UNLISTED) == 0
        testpmd.command("mcast_addr remove 0 01:00:5E:00:00:05")
        assert received(host, namespace, LISTED) == 0
        testpmd.quit()


def test_a_host_that_keeps_no_multicast_list_is_asked_for_all_multicast(lab):
    with lab.host([SINK], ["--profile", "openvmm"]) as host, lab.testpmd(host) as testpmd:
        testpmd.command("set promisc all off")
        assert "filter 0x09" in host.nic(0).state
        testpmd.command("mcast_addr add 0 01:00:5E:00:00:05")
        assert "filter 0x0d" in host.nic(0).state
        testpmd.command("mcast_addr remove 0 01:00:5E:00:00:05")
        assert "filter 0x09" in host.nic(0).state
        testpmd.quit()


def test_a_host_that_ignores_another_mac_is_found_out(lab):
    with two_nics(lab, ENDLESS, SINK, host_options=["--profile", "openvmm"]) as (host, testpmd):
        said = testpmd.command("mac_addr set 0 02:AA:BB:CC:DD:EE")
        assert "the host does not let the card have the address 02:AA:BB:CC:DD:EE" in said
        assert "Operation not permitted" in said
        assert testpmd.port_info(0)["MAC address"] == "02:15:5D:00:00:00"
        assert_passes_traffic(host, testpmd)
        testpmd.quit()


def test_the_card_has_another_mac_where_the_host_allows_it_also_with_another_mtu(lab):
    other, own = "02aabbccddee", "02155d000000"
    with lab.namespace("mac") as namespace, \
            lab.host([f"port={namespace.port()},mac-change=on", SINK]) as host, \
            lab.testpmd(host) as testpmd:
        testpmd.command("start")
        testpmd.command("set promisc all off")
        assert received(host, namespace, other) == 0
        assert "error" not in testpmd.command("mac_addr set 0 02:AA:BB:CC:DD:EE")
        assert testpmd.port_info(0)["MAC address"] == "02:AA:BB:CC:DD:EE"
        assert received(host, namespace, other) == COUNT
        assert received(host, namespace, own) == 0
        # The host forgets it when the card is connected anew.
        testpmd.command("stop")
        testpmd.command("port stop 0")
        testpmd.command("port config mtu 0 1400")
        testpmd.command("port start 0")
        testpmd.command("start")
        assert testpmd.port_info(0)["MAC address"] == "02:AA:BB:CC:DD:EE"
        assert received(host, namespace, other) == COUNT
        # A reset brings the card's own back.
        testpmd.command("stop")
        testpmd.command("port stop 0")
        testpmd.command("port reset 0")
        testpmd.start_ports()
        assert testpmd.port_info(0)["MAC address"] == "02:15:5D:00:00:00"
        testpmd.quit()


def test_the_application_hears_of_another_speed_and_of_another_network(lab):
    with lab.host([SINK]) as host, lab.testpmd(host) as testpmd:
        for verb in (["link", "speed", 0, 25_000], ["network-change", 0]):
            mark = testpmd.mark()
            ctl(host, *verb)
            testpmd.wait_for("Port 0: link state change event", timeout=5, start=mark)
            assert testpmd.port_info(0)["Link speed"] == "25 Gbps"
        # Down, and up again, also for one who asks in between.
        host.wait_until(lambda _: testpmd.output(mark).count("state change event") == 2, 5,
                        "the link has gone down and up")
        assert testpmd.port_info(0)["Link status"] == "up"
        testpmd.quit()


def test_a_port_that_was_reset_passes_traffic(lab):
    with two_nics(lab, ENDLESS, SINK) as (host, testpmd):
        assert_passes_traffic(host, testpmd)
        opens = host.nic(0).opens
        for _ in range(3):
            testpmd.command("stop")
            testpmd.command("port stop 0")
            assert "Done" in testpmd.command("port reset 0")
            testpmd.start_ports()
            assert_passes_traffic(host, testpmd)
        assert host.nic(0).opens == opens + 3
        testpmd.quit()


@pytest.mark.parametrize("speed, shown", [("1G", "1 Gbps"), ("25G", "25 Gbps"),
                                          ("100G", "100 Gbps")])
def test_the_speed_announced_is_the_hosts(lab, speed, shown):
    with lab.host([f"{SINK},speed={speed}"]) as host, lab.testpmd(host) as testpmd:
        assert testpmd.port_info(0)["Link speed"] == shown
        said = testpmd.command(f"show device info {testpmd.port_info(0)['Device name']}")
        assert re.search(rf"speed capability:\s+{shown}\s*$", said, re.M), said
        testpmd.quit()


@pytest.mark.parametrize("profile, version", [("default", "NVSP 6.1 NDIS 6.30"),
                                              ("ws2012r2", "NVSP 5 NDIS 6.30"),
                                              ("ws2012", "NVSP 4 NDIS 6.1"),
                                              ("ws2008", "NVSP 1 NDIS 6.1")])
def test_the_firmware_version_names_the_protocols(lab, profile, version):
    with lab.host([SINK], ["--profile", profile]) as host, lab.testpmd(host) as testpmd:
        assert testpmd.port_info(0)["Firmware-version"] == version
        testpmd.quit()


def test_frames_that_wait_are_counted_and_none_is_lost(lab):
    with two_nics(lab, numbered(200), SINK) as (host, testpmd):
        host.wait_until(lambda _: host.nic(0).rx_frames == 200, 10, "all frames are in the ring")
        assert testpmd.used_descriptors(0, 0) == 200
        assert testpmd.descriptor_status(0, "rx", 0, 199) == "DONE"
        assert testpmd.descriptor_status(0, "rx", 0, 200) == "AVAILABLE"
        testpmd.command("start")
        wait_all_sent(host, 0, 200)
        assert_intact(host, 0, 1, 200)
        assert testpmd.used_descriptors(0, 0) == 0
        testpmd.quit()


def test_queues_tell_how_their_bursts_work(lab):
    with lab.host([SINK]) as host, lab.testpmd(host) as testpmd:
        for side in ("rx", "tx"):
            assert testpmd.queue_info(0, side, 0)["Burst mode"].startswith("Scalar")
        testpmd.quit()
