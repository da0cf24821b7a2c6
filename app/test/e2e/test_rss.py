# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""RSS: each flow comes to the queue that Toeplitz's function, key and table say."""

import random
from contextlib import contextmanager

import pytest

import flows
from rig import SINK

TABLE = 128
MICROSOFT = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c"
                          "6a42b73bbeac01fa")
FLOWS = 200
SEND = """
import socket, sys
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw, open(sys.argv[2]) as frames:
    raw.bind((sys.argv[1], 0))
    for line in frames:
        raw.send(bytes.fromhex(line))
"""


def toeplitz(key, data):
    """The hash as the specification of RSS describes it."""
    bits = int.from_bytes(key, "big")
    value = 0
    for at in range(8 * len(data)):
        if data[at // 8] >> (7 - at % 8) & 1:
            value ^= bits >> (8 * len(key) - 32 - at) & 0xffffffff
    return value


def expected(key, table, queues):
    """How many of FLOWS frames, one of each flow, each queue gets."""
    counts = [0] * queues
    for flow in range(FLOWS):
        frame = flows.frame(flow, 0, 64)
        counts[table[toeplitz(key, frame[26:38]) % len(table)]] += 1
    return counts


class Port:
    """Port 0 of a testpmd that receives from a TAP and counts by queue."""

    def __init__(self, host, testpmd, namespace, directory):
        self.host = host
        self.testpmd = testpmd
        self._namespace = namespace
        self._file = directory / "frames"
        self._file.write_text("\n".join(flows.frame(flow, 0, 64).hex() for flow in range(FLOWS)))

    def counts(self):
        return self.testpmd.queue_xstats(0, "rx", "packets")

    def spread(self):
        """Send one frame of each flow; how many come to each queue."""
        before = self.counts()
        self._namespace.run(["/usr/bin/python3", "-c", SEND, self._namespace.tap, self._file])
        self.host.wait_until(lambda _: sum(self.counts()) >= sum(before) + FLOWS, 10,
                             "all frames are received")
        return [now - then for now, then in zip(self.counts(), before)]

    def set_table(self, entries):
        """Entries as (index, queue); the command line takes some ten at a time."""
        for first in range(0, len(entries), 8):
            words = ",".join(f"({index},{queue})" for index, queue in entries[first:first + 8])
            self.testpmd.command(f"port config 0 rss reta {words}")

    def stop(self):
        self.testpmd.command("stop")
        self.testpmd.command("port stop 0")

    def start(self):
        self.testpmd.command("port start 0")
        self.testpmd.command("start")


@contextmanager
def port_of(lab, logs, queues=4, nic=""):
    """A started port that hashes UDP, as it is configured by default otherwise."""
    with lab.namespace("rss") as namespace, \
            lab.host([f"port={namespace.port()},queues={queues}{nic}"]) as host, \
            lab.testpmd(host, [f"--rxq={queues}", f"--txq={queues}", "--forward-mode=rxonly",
                               "--rss-udp"]) as testpmd:
        testpmd.command("start")
        yield Port(host, testpmd, namespace, logs)
        testpmd.quit()


@pytest.mark.parametrize("queues", [2, 3, 4, 8])
def test_each_flow_comes_to_the_queue_that_key_and_table_say(lab, logs, queues):
    with port_of(lab, logs, queues) as port:
        assert port.testpmd.reta(0, TABLE) == [entry % queues for entry in range(TABLE)]
        table = [entry % queues for entry in range(TABLE)]
        assert port.spread() == expected(MICROSOFT, table, queues)


@pytest.mark.parametrize("entries", [16, 64])
def test_the_table_is_as_long_as_the_host_says(lab, logs, entries):
    with port_of(lab, logs, nic=f",rss-table={entries}") as port:
        assert port.testpmd.port_info(0)["Redirection table size"] == str(entries)
        table = [3 - entry % 4 for entry in range(entries)]
        port.set_table(list(enumerate(table)))
        assert port.testpmd.reta(0, entries) == table
        assert port.spread() == expected(MICROSOFT, table, 4)


def test_another_key_is_in_force_at_once(lab, logs):
    key = random.Random(4).randbytes(40)
    with port_of(lab, logs) as port:
        table = [entry % 4 for entry in range(TABLE)]
        assert expected(key, table, 4) != expected(MICROSOFT, table, 4)
        port.testpmd.command(f"port config 0 rss-hash-key ipv4-udp {key.hex()}")
        assert key.hex().upper() in port.testpmd.command("show port 0 rss-hash key").upper()
        assert port.spread() == expected(key, table, 4)


def test_another_table_is_in_force_at_once_and_outlives_restart_and_mtu(lab, logs):
    with port_of(lab, logs) as port:
        table = [3 if entry % 2 == 0 else 1 for entry in range(TABLE)]
        port.set_table(list(enumerate(table)))
        assert port.testpmd.reta(0, TABLE) == table
        assert port.spread() == expected(MICROSOFT, table, 4)
        port.stop()
        port.start()
        assert port.spread() == expected(MICROSOFT, table, 4)
        port.stop()
        port.testpmd.command("port config mtu 0 1400")
        port.start()
        assert port.testpmd.reta(0, TABLE) == table
        assert port.spread() == expected(MICROSOFT, table, 4)


def test_the_table_of_a_stopped_port_is_in_force_when_it_starts(lab, logs):
    with port_of(lab, logs) as port:
        table = [2] * 32 + [entry % 4 for entry in range(32, TABLE)]
        port.stop()
        port.set_table([(entry, 2) for entry in range(32)])
        port.start()
        assert port.spread() == expected(MICROSOFT, table, 4)


def test_without_types_all_frames_come_to_queue_0(lab, logs):
    with port_of(lab, logs) as port:
        port.testpmd.command("port config all rss none")
        assert "RSS disabled" in port.testpmd.command("show port 0 rss-hash")
        assert port.spread() == [FLOWS, 0, 0, 0]
        port.testpmd.command("port config all rss udp")
        assert 0 not in port.spread()


def test_an_entry_for_a_queue_that_is_not_there_changes_nothing(lab, logs):
    with port_of(lab, logs) as port:
        port.set_table([(0, 3), (1, 4)])
        table = [entry % 4 for entry in range(TABLE)]
        assert port.testpmd.reta(0, TABLE) == table
        assert port.spread() == expected(MICROSOFT, table, 4)


def test_a_host_of_before_rss_has_one_queue_and_says_so(lab):
    with lab.host([f"{SINK},queues=4"], ["--profile", "ws2012"]) as host, \
            lab.testpmd(host) as testpmd:
        info = testpmd.port_info(0)
        assert info["Max possible RX queues"] == "1"
        assert "Redirection table size" not in info
        testpmd.quit()
