# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Several queues: as many as the host grants, each flow in one of them and in order."""

from contextlib import contextmanager

import pytest

import flows
from lab import pcapfile
from rig import (SINK, assert_conserved, assert_passes_both_ways, generator, numbered, queues,
                 two_nics)

FRAMES = 8_000
KERNELS = ["6.18", "6.16", "6.12.53", "6.10", "6.6.119", "4.17"]
FEWER = "port {port}: {count} channels are open, not the {wanted} asked for"


@contextmanager
def forwarding(lab, logs, args, nic="", frames=None, *, delay=1000, **options):
    """testpmd forwards frames of many flows from NIC 0 to NIC 1; yields it when all have passed.

    nic: what both --nic values have besides.
    """
    frames = frames or flows.mixed(1000, FRAMES)
    with two_nics(lab, flows.source(logs / "in.pcap", frames, delay) + nic,
                  f"port=pcap,tx={logs}/out.pcap" + nic, args, **options) as (host, testpmd):
        testpmd.start_without_loss()
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] >= len(frames), 30,
                        "all frames are written")
        yield host, testpmd
        testpmd.quit()
    assert flows.by_flow(pcapfile.read(logs / "out.pcap")) == flows.by_flow(frames)


def frames_of_queues(testpmd):
    """What the queues have received and sent."""
    return (testpmd.queue_xstats(0, "rx", "packets"), testpmd.queue_xstats(1, "tx", "packets"))


def warnings(testpmd):
    """What the driver said about channels."""
    return [line for line in testpmd.output().splitlines() if "channels are open" in line]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("count", [1, 2, 4, 64])
def test_so_many_queues_carry_all_flows_in_order(lab, logs, count, workers):
    with forwarding(lab, logs, queues(count), f",queues={count}", workers=workers,
                    delay=1000 + 30 * count) as (host, testpmd):
        received, sent = frames_of_queues(testpmd)
        assert len(received) == len(sent) == count
        assert all(received)
        assert received == sent
        assert sum(received) == FRAMES
        assert testpmd.reta(0, 128) == [entry % count for entry in range(128)]
        assert warnings(testpmd) == []


@pytest.mark.parametrize("count", [2, 4])
def test_a_million_packets_of_mixed_sizes_pass_both_ways_over_queues(lab, count):
    both = numbered(500_000, size="60-1514", flows=1000) + f",queues={count}"
    with two_nics(lab, both, both, queues(count), workers=2) as (host, testpmd):
        testpmd.command("start")
        assert_passes_both_ways(host, 500_000)
        for port in (0, 1):
            assert all(testpmd.queue_xstats(port, "rx", "packets"))
            assert all(testpmd.queue_xstats(port, "tx", "packets"))
            assert host.nic(port).dropped == 0
        assert_conserved(host, testpmd)
        testpmd.quit()


@pytest.mark.parametrize("grant", [0, 1, 2])
def test_a_host_that_grants_fewer_channels_is_worked_with_and_one_sentence_says_so(lab, logs,
                                                                                   grant):
    with forwarding(lab, logs, queues(4), f",queues=4,grant={grant}") as (_, testpmd):
        received, sent = frames_of_queues(testpmd)
        assert all(received[:grant + 1])
        assert not any(received[grant + 1:])
        assert received == sent
        assert [line.split("NETVSC: ")[1].split(" (")[0] for line in warnings(testpmd)] == \
            [FEWER.format(port=port, count=grant + 1, wanted=4) for port in (0, 1)]


def test_channels_that_nobody_asked_for_are_left_alone(lab, logs):
    with forwarding(lab, logs, queues(2), ",queues=4,grant-extra=2") as (host, testpmd):
        received, sent = frames_of_queues(testpmd)
        assert all(received)
        assert received == sent
        assert warnings(testpmd) == []
        assert [queue["tx_frames"] for queue in host.nic(1).queues] == [*sent, 0, 0]


def test_channels_that_the_host_offers_late_are_waited_for(lab, logs):
    with forwarding(lab, logs, queues(4), ",queues=4,grant-delay=400",
                    delay=3000) as (_, testpmd):
        received, _ = frames_of_queues(testpmd)
        assert all(received)
        assert warnings(testpmd) == []


