# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Nothing is lost: the ledgers of driver, host and program agree whenever all is quiet."""

import random

import pytest

from lab import LabError, paths
from rig import (JUMBO, SINK, assert_conserved, assert_passes_both_ways, generator, jumbo_port,
                 numbered, queues, two_nics)

COUNT = 20_000
ENDLESS = generator(size="60-1514", flows=20)


def devargs(*args):
    """EAL arguments: both NICs with these device arguments."""
    return [arg for nic in (0, 1)
            for arg in ("-a", ",".join([f"vmbus:6e657473-0000-4000-8000-00000000000{nic}", *args]))]


def pass_some(host, testpmd, count=COUNT):
    """Frames of endless generators arrive."""
    testpmd.command("start")
    begin = host.nic(0).port["gen_arrived"]
    host.wait_until(lambda _: host.nic(0).port["gen_arrived"] >= begin + count, 15,
                    f"{count} more frames have arrived")


@pytest.mark.parametrize("args", [["tx_copybreak=2000"], ["tx_copybreak=0"],
                                  ["tx_copybreak=0", "rx_extmbuf_enable=1", "rx_copybreak=0"]],
                         ids=["copied", "direct", "uncopied"])
@pytest.mark.parametrize("count", [1, 4])
def test_all_is_back_after_every_way_to_send_and_receive(lab, args, count):
    both = numbered(COUNT, size="60-1514", flows=20) + f",queues={count}"
    with two_nics(lab, both, both, [*JUMBO, *queues(count)],
                  eal_args=devargs(*args)) as (host, testpmd):
        testpmd.command("start")
        assert_passes_both_ways(host, COUNT)
        assert_conserved(host, testpmd)
        testpmd.quit()


def test_all_is_back_after_frames_in_too_many_pieces_for_a_host(lab):
    both = jumbo_port(numbered(2000, size=9014))
    with two_nics(lab, both, both, ["--mbuf-size=320", "--max-pkt-len=9018", *JUMBO],
                  mbufs=60_000, eal_args=devargs("tx_copybreak=0")) as (host, testpmd):
        testpmd.start_without_loss()
        assert_passes_both_ways(host, 2000)
        assert sum(testpmd.queue_xstats(0, "tx", "gathered")) == 2000
        assert_conserved(host, testpmd)
        testpmd.quit()


@pytest.mark.parametrize("mbufs", [1100, 16384], ids=["starved", "flooded"])
@pytest.mark.parametrize("extmbuf", [0, 1])
def test_all_is_back_after_more_was_sent_than_could_be_received(lab, mbufs, extmbuf):
    # Some mbufs stay with what was sent last, until more is sent.
    with two_nics(lab, ENDLESS, ENDLESS, ["--txd=64", "--mbcache=32"], mbufs=mbufs,
                  eal_args=devargs(f"rx_extmbuf_enable={extmbuf}")) as (host, testpmd):
        for _ in range(3):
            pass_some(host, testpmd)
            assert_conserved(host, testpmd)
            testpmd.start_ports()
        testpmd.quit()


def test_what_a_program_keeps_is_what_the_host_misses(lab):
    source = generator(rate=100_000, size="300-1514", flows=20)
    args = devargs("rx_extmbuf_enable=1", "rx_copybreak=0")[:2]
    with lab.host([f"{source},queues=4"]) as host, \
            lab.guest(host, paths.program("hv-hold"), ["--rxq=4"], eal_args=args,
                      eal=lab.eal(lab.cores.lcores(1)), stdin=True) as guest:
        def do(command):
            start = guest.mark()
            guest.send(command + "\n")
            assert guest.wait_for(r"^hold: (.*)$", 20, start)[1] == "ok"

        guest.wait_for("hold: ready")
        do("keep 2000")
        do("stop")
        kept = guest.ledger(0)
        assert kept.faults == []
        assert kept.received["packets"] == kept.received["kept"] > 0
        # Packets of several frames are kept as a whole.
        assert kept.received["ranges"] == host.nic(0).rx_held >= 2000
        do("free 2000")
        # Nobody polls the queues, but the driver looks after them once a second.
        host.wait_until(lambda _: host.nic(0).rx_held == 0, 3, "everything is back")
        assert guest.ledger(0).received["packets"] == 0
        guest.send("quit\n")
        assert guest.wait() == 0


def test_a_host_has_everything_back_when_its_guest_is_killed(lab):
    with lab.host([ENDLESS, SINK]) as host:
        for _ in range(3):
            with lab.testpmd(host, eal_args=devargs("rx_extmbuf_enable=1")) as testpmd:
                pass_some(host, testpmd)
                testpmd.kill()
            host.wait_until(lambda _: not host.nic(0).listens, 10, "the guest is gone")
            assert (host.nic(0).rx_held, host.nic(0).tx_held) == (0, 0)
        with lab.testpmd(host) as testpmd:
            pass_some(host, testpmd)
            assert_conserved(host, testpmd)
            testpmd.quit()


def reconfigure(testpmd, seed):
    """Other queues, descriptors and MTU, by chance; the ports are stopped."""
    chance = random.Random(seed)
    mtu = chance.choice([1400, 1500, 4000, 9000])
    for line in (f"port config all rxq {chance.randint(1, 4)}",
                 f"port config all txq {chance.randint(1, 4)}",
                 f"port config all txd {chance.choice([64, 256, 1024])}",
                 f"port config all rxd {chance.choice([64, 256, 1024])}",
                 f"port config mtu 0 {mtu}", f"port config mtu 1 {mtu}"):
        said = testpmd.command(line, timeout=30)
        if "ail" in said:
            raise LabError(f"{line}: {said}")
    testpmd.start_ports()


def run_through_configurations(lab, turns, *args):
    """Traffic in one configuration after the other; all is back in between."""
    both = jumbo_port(ENDLESS) + ",queues=4"
    with two_nics(lab, both, both, [*JUMBO, "--max-pkt-len=1518"],
                  eal_args=devargs(*args)) as (host, testpmd):
        for turn in range(turns):
            pass_some(host, testpmd, 5000)
            assert_conserved(host, testpmd)
            reconfigure(testpmd, turn)
        testpmd.quit()


@pytest.mark.parametrize("extmbuf", [0, 1])
def test_all_is_back_between_configurations(lab, extmbuf):
    run_through_configurations(lab, 4, f"rx_extmbuf_enable={extmbuf}")


@pytest.mark.long
@pytest.mark.deadline(240)
@pytest.mark.parametrize("extmbuf", [0, 1])
def test_all_is_back_between_a_hundred_configurations(lab, extmbuf):
    run_through_configurations(lab, 100, f"rx_extmbuf_enable={extmbuf}")
