# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""hvhost is true: it carries packets for a driver that nobody here wrote.

The guest is l2fwd of an untouched DPDK 22.11.11 tree with that tree's own
netvsc driver. (Its testpmd would not poll: that driver leaves the queue state
unset.) What rules the stock driver breaks is its own affair: hvhost may end
with status 3 here.
"""

from contextlib import contextmanager

from lab import paths
from lab.traffic import ping
from rig import assert_intact, generator, wait_all_sent

COUNT = 100_000


@contextmanager
def stock_l2fwd(lab, nics, *options):
    """hvhost and the untouched l2fwd between its two NICs."""
    with lab.host(nics, options) as host:
        with lab.l2fwd(host, paths.stock_l2fwd()) as l2fwd:
            yield host
            l2fwd.end()
        status = host.stop()
        assert status in (0, 3), host.verdict(status)


def test_the_untouched_l2fwd_carries_generated_packets_both_ways(lab):
    # Few receive sections: more frames than its staging ring takes it drops.
    both = generator(count=COUNT, size="60-1514", recv="1MiB")
    with stock_l2fwd(lab, [both, both]) as host:
        for source in (0, 1):
            wait_all_sent(host, source, COUNT)
            assert_intact(host, source, 1 - source, COUNT)


def test_the_untouched_l2fwd_carries_a_ping(lab):
    with lab.namespace("left", address="10.95.0.1/24") as left, \
            lab.namespace("right", address="10.95.0.2/24") as right, \
            stock_l2fwd(lab, [f"port={left.port()}", f"port={right.port()}"]) as host:
        host.wait_until(lambda _: host.nic(0).listens and host.nic(1).listens, 20,
                        "both NICs are up")
        found = ping(left, right.ip, 100)
        assert (found.received, found.duplicates) == (100, 0)