@pytest.mark.long
def test_channels_that_the_host_offers_too_late_are_not_waited_for_and_one_sentence_says_so(lab):
    with lab.host([generator(rate=10_000) + ",queues=2,grant-delay=60000"]) as host, \
            lab.testpmd(host, queues(2) + ["--port-topology=loop"]) as testpmd:
        assert [line.split("NETVSC: ")[1].split(" (")[0] for line in warnings(testpmd)] == \
            [FEWER.format(port=0, count=1, wanted=2)]
        testpmd.command("start")
        host.wait_until(lambda _: host.nic(0).port["gen_arrived"] > 1000, 10, "frames pass")
        testpmd.quit()


@pytest.mark.parametrize("nic, host_options", [
    (",monitor=no", ()), (",monitor=primary", ()), (",primary-ring=no", ()),
    (",sections=cold", ()), (",ring=64KiB", ()),
    ("", ("--doorbell-only",)), (",monitor=primary", ("--doorbell-only",)),
    ("", ("--poll", "busy"))], ids=lambda part: " ".join(part) if isinstance(part, tuple) else part)
def test_four_queues_carry_all_flows_over_a_host_with(lab, logs, nic, host_options):
    with forwarding(lab, logs, queues(4), ",queues=4" + nic,
                    host_options=host_options) as (_, testpmd):
        assert all(frames_of_queues(testpmd)[0])


@pytest.mark.parametrize("release", KERNELS)
def test_four_queues_carry_all_flows_on_a_kernel_of_release(lab, logs, release):
    with forwarding(lab, logs, queues(4), ",queues=4",
                    host_options=["--kernel", release]) as (_, testpmd):
        assert all(frames_of_queues(testpmd)[0])


@pytest.mark.parametrize("options, args, most", [(",queues=4", (), 4), ("", (), 1),
                                                 (",queues=8,nvsp=4", (), 1),
                                                 (",queues=8", ("--profile", "ws2008r2"), 1)])
def test_no_more_receive_queues_are_announced_than_the_host_can_give(lab, options, args, most):
    with lab.host([SINK + options], args) as host, lab.testpmd(host) as testpmd:
        info = testpmd.port_info(0)
        assert info["Max possible RX queues"] == str(most)
        assert info["Max possible TX queues"] == "64"
        testpmd.quit()


@pytest.mark.parametrize("temper", [[], ["--doorbell-only"]], ids=" ".join)
@pytest.mark.parametrize("length", [64, 1400])
def test_sixteen_queues_send_at_full_speed_over_four_channels_from_several_lcores(lab, length,
                                                                                  temper):
    with lab.host([SINK + ",queues=16,grant=3"], temper) as host, \
            lab.testpmd(host, [*queues(16), "--forward-mode=txonly", f"--txpkts={length}"],
                        workers=3) as testpmd:
        testpmd.command("start")
        host.wait_until(lambda _: host.nic(0).tx_frames > 200_000, 20, "frames are sent")
        testpmd.command("stop")
        sent = testpmd.queue_xstats(0, "tx", "packets")
        assert len(sent) == 16
        assert all(sent)
        host.wait_until(lambda _: host.nic(0).tx_frames == sum(sent), 10, "the host has all")
        assert host.nic(0).tx_bytes == sum(sent) * length
        assert testpmd.port_stats(0)["TX-errors"] == 0
        testpmd.quit()


@pytest.mark.parametrize("release", ["4.14", "4.13"])
def test_a_kernel_that_shows_no_subchannels_means_one_receive_queue(lab, release):
    both = numbered(FRAMES) + ",queues=4"
    with lab.host([both, both], ["--kernel", release]) as host, \
            lab.testpmd(host, queues(1, 16)) as testpmd:
        assert testpmd.port_info(0)["Max possible RX queues"] == "1"
        testpmd.command("start")
        assert_passes_both_ways(host, FRAMES)
        testpmd.quit()


