# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What may be done to one queue, and asked of it, while its port runs."""

import time

from rig import SINK, generator, two_nics

ENDLESS = generator(rate=20_000)
PAUSE = 0.3


def forwards(testpmd, command=None):
    """Give the command while forwarding is halted, as testpmd wants it; then go on."""
    if command:
        testpmd.command("stop")
        said = testpmd.command(command)
        assert "ail" not in said and "rror" not in said, said
    testpmd.command("start")


def received_soon(host, nic):
    """How many frames come out of a NIC from now on, for a moment."""
    begin = host.nic(nic).tx_frames
    time.sleep(PAUSE)
    return host.nic(nic).tx_frames - begin


def wait_for_frames(host, nic):
    begin = host.nic(nic).tx_frames
    host.wait_until(lambda _: host.nic(nic).tx_frames > begin + 1000, 10,
                    f"frames come out of NIC {nic}")
    assert host.nic(nic).port["sink_corrupted"] == 0


def test_a_stopped_receive_queue_receives_nothing_until_it_is_started_again(lab):
    with two_nics(lab, ENDLESS, SINK) as (host, testpmd):
        forwards(testpmd)
        for _ in range(3):
            wait_for_frames(host, 1)
            forwards(testpmd, "port 0 rxq 0 stop")
            assert testpmd.queue_info(0, "rx", 0)["Rx queue state"] == "stopped"
            assert received_soon(host, 1) == 0
            forwards(testpmd, "port 0 rxq 0 start")
            assert testpmd.queue_info(0, "rx", 0)["Rx queue state"] == "started"
        wait_for_frames(host, 1)
        testpmd.quit()


def test_a_stopped_transmit_queue_sends_nothing_until_it_is_started_again(lab):
    with two_nics(lab, ENDLESS, SINK) as (host, testpmd):
        forwards(testpmd)
        for _ in range(3):
            wait_for_frames(host, 1)
            forwards(testpmd, "port 1 txq 0 stop")
            assert testpmd.queue_info(1, "tx", 0)["Tx queue state"] == "stopped"
            assert received_soon(host, 1) == 0
            forwards(testpmd, "port 1 txq 0 start")
            assert testpmd.queue_info(1, "tx", 0)["Tx queue state"] == "started"
        wait_for_frames(host, 1)
        testpmd.quit()


def test_a_queue_with_deferred_start_waits_for_its_own_start(lab):
    with two_nics(lab, ENDLESS, SINK, ["--disable-device-start"]) as (host, testpmd):
        testpmd.command("port 0 rxq 0 deferred_start on")
        testpmd.command("port 1 txq 0 deferred_start on")
        testpmd.start_ports()
        assert testpmd.queue_info(0, "rx", 0)["RX deferred start"] == "on"
        assert testpmd.queue_info(1, "tx", 0)["TX deferred start"] == "on"
        forwards(testpmd)
        assert received_soon(host, 1) == 0
        forwards(testpmd, "port 0 rxq 0 start")
        assert received_soon(host, 1) == 0
        forwards(testpmd, "port 1 txq 0 start")
        wait_for_frames(host, 1)
        testpmd.quit()


def test_every_change_of_the_number_of_transmit_queues_leaves_traffic_intact(lab):
    with two_nics(lab, ENDLESS, SINK) as (host, testpmd):
        for txq in (1, 4, 64, 16, 1):
            testpmd.configure_queues(1, txq)
            assert testpmd.port_info(1)["Current number of TX queues"] == str(txq)
            forwards(testpmd)
            wait_for_frames(host, 1)
            testpmd.command("stop")
        testpmd.quit()


def test_more_queues_than_the_port_can_have_are_refused(lab):
    with two_nics(lab, SINK, SINK) as (_, testpmd):
        testpmd.command("port stop all")
        for side, most in (("rxq", 1), ("txq", 64)):
            said = testpmd.command(f"port config all {side} {most + 1}")
            assert f"({most + 1}) can't be greater than max_{side[0]}x_queues ({most})" in said
        testpmd.quit()


def test_clean_up_after_sending_frees_what_the_host_has_completed_and_then_nothing(lab):
    with two_nics(lab, SINK, SINK, ["--forward-mode=txonly", "--burst=1"]) as (host, testpmd):
        # Longer than a copy: the mbufs are with the host until it completes them.
        testpmd.command("set txpkts 1500")
        testpmd.command("start")
        host.wait_until(lambda _: host.nic(1).tx_frames > 1000, 10, "frames are sent")
        testpmd.command("stop")
        sent = testpmd.port_stats(1)["TX-packets"]
        host.wait_until(lambda _: host.nic(1).tx_frames == sent, 10, "the host has all")
        assert testpmd.clean_up_sent(1, 0, 1) <= 1
        testpmd.clean_up_sent(1, 0)
        assert testpmd.clean_up_sent(1, 0) == 0
        assert testpmd.descriptor_status(1, "tx", 0, 0) == "DONE"
        testpmd.quit()


def test_descriptors_have_a_status_as_far_as_the_queue_has_descriptors(lab):
    with two_nics(lab, SINK, SINK, ["--rxd=256", "--txd=128"]) as (_, testpmd):
        for side, count, state in (("rx", 256, "AVAILABLE"), ("tx", 128, "DONE")):
            for descriptor in (0, count - 1):
                assert testpmd.descriptor_status(0, side, 0, descriptor) == state
            assert testpmd.descriptor_status(0, side, 0, count) is None
        assert testpmd.used_descriptors(0, 0) == 0
        assert testpmd.queue_info(0, "rx", 0)["Number of RXDs"] == "256"
        assert testpmd.queue_info(0, "tx", 0)["Number of TXDs"] == "128"
        testpmd.quit()
