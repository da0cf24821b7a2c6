# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What a program leaves to the card is done, and an independent reader finds it done well."""

import re
from contextlib import contextmanager

import pytest

from lab import pcapfile, tshark
from lab.processes import Process
from lab.traffic import IperfClient, IperfServer
from packets import TAG, TCP, UDP, packet, payload_of, tcp_segment, without_checksums
from rig import SINK, numbered, two_nics, wait_all_sent

# Bits of testpmd's --tx-offloads.
IPV4, UDP_SUM, TCP_SUM, TSO, MULTI_SEGS = 0x2, 0x4, 0x8, 0x20, 0x8000
SUMS = IPV4 | UDP_SUM | TCP_SUM
SEGMENT = 1448
GUID = "6e657473-0000-4000-8000-{:012}"
LEFT, RIGHT = "10.96.0.1", "10.96.0.2"

ALL = "VLAN_INSERT IPV4_CKSUM UDP_CKSUM TCP_CKSUM TCP_TSO MULTI_SEGS MBUF_FAST_FREE"
OFFERED = {
    "default": ALL, "openvmm": ALL, "azure": ALL, "ws2025": ALL, "ws2022": ALL, "ws2019": ALL,
    "ws2016": ALL, "ws2012r2": ALL,
    "ws2012": "VLAN_INSERT IPV4_CKSUM TCP_CKSUM TCP_TSO MULTI_SEGS MBUF_FAST_FREE",
}


@contextmanager
def checksumming(lab, left, right, offloads, *, mtu=1500, segment=0, args=(), **options):
    """testpmd's csum engine between two NICs; it leaves to the cards what they were asked for."""
    args = ["--disable-device-start", "--enable-scatter", f"--tx-offloads={offloads:#x}", *args]
    with two_nics(lab, left, right, args, **options) as (host, testpmd):
        for port in (0, 1):
            testpmd.command(f"port config mtu {port} {mtu}", timeout=30)
            if segment:
                testpmd.command(f"tso set {segment} {port}")
        testpmd.start_ports()
        testpmd.command("set fwd csum retry")
        testpmd.command("set burst tx delay 10 retry 100000")
        testpmd.command("start")
        yield host, testpmd


def send_through(lab, logs, frames, offloads, count, **options):
    """The file that NIC 1 writes when these frames go to NIC 0; count are to come out."""
    pcapfile.write(logs / "in.pcap", frames)
    out = logs / "out.pcap"
    with checksumming(lab, f"port=pcap,rx={logs}/in.pcap,mtu=9202",
                      f"port=pcap,tx={out},mtu=9202", offloads, **options) as (host, testpmd):
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] >= count, 20,
                        "all frames are written")
        assert testpmd.port_stats(1)["TX-errors"] == 0
        testpmd.quit()
    return out


def streams_of(path):
    """What the TCP segments of a file carry, by port; they come in order, none too long."""
    streams = {}
    for frame in pcapfile.read(path):
        port, sequence, payload = tcp_segment(frame)
        assert len(payload) <= SEGMENT
        stream = streams.setdefault(port, bytearray())
        assert sequence == 1 + len(stream)
        stream += payload
    return streams


def assert_good(path):
    """tshark finds a checksum in each frame, and no bad one."""
    found = tshark.checksums(path)
    assert found
    for ip, tcp, udp in found:
        assert ip in ("good", None)
        assert sorted([tcp or "", udp or ""]) == ["", "good"]


def test_checksums_left_to_the_host_are_good_for_tshark(lab, logs):
    frames = [packet(version, protocol, payload_of(size), tag=tag)
              for size in (*range(0, 30), *range(30, 1440, 47))
              for version in (4, 6) for protocol in (TCP, UDP) for tag in (b"", TAG)]
    path = send_through(lab, logs, frames, SUMS | MULTI_SEGS, len(frames))
    assert [without_checksums(frame) for frame in pcapfile.read(path)] == \
        [without_checksums(frame) for frame in frames]
    assert_good(path)


