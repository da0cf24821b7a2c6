# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Each way of forwarding that testpmd and l2fwd know, with our driver."""

import time

from lab import pcapfile
from rig import SINK, assert_intact, frame_of, generator, numbered, two_nics, wait_all_sent

COUNT = 100_000


def test_io_mode_carries_frames_both_ways_intact_and_in_order(lab):
    both = numbered(COUNT)
    with two_nics(lab, both, both, ["--forward-mode=io"]) as (host, testpmd):
        testpmd.command("start")
        wait_all_sent(host, 0, COUNT)
        wait_all_sent(host, 1, COUNT)
        testpmd.command("stop")
        assert_intact(host, 0, 1, COUNT)
        assert_intact(host, 1, 0, COUNT)
        testpmd.quit()


def test_mac_mode_writes_its_addresses_and_leaves_the_rest(lab, logs):
    frames = [frame_of(100, seed) for seed in range(200)]
    pcapfile.write(logs / "in.pcap", frames)
    with two_nics(lab, f"port=pcap,rx={logs}/in.pcap", f"port=pcap,tx={logs}/out.pcap",
                  ["--forward-mode=mac", "--eth-peer=1,02:00:00:00:00:77"]) as (host, testpmd):
        own = bytes.fromhex(testpmd.port_info(1)["MAC address"].replace(":", ""))
        testpmd.command("start")
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] == len(frames), 10,
                        "all frames are written")
        testpmd.quit()
    expected = [bytes.fromhex("020000000077") + own + frame[12:] for frame in frames]
    assert pcapfile.read(logs / "out.pcap") == expected


def test_rxonly_mode_receives_all_and_sends_nothing(lab):
    # As fast as it can, and therefore not before somebody polls.
    source = generator(count=COUNT, delay=1500)
    with two_nics(lab, source, SINK, ["--forward-mode=rxonly"]) as (host, testpmd):
        testpmd.command("start")
        host.wait_until(lambda _: testpmd.port_stats(0)["RX-packets"] == COUNT, 20,
                        f"testpmd has received {COUNT} packets")
        stats = testpmd.port_stats(0)
        assert stats["RX-bytes"] == COUNT * 64
        assert stats["RX-missed"] == stats["RX-errors"] == stats["RX-nombuf"] == 0
        assert testpmd.port_stats(1)["TX-packets"] == 0
        assert host.nic(1).tx_frames == 0
        testpmd.quit()


def test_txonly_mode_sends_as_many_as_the_host_takes(lab):
    with two_nics(lab, SINK, SINK, ["--forward-mode=txonly"]) as (host, testpmd):
        testpmd.command("start")
        time.sleep(1)
        testpmd.command("stop")
        for port in (0, 1):
            stats = testpmd.port_stats(port)
            assert stats["TX-packets"] > 10_000
            assert stats["TX-errors"] == 0
            host.wait_until(lambda _, port=port, stats=stats: host.nic(port).tx_frames
                            == stats["TX-packets"], 5, "the host has taken what was sent")
            assert host.nic(port).tx_bytes == stats["TX-bytes"]
        testpmd.quit()


def test_macswap_mode_returns_frames_to_where_they_came_from(lab):
    with lab.host([numbered(COUNT)]) as host, \
            lab.testpmd(host, ["--forward-mode=macswap", "--port-topology=loop"]) as testpmd:
        testpmd.command("start")
        wait_all_sent(host, 0, COUNT)
        assert_intact(host, 0, 0, COUNT)
        testpmd.quit()


def test_l2fwd_carries_frames_both_ways_intact_and_in_order(lab):
    both = numbered(COUNT)
    with lab.host([both, both]) as host, \
            lab.l2fwd(host) as l2fwd:
        wait_all_sent(host, 0, COUNT)
        wait_all_sent(host, 1, COUNT)
        assert_intact(host, 0, 1, COUNT)
        assert_intact(host, 1, 0, COUNT)
        l2fwd.end()
