# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What a program leaves to the card is done, and an independent reader finds it done well."""

import re

import pytest

from engine import (MULTI_SEGS, RIGHT, SEGMENT, SUMS, TSO, assert_good, checksumming, exchange,
                    send_through, streams_of, two_linuxes)
from lab import pcapfile
from lab.traffic import IperfClient, IperfServer
from packets import TAG, TCP, UDP, packet, payload_of, tcp_segment, without_checksums
from rig import SINK, numbered, two_nics, wait_all_sent

ALL = "VLAN_INSERT IPV4_CKSUM UDP_CKSUM TCP_CKSUM TCP_TSO MULTI_SEGS MBUF_FAST_FREE"
OFFERED = {
    "default": ALL, "openvmm": ALL, "azure": ALL, "ws2025": ALL, "ws2022": ALL, "ws2019": ALL,
    "ws2016": ALL, "ws2012r2": ALL,
    "ws2012": "VLAN_INSERT IPV4_CKSUM TCP_CKSUM TCP_TSO MULTI_SEGS MBUF_FAST_FREE",
}


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
    # testpmd drops with a frame that cannot be sent what comes behind it; and not before its
    # prompt is there, for it complains in the midst of it.
    frames = [packet(4, TCP, payload_of(size), port=1000 + size) for size in (2000, 3000, 4500, 8000)]
    pcapfile.write(logs / "in.pcap", frames)
    with checksumming(lab, f"port=pcap,rx={logs}/in.pcap,mtu=9202,delay=3000",
                      f"port=pcap,tx={logs}/out.pcap,mtu=9202,lso-max=5000,lso-segments=3",
                      SUMS | TSO | MULTI_SEGS, mtu=9000, segment=SEGMENT,
                      args=["--burst=1"]) as (host, testpmd):
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] >= 7, 20,
                        "those that the host cuts are written")
        testpmd.quit()
    ports = {tcp_segment(frame)[0] for frame in pcapfile.read(logs / "out.pcap")}
    assert ports == {4000, 5500}


@pytest.mark.parametrize("copybreak", [0, 512, 6000])
def test_linuxes_exchange_files_byte_for_byte_through_tso(lab, logs, copybreak):
    with two_linuxes(lab, f",tx_copybreak={copybreak}") as (left, right, host, testpmd):
        exchange(logs, left, right)
        assert testpmd.xstats(1)["tx_q0_segmented"] > 500
        nic = host.nic(1)
        assert nic.tx_large_sends == testpmd.xstats(1)["tx_q0_segmented"]
        assert nic.tx_segments > 5 * nic.tx_large_sends
        testpmd.quit()


def test_iperf3_moves_data_over_tso_both_ways(lab, logs):
    with two_linuxes(lab) as (left, right, host, testpmd):
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