def test_every_change_of_the_number_of_queues_leaves_traffic_intact(lab, logs):
    frames = flows.mixed(1000, 100_000, (64, 64))
    with two_nics(lab, flows.source(logs / "in.pcap", frames) + ",queues=8",
                  f"port=pcap,tx={logs}/out.pcap,queues=8") as (host, testpmd):
        for rxq, txq in ((1, 1), (4, 4), (2, 2), (8, 8), (4, 8), (1, 4), (8, 8), (1, 1)):
            testpmd.configure_queues(rxq, txq)
            testpmd.start_without_loss()
            before = host.nic(1).tx_frames
            host.wait_until(lambda _, before=before: host.nic(1).tx_frames > before + 2000, 10,
                            f"frames pass with {rxq} receive and {txq} transmit queues")
            info = testpmd.port_info(0)
            assert info["Current number of RX queues"] == str(rxq)
            assert info["Current number of TX queues"] == str(txq)
            received, _ = frames_of_queues(testpmd)
            assert len(received) == rxq
            testpmd.command("stop")
        testpmd.quit()
    # What came while nobody listened is missing, but nothing is late, doubled or damaged.
    wanted = flows.by_flow(frames)
    for key, found in flows.by_flow(pcapfile.read(logs / "out.pcap")).items():
        order = {data: number for number, data in enumerate(wanted[key])}
        numbers = [order[data] for data in found]
        assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("side, port", [("rxq", 0), ("txq", 1)])
def test_one_queue_stops_and_starts_while_the_others_go_on(lab, logs, side, port):
    # Few receive sections, of which a queue that is not read soon has all that are its own.
    both = flows.source(logs / "in.pcap", flows.mixed(100, 150_000, (64, 64))) + \
        ",queues=4,recv=1MiB"
    with two_nics(lab, both, both, [*queues(4), "--txd=128"]) as (host, testpmd):
        def sending(port):
            """Which queues of a port send frames, many more than they have descriptors."""
            before = testpmd.queue_xstats(port, "tx", "packets")
            host.wait_until(lambda _: sum(testpmd.queue_xstats(port, "tx", "packets"))
                            > sum(before) + 6000, 10, "frames are sent")
            after = testpmd.queue_xstats(port, "tx", "packets")
            return [queue for queue in range(4) if after[queue] > before[queue] + 500]

        testpmd.command("start")
        assert sending(1) == [0, 1, 2, 3]
        for queue in (1, 0):
            testpmd.command("stop")
            testpmd.command(f"port {port} {side} {queue} stop")
            testpmd.command("start")
            others = [other for other in range(4) if other != queue]
            assert sending(1) == others
            assert sending(0) == [0, 1, 2, 3]
            if side == "rxq":  # what has no room is lost, here or there
                assert host.nic(0).rx_lost_queue + testpmd.port_stats(0)["RX-missed"] > 0
            testpmd.command("stop")
            testpmd.command(f"port {port} {side} {queue} start")
            testpmd.command("start")
            assert sending(1) == [0, 1, 2, 3]
        testpmd.quit()


def test_a_guest_with_four_queues_is_killed_in_full_flight_and_the_next_one_works(lab):
    with lab.host([generator() + ",queues=4"] * 2) as host:
        for number in range(3):
            with lab.testpmd(host, queues(4), workers=2) as testpmd:
                testpmd.command("start")
                begin = [host.nic(port).port["gen_arrived"] for port in (0, 1)]
                host.wait_until(lambda _, begin=begin: all(
                    host.nic(port).port["gen_arrived"] > begin[port] + FRAMES for port in (0, 1)),
                    10, "frames pass both ways")
                if number < 2:
                    testpmd.kill()
                else:
                    testpmd.quit()


def test_a_guest_with_four_queues_survives_the_death_of_its_host(lab):
    with two_nics(lab, generator() + ",queues=4", generator() + ",queues=4", queues(4),
                  workers=2) as (host, testpmd):
        testpmd.command("start")
        host.kill()
        for port in (0, 1):
            testpmd.wait_for(f"Port {port}: device removal event", timeout=10)
        testpmd.quit()
