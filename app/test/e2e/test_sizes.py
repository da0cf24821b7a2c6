# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Frames of every length that an MTU lets through, in mbufs of any size."""

import pytest

from lab import pcapfile
from rig import (JUMBO, SINK, assert_intact, assert_passes_both_ways, frame_of, generator,
                 jumbo_port, numbered, queues, two_nics, wait_all_sent)

COUNT = 20_000
HEADER = 14
LONGEST = "Maximum configurable length of RX packet"
PORTS = (0, 1)


def set_mtu(testpmd, mtu):
    """On both ports, which are stopped; what testpmd said about each."""
    return [testpmd.command(f"port config mtu {port} {mtu}", timeout=30) for port in PORTS]


def mtu_of(testpmd):
    return {int(testpmd.port_info(port)["MTU"]) for port in PORTS}


def not_started(lab, left, right, *args):
    """Ports that can be told an MTU before the first frame comes."""
    return two_nics(lab, left, right, ["--disable-device-start", *JUMBO, *args])


@pytest.mark.parametrize("mtu", [68, 576, 1500, 1501, 4000, 9000, 9202])
def test_frames_as_long_as_the_mtu_allows_pass_both_ways(lab, mtu):
    both = jumbo_port(numbered(COUNT, size=f"60-{mtu + HEADER}"))
    with not_started(lab, both, both) as (host, testpmd):
        set_mtu(testpmd, mtu)
        testpmd.start_ports()
        assert mtu_of(testpmd) == {mtu}
        # No host goes below the Ethernet standard's: it sends frames of that length then.
        assert all(f"mtu {max(mtu, 1500)}," in host.nic(port).state for port in PORTS)
        testpmd.command("start")
        assert_passes_both_ways(host, COUNT)
        testpmd.quit()


def test_frames_of_64_kib_pass_where_the_host_takes_them(lab):
    both = numbered(2000, size=f"60-{65521 + HEADER}") + ",mtu=65521,mtu-max=65521"
    with not_started(lab, both, both) as (host, testpmd):
        set_mtu(testpmd, 65521)
        testpmd.start_ports()
        assert mtu_of(testpmd) == {65521}
        # Each is sent from one of four buffers: there is to be waited for them.
        testpmd.start_without_loss()
        assert_passes_both_ways(host, 2000)
        testpmd.quit()


def test_an_mtu_that_the_host_does_not_take_is_refused_and_remembered(lab):
    both = numbered(COUNT, size="60-1514", delay=2000)
    with not_started(lab, both, both) as (host, testpmd):
        testpmd.start_ports()
        testpmd.command("port stop all")
        assert testpmd.port_info(0)[LONGEST] == str(65521 + HEADER + 4)
        assert all("the host does not take an MTU of 65000" in said
                   for said in set_mtu(testpmd, 65000))
        assert testpmd.port_info(0)[LONGEST] == str(9202 + HEADER + 4)
        assert mtu_of(testpmd) == {1500}
        testpmd.start_ports()
        testpmd.command("start")
        assert_passes_both_ways(host, COUNT)
        testpmd.quit()


def test_a_frame_one_byte_longer_than_the_mtu_allows_does_not_come(lab, logs):
    frames = [frame_of(length) for length in (2000 + HEADER, 2001 + HEADER)] * 10
    pcapfile.write(logs / "in.pcap", frames)
    with not_started(lab, jumbo_port(f"port=pcap,rx={logs}/in.pcap,rate=1000"),
                     jumbo_port(SINK)) as (host, testpmd):
        set_mtu(testpmd, 2000)
        testpmd.start_ports()
        testpmd.command("start")
        host.wait_until(lambda _: host.nic(1).tx_frames == 10, 10, "half of the frames are here")
        assert host.nic(0).rx_oversize == 10
        assert host.nic(1).tx_bytes == 10 * (2000 + HEADER)
        testpmd.quit()


@pytest.mark.parametrize("mtu", [0, 67, 65522])
def test_an_mtu_outside_the_limits_is_refused_and_the_former_one_stays(lab, mtu):
    both = numbered(COUNT, size="60-1514")
    with not_started(lab, both, both) as (host, testpmd):
        assert all(f"MTU ({mtu})" in said for said in set_mtu(testpmd, mtu))
        assert mtu_of(testpmd) == {1500}
        testpmd.start_ports()
        testpmd.command("start")
        assert_passes_both_ways(host, COUNT)
        testpmd.quit()


