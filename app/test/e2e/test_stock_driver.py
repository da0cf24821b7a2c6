# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""hvhost is true: it carries packets for a driver that nobody here wrote.

The guests are l2fwd and l3fwd of an untouched DPDK 22.11.11 tree with that
tree's own netvsc driver. (Its testpmd would not poll: that driver leaves the
queue state unset. And it throws away what arrives while it waits for the host,
so that generated frames have to come some time later.) What rules it breaks is
its own affair: hvhost may end with status 3 here.
"""

from contextlib import contextmanager

import pytest

from lab import paths, processes
from lab.traffic import IperfClient, IperfServer, ping
from rig import SINK, generator

FRAMES = 40_000
LEFT, RIGHT = "10.95.0.1", "10.95.0.2"


@contextmanager
def stock_l2fwd(lab, nics):
    """hvhost and the untouched l2fwd between its two NICs."""
    with lab.host(nics) as host:
        with lab.l2fwd(host, paths.stock("l2fwd")) as l2fwd:
            yield host
            l2fwd.end()
        status = host.stop()
        assert status in (0, 3), host.verdict(status)


@contextmanager
def two_namespaces(lab):
    """Namespaces left and right with the untouched l2fwd between them."""
    with lab.namespace("left", address=f"{LEFT}/24") as left, \
            lab.namespace("right", address=f"{RIGHT}/24") as right, \
            stock_l2fwd(lab, [f"port={left.port()}", f"port={right.port()}"]) as host:
        host.wait_until(lambda _: host.nic(0).listens and host.nic(1).listens, 20,
                        "both NICs are up")
        yield left, right


@pytest.mark.parametrize("size", [18, 56, 500, 1472])
def test_the_untouched_l2fwd_carries_every_ping_with_payload(lab, size):
    with two_namespaces(lab) as (left, right):
        found = ping(left, RIGHT, 100, size=size)
        assert (found.received, found.duplicates) == (100, 0)
        assert left.counters()["sent"] == right.counters()["received"]
        assert right.counters()["sent"] == left.counters()["received"]


def test_the_untouched_l2fwd_carries_tcp(lab, logs):
    cpus = lab.cores.rest_list()
    with two_namespaces(lab) as (left, right), \
            IperfServer(right, logs / "iperf3-server.log", cpus), \
            IperfClient(left, RIGHT, 2, logs / "iperf3.log", cpus) as client:
        assert client.result().received_bytes > 10e6


def untouched_l3fwd(lab, host, directory):
    """The router with four receive queues of port 0, on two lcores; all goes out of port 1."""
    rules = {"ipv4": "R198.19.0.0/16 1", "ipv6": "R2001:0200:0:0:0:0:0:0/48 1"}
    for family, rule in rules.items():
        (directory / family).write_text(rule + "\n")
    return lab.guest(host, paths.stock("l3fwd"),
                     ["-p", "3", "-P", "--parse-ptype",
                      "--config=(0,0,1),(0,1,1),(0,2,2),(0,3,2),(1,0,1)",
                      *(f"--rule_{family}={directory}/{family}" for family in rules)],
                     eal=lab.eal(lab.cores.lcores(2)))


@pytest.mark.parametrize("profile", ["default", "openvmm"])
def test_the_untouched_l3fwd_has_each_flow_in_one_of_four_queues(lab, logs, profile):
    source = generator(count=FRAMES, rate=20_000, flows=200, size="60-1514", delay=5000)
    with lab.host([source + ",queues=4", SINK + ",queues=4"], ["--profile", profile]) as host:
        with untouched_l3fwd(lab, host, logs) as l3fwd:
            host.wait_until(lambda _: host.nic(1).port["sink_intact"] == FRAMES, 30,
                            "all frames are through")
            queues = [queue["rx_frames"] for queue in host.nic(0).queues]
            assert len(queues) == 4
            assert min(queues) > FRAMES / 8
            assert sum(queues) == FRAMES
            assert host.nic(1).port["sink_reordered"] == 0
            assert sum(queue["tx_frames"] > 0 for queue in host.nic(1).queues) == 2
            broken = host.stats()["rules_broken"]
            assert not [rule for rule in broken if rule.startswith(("RX_", "NVSP_", "RSS_"))]
            l3fwd.end()
        status = host.stop()
        assert status in (0, 3), host.verdict(status)


def test_the_untouched_l2fwd_goes_on_with_the_rings_of_a_card_that_it_has_lost(lab):
    """It does not hear of it, and lives on; the host names it, and serves the next guest."""
    with lab.host([generator(rate=20_000, delay=500), SINK], ["--tolerate", "RING_GONE"]) as host:
        def ctl(verb):
            processes.run([paths.program("hvhost"), "ctl", "--dir", host.dir, verb, "0"])

        with lab.l2fwd(host, paths.stock("l2fwd")) as l2fwd:
            host.wait_until(lambda _: host.nic(1).port["sink_intact"] > 1000, 30,
                            "frames are forwarded")
            ctl("remove")
            host.wait_until(lambda stats: stats["rules_broken"].get("RING_GONE") == 1, 8,
                            "the rings are touched")
            ctl("add")
            l2fwd.check_running()
        arrived = host.nic(1).port["sink_intact"]
        with lab.l2fwd(host, paths.stock("l2fwd")):
            host.wait_until(lambda _: host.nic(1).port["sink_intact"] > arrived + 1000, 30,
                            "frames are forwarded again")
