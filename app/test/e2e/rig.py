# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Arrangements and checks that several tests use."""

import random
from contextlib import contextmanager

SINK = "port=sink"
# NIC 0's own address: it listens to it from the first moment.
NIC_0 = bytes.fromhex("02155d000000")
STRANGER = bytes.fromhex("020000000001")
EXPERIMENTAL = bytes.fromhex("88b5")


# testpmd: frames may be longer than mbufs, both ways.
JUMBO = ("--enable-scatter", "--tx-offloads=0x8000")


def jumbo_port(nic, mtu=9202):
    """A --nic value with a port that lets frames of that MTU through."""
    return f"{nic},mtu={max(mtu, 1500)}"


def small_nic(nic, **options):
    """A --nic value with little memory, of which a guest can have many."""
    options = {"recv": "8MiB", "send": "2MiB", "ring": "256KiB", **options}
    return nic + "".join(f",{key}={value}" for key, value in options.items())


def queues(rxq, txq=None):
    """testpmd's arguments for so many queues of a port, as many to send as to receive by default."""
    return [f"--rxq={rxq}", f"--txq={txq or rxq}"]


def generator(**options):
    """A --nic value: a generator with these options."""
    return "port=gen:" + ",".join(f"{key}={value}" for key, value in options.items())


def numbered(count, **options):
    """A --nic value: so many numbered frames, of which none need be lost.

    They come from the moment the port is up, and never more at a time than fit
    in the ring that the program forwards them to.
    """
    return generator(count=count, window=256, **options)


def frame_of(size, seed=0):
    """A frame for NIC 0 of this size with bytes that look random, not the same for another seed."""
    head = NIC_0 + STRANGER + EXPERIMENTAL
    return head + random.Random(f"{size} {seed}").randbytes(size - len(head))


@contextmanager
def two_nics(lab, left, right, args=(), *, host_options=(), directory=None, **options):
    """hvhost with two NICs, testpmd with both of them at its prompt."""
    with lab.host([left, right], host_options, directory) as host, \
            lab.testpmd(host, args, **options) as testpmd:
        yield host, testpmd


def wait_all_sent(host, nic, count, timeout=30):
    """Wait until the generator of a NIC has sent all, and they have come out again."""
    host.wait_until(lambda _: host.nic(nic).port["gen_missing"] == 0
                    and host.nic(nic).port["gen_sent"] == count, timeout,
                    f"all {count} frames of the generator on NIC {nic} have arrived")


def assert_intact(host, source, sink, count):
    """Each generated frame came out of the other NIC once, in order, byte for byte."""
    sent = host.nic(source)
    got = host.nic(sink)
    assert sent.port["gen_sent"] == count
    assert sent.port["gen_missing"] == 0
    assert sent.port["gen_duplicated"] == 0
    assert sent.port["gen_reordered"] == 0
    assert got.port["sink_corrupted"] == 0
    assert got.port["sink_foreign"] == 0
    assert got.port["sink_intact"] == count


def assert_passes_both_ways(host, count):
    """What the generators of NICs 0 and 1 send comes out of the other one, all of it intact."""
    for source in (0, 1):
        wait_all_sent(host, source, count)
        assert_intact(host, source, 1 - source, count)


def fails_with_one_sentence(done, *words):
    """A short program's result: non-zero, one line on stderr that names the words."""
    assert done.returncode not in (0, None), done.stdout
    said = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(said) == 1, f"not one sentence: {said}"
    for word in words:
        assert word in said[0], said[0]


def assert_conserved(host, testpmd, nics=(0, 1)):
    """Stop testpmd's ports; then each thing is back with its owner, as all three tell.

    nics: of testpmd's ports, in their order. The driver's ledger adds up and is
    empty, the host has all of its receive sections and nothing of the guest's,
    and the program has all of its mbufs.
    """
    testpmd.stop_ports()
    # What one port received uncopied, and another sent, is back when that one is stopped,
    # too; drivers look after what is stopped once a second.
    host.wait_until(lambda _: not any(host.nic(number).rx_held for number in nics), 3,
                    "receive sections are back")
    for port, number in enumerate(nics):
        ledger, nic = testpmd.ledger(port), host.nic(number)
        assert ledger.faults == []
        assert ledger.received == dict.fromkeys(ledger.received, 0)
        assert (ledger.sent["host"], ledger.sent["filling"], ledger.sent["mbufs"]) == (0, 0, 0)
        assert (ledger.sections["used"], ledger.bounces["used"]) == (0, 0)
        assert (nic.rx_held, nic.tx_held) == (0, 0)
    assert testpmd.missing_mbufs() == 0
