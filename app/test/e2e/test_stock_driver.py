# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""hvhost is true: it carries packets for a driver that nobody here wrote.

The guest is l2fwd of an untouched DPDK 22.11.11 tree with that tree's own
netvsc driver. (Its testpmd would not poll: that driver leaves the queue state
unset. And it throws away what arrives while it waits for the host, so that
generated frames, which come at once, would not do.) What rules it breaks is
its own affair: hvhost may end with status 3 here.
"""

from contextlib import contextmanager

import pytest

from lab import paths
from lab.traffic import IperfClient, IperfServer, ping

LEFT, RIGHT = "10.95.0.1", "10.95.0.2"


@contextmanager
def stock_l2fwd(lab, nics):
    """hvhost and the untouched l2fwd between its two NICs."""
    with lab.host(nics) as host:
        with lab.l2fwd(host, paths.stock_l2fwd()) as l2fwd:
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