@pytest.mark.parametrize("count", [1, 4])
def test_the_mtu_goes_up_and_down_and_traffic_passes_each_time_over_queues(lab, count):
    # Without a window, which frames that a stopping port loses would fill.
    both = jumbo_port(generator(count=COUNT * 10, size=1514, rate=COUNT)) + f",queues={count}"
    with not_started(lab, both, both, *queues(count)) as (host, testpmd):
        for mtu in (1500, 9000, 2000, 1500):
            set_mtu(testpmd, mtu)
            testpmd.start_ports()
            testpmd.command("start")
            before = [host.nic(port).tx_frames for port in PORTS]
            host.wait_until(lambda _, before=before: all(
                host.nic(port).tx_frames > before[port] + 1000 for port in PORTS), 10,
                f"frames pass with an MTU of {mtu}")
            assert mtu_of(testpmd) == {mtu}
            assert sum(host.nic(port).port["sink_corrupted"] for port in PORTS) == 0
            testpmd.command("stop")
            testpmd.command("port stop all", timeout=30)
        testpmd.quit()


def test_a_long_mtu_is_refused_where_mbufs_are_short_and_must_not_be_chained(lab):
    with two_nics(lab, SINK, SINK) as (_, testpmd):
        testpmd.command("port stop all")
        said = set_mtu(testpmd, 9000)
        assert all("frames of 9018 bytes do not fit mbufs of 2048" in text for text in said)
        assert mtu_of(testpmd) == {1500}
        testpmd.quit()


@pytest.mark.parametrize("room", [2048, 1000, 400, 300, 128])
def test_jumbo_frames_in_chains_of_short_mbufs_come_out_byte_for_byte(lab, logs, room):
    frames = [frame_of(length) for length in range(60, 9015, 9)]
    pcapfile.write(logs / "in.pcap", frames)
    with two_nics(lab, jumbo_port(f"port=pcap,rx={logs}/in.pcap,rate=20000"),
                  jumbo_port(f"port=pcap,tx={logs}/out.pcap"),
                  ["--max-pkt-len=9018", f"--mbuf-size={128 + room}", *JUMBO],
                  mbufs=32768) as (host, testpmd):
        testpmd.start_without_loss()
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] >= len(frames), 20,
                        "all frames are written")
        assert testpmd.queue_xstats(1, "tx", "direct")[0] > 0
        # A packet of the ring names some 30 pieces at most.
        assert (testpmd.queue_xstats(1, "tx", "gathered")[0] > 0) == (room <= 300)
        testpmd.quit()
    assert pcapfile.read(logs / "out.pcap") == frames


@pytest.mark.parametrize("pieces", ["64", "60,1000", "2000,2000,2000,2000,1014",
                                    ",".join(["64"] * 8)])
def test_frames_sent_in_pieces_arrive_whole(lab, logs, pieces):
    capture = logs / "out.pcap"
    length = sum(map(int, pieces.split(",")))
    with two_nics(lab, SINK, jumbo_port(f"port=pcap,tx={capture}"),
                  ["--max-pkt-len=9018", "--forward-mode=txonly", *JUMBO]) as (host, testpmd):
        testpmd.command(f"set txpkts {pieces}")
        testpmd.command("start tx_first 4")
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] > 1000, 10, "frames are written")
        testpmd.command("stop")
        testpmd.quit()
    frames = pcapfile.read(capture)
    assert {len(frame) for frame in frames} == {length}
    # testpmd's own UDP header: its length field counts all but Ethernet and IP.
    assert {int.from_bytes(frame[38:40], "big") for frame in frames} == {length - 34}


def test_the_longest_jumbo_frames_arrive_intact_both_ways(lab):
    both = jumbo_port(numbered(COUNT, size=9014))
    with two_nics(lab, both, both, ["--max-pkt-len=9018", *JUMBO]) as (host, testpmd):
        testpmd.command("start")
        for source in PORTS:
            wait_all_sent(host, source, COUNT)
            assert_intact(host, source, 1 - source, COUNT)
            assert "on" in testpmd.queue_info(source, "rx", 0)["RX scattered packets"]
        testpmd.quit()