@pytest.mark.parametrize("version", [4, 6])
def test_large_tcp_frames_are_cut_and_arrive_byte_for_byte(lab, logs, version):
    options = bytes([1, 1, 8, 10]) + bytes(range(8))
    sizes = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 1, 3000, 8000,
             8800] * 5
    frames = [packet(version, TCP, payload_of(size, number), port=1000 + number, options=options)
              for number, size in enumerate(sizes)]
    count = sum(max(1, -(-size // SEGMENT)) for size in sizes)
    path = send_through(lab, logs, frames, SUMS | TSO | MULTI_SEGS, count, mtu=9000,
                        segment=SEGMENT)
    assert streams_of(path) == {1000 + number: payload_of(size, number)
                                for number, size in enumerate(sizes)}
    assert_good(path)


def test_64_kilobytes_in_many_pieces_are_cut_and_arrive_byte_for_byte(lab, logs):
    # From a port of another driver, that makes chains of 31 mbufs of them.
    sizes = [62780 - 54, 60000, 40000, 30000] * 10
    frames = [packet(4, TCP, payload_of(size, number), port=1000 + number)
              for number, size in enumerate(sizes)]
    pcapfile.write(logs / "in.pcap", frames)
    count = sum(-(-size // SEGMENT) for size in sizes)
    with lab.host([f"port=pcap,tx={logs}/out.pcap"]) as host, lab.testpmd(
            host, ["--disable-device-start"],
            eal_args=["--vdev", f"net_pcap0,rx_pcap={logs}/in.pcap"]) as testpmd:
        testpmd.command("port config 0 tx_offload tcp_tso on")
        testpmd.command("port config 0 tx_offload multi_segs on")
        testpmd.command(f"tso set {SEGMENT} 0")
        testpmd.start_ports()
        testpmd.command("set fwd csum retry")
        testpmd.command("set burst tx delay 10 retry 100000")
        testpmd.command("start")
        host.wait_until(lambda _: host.nic(0).port["pcap_written"] >= count, 20,
                        "all segments are written")
        counters = testpmd.xstats(0)
        assert counters["tx_q0_segmented"] == len(frames)
        assert counters["tx_q0_gathered"] > 0
        testpmd.quit()
    assert streams_of(logs / "out.pcap") == {1000 + number: payload_of(size, number)
                                             for number, size in enumerate(sizes)}
    assert_good(logs / "out.pcap")


def test_large_frames_outside_of_the_hosts_limits_are_not_sent(lab, logs):
    # 2000 bytes make too few segments, 8000 are more than the host takes. One at a time, for
    # testpmd drops with a frame that cannot be sent what comes behind it.
    frames = [packet(4, TCP, payload_of(size), port=1000 + size) for size in (2000, 3000, 4500, 8000)]
    pcapfile.write(logs / "in.pcap", frames)
    with checksumming(lab, f"port=pcap,rx={logs}/in.pcap,mtu=9202",
                      f"port=pcap,tx={logs}/out.pcap,mtu=9202,lso-max=5000,lso-segments=3",
                      SUMS | TSO | MULTI_SEGS, mtu=9000, segment=SEGMENT,
                      args=["--burst=1"]) as (host, testpmd):
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] >= 7, 20,
                        "those that the host cuts are written")
        testpmd.quit()
    ports = {tcp_segment(frame)[0] for frame in pcapfile.read(logs / "out.pcap")}
    assert ports == {4000, 5500}


# Send a file over TCP, and keep what comes.
SENDER = """
import socket, sys
with socket.create_connection((sys.argv[1], 7000)) as peer, open(sys.argv[2], "rb") as file:
    peer.sendfile(file)
"""
RECEIVER = """
import socket, sys
with socket.create_server(("", 7000)) as server, open(sys.argv[1], "wb") as file:
    print("ready", flush=True)
    peer, _ = server.accept()
    while part := peer.recv(1 << 16):
        file.write(part)
"""


@contextmanager
def two_linuxes(lab, copybreak):
    """Two network stacks with an MTU of 9000; between them testpmd has their segments cut."""
    devices = [f"--allow=vmbus:{GUID.format(nic)},tx_copybreak={copybreak}" for nic in (0, 1)]
    with lab.namespace("left", address=f"{LEFT}/24", mtu=9000) as left, \
            lab.namespace("right", address=f"{RIGHT}/24", mtu=9000) as right, \
            checksumming(lab, f"port={left.port()},mtu=9000", f"port={right.port()},mtu=9000",
                         SUMS | TSO | MULTI_SEGS, mtu=9000, segment=SEGMENT,
                         eal_args=devices) as (host, testpmd):
        for port in (0, 1):
            testpmd.command(f"csum mac-swap off {port}")
        yield left, right, host, testpmd


@pytest.mark.parametrize("copybreak", [0, 512, 6000])
def test_linux_gets_a_file_byte_for_byte_through_tso(lab, logs, copybreak):
    data = payload_of(8_000_000)
    (logs / "sent").write_bytes(data)
    with two_linuxes(lab, copybreak) as (left, right, host, testpmd):
        receiver = Process("receiver", ["python3", "-c", RECEIVER, logs / "received"],
                           logs / "receiver.log", netns=right.name)
        receiver.wait_for("ready")
        left.run(["python3", "-c", SENDER, RIGHT, logs / "sent"], timeout=60)
        receiver.wait(20)
        assert (logs / "received").read_bytes() == data
        assert testpmd.xstats(1)["tx_q0_segmented"] > 500
        nic = host.nic(1)
        assert nic.tx_large_sends == testpmd.xstats(1)["tx_q0_segmented"]
        assert nic.tx_segments > 5 * nic.tx_large_sends
        testpmd.quit()


def test_iperf3_moves_data_over_tso_both_ways(lab, logs):
    with two_linuxes(lab, 512) as (left, right, host, testpmd):
        cpus = lab.cores.rest_list()
        with IperfServer(right, logs / "iperf3-server.log", cpus), \
                IperfClient(left, RIGHT, 3, logs / "iperf3.log", cpus, ["--bidir"]) as client:
            report = client.report()
        assert report["end"]["sum_received"]["bytes"] > 5e6
        assert report["end"]["sum_received_bidir_reverse"]["bytes"] > 5e6
        for port in (0, 1):
            assert host.nic(port).tx_large_sends > 500
            assert testpmd.port_stats(port)["TX-errors"] == 0
        testpmd.quit()


@pytest.mark.parametrize("profile", sorted(OFFERED))
def test_a_port_offers_what_its_host_does(lab, profile):
    with two_nics(lab, SINK, SINK, host_options=["--profile", profile]) as (_, testpmd):
        said = testpmd.command("show port 0 tx_offload capabilities")
        found = re.search(r"Per Port\s*: (.*)", said)[1].split()
        assert found == OFFERED[profile].split()
        testpmd.quit()


def test_a_host_without_offloads_is_asked_for_none(lab):
    with two_nics(lab, numbered(1000), SINK + ",offloads=none") as (host, testpmd):
        said = testpmd.command("show port 1 tx_offload capabilities")
        assert "CKSUM" not in said and "TSO" not in said
        testpmd.command("start")
        wait_all_sent(host, 0, 1000)
        testpmd.quit()


def test_a_flag_is_not_offered_that_the_host_keeps_for_one_family_only(lab):
    with two_nics(lab, SINK + ",offloads=ip4+tcp4+udp4+lso4",
                  SINK + ",offloads=ip4+tcp4+tcp6+lso4") as (_, testpmd):
        said = [testpmd.command(f"show port {port} tx_offload capabilities") for port in (0, 1)]
        assert "IPV4_CKSUM" in said[0] and "IPV4_CKSUM" in said[1]
        assert "TCP_CKSUM" not in said[0] and "TCP_CKSUM" in said[1]
        assert all("UDP_CKSUM" not in text and "TSO" not in text for text in said)
        testpmd.quit()


def test_offloads_outlive_a_change_of_the_mtu(lab, logs):
    frames = [packet(4, TCP, payload_of(1000, number)) for number in range(50)]
    pcapfile.write(logs / "in.pcap", frames)
    with checksumming(lab, f"port=pcap,rx={logs}/in.pcap,delay=4000",
                      f"port=pcap,tx={logs}/out.pcap,mtu=9202",
                      SUMS | MULTI_SEGS) as (host, testpmd):
        testpmd.command("stop")
        testpmd.command("port stop 1")
        testpmd.command("port config mtu 1 4000", timeout=30)
        testpmd.command("port start 1", timeout=30)
        assert host.nic(1).opens == 2
        testpmd.command("start")
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] == len(frames), 20,
                        "all frames are written")
        testpmd.quit()
    assert_good(logs / "out.pcap")
