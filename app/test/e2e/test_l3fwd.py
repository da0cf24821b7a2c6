# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""DPDK's example routers between two subnets of Linux, one core or two, one queue or two."""

from contextlib import contextmanager

import pytest

from lab import paths
from lab.traffic import IperfClient, IperfServer, ping

# Each has its routes built in: the first subnet is behind port 0, the second behind port 1.
SUBNETS = {"dpdk-l3fwd": ("198.18.0", "198.18.1"), "dpdk-l3fwd-power": ("1.1.1", "2.1.1")}
ARGS = {"dpdk-l3fwd": ["-P"],
        "dpdk-l3fwd-power": ["-P", "--interrupt-only"]}
CONFIGS = {"one lcore": (1, 1, "(0,0,1),(1,0,1)"),
           "two lcores": (2, 1, "(0,0,1),(1,0,2)"),
           "two queues on two lcores": (2, 2, "(0,0,1),(0,1,2),(1,0,1),(1,1,2)")}


def join_subnet(namespace, port, program):
    """What the router takes for granted: who is behind it, for it neither asks nor answers."""
    here, there = SUBNETS[program][port], SUBNETS[program][1 - port]
    tap = namespace.tap
    namespace.run(["ip", "link", "set", tap, "address", f"02:00:00:00:00:{port:02x}"])
    namespace.run(["ip", "neigh", "add", f"{here}.1", "lladdr", f"02:15:5d:00:00:{port:02x}",
                   "dev", tap])
    namespace.run(["ip", "route", "add", f"{there}.0/24", "via", f"{here}.1", "dev", tap])


@contextmanager
def routed(lab, program, config):
    """Namespaces in the two subnets and the router between them."""
    workers, queues, queue_config = CONFIGS[config]
    left_ip, right_ip = (f"{subnet}.2" for subnet in SUBNETS[program])
    with lab.namespace("left", address=f"{left_ip}/24") as left, \
            lab.namespace("right", address=f"{right_ip}/24") as right:
        for port, namespace in enumerate((left, right)):
            join_subnet(namespace, port, program)
        nics = [f"port={namespace.port()},queues={queues}" for namespace in (left, right)]
        with lab.host(nics) as host, \
                lab.guest(host, paths.program(program),
                          ["-p", "3", f"--config={queue_config}", *ARGS[program]],
                          eal=lab.eal(lab.cores.lcores(workers))) as router:
            host.wait_until(lambda _: host.nic(0).listens and host.nic(1).listens, 20,
                            "both ports are up")
            yield left, right, host, router


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("program", SUBNETS)
def test_the_router_carries_pings_and_tcp_between_subnets(lab, logs, program, config):
    with routed(lab, program, config) as (left, right, host, router):
        found = ping(left, right.ip, 100)
        assert (found.received, found.duplicates) == (100, 0)
        cpus = lab.cores.rest_list()
        with IperfServer(right, logs / "iperf3-server.log", cpus), \
                IperfClient(left, right.ip, 2, logs / "iperf3.log", cpus,
                            ["--parallel", "4"]) as client:
            assert client.result().received_bytes > 1e6
        assert host.nic(0).dropped == 0
        if program == "dpdk-l3fwd":  # the other one knows no end
            router.end()


SUBNETS_6 = ("2001:200:0:0:", "2001:200:0:1:")  # of dpdk-l3fwd


def join_subnet_6(namespace, port):
    """The same as join_subnet() for IPv6; returns the address."""
    here, there = SUBNETS_6[port], SUBNETS_6[1 - port]
    tap = namespace.tap
    namespace.run(["sysctl", "-qw", f"net.ipv6.conf.{tap}.disable_ipv6=0"])
    namespace.run(["ip", "address", "add", f"{here}:2/64", "dev", tap, "nodad"])
    namespace.run(["ip", "neigh", "add", f"{here}:1", "lladdr", f"02:15:5d:00:00:{port:02x}",
                   "dev", tap])
    namespace.run(["ip", "route", "add", f"{there}:/64", "via", f"{here}:1", "dev", tap])
    return f"{here}:2"


@pytest.mark.parametrize("config", CONFIGS)
def test_the_router_carries_ipv6_as_well(lab, logs, config):
    with routed(lab, "dpdk-l3fwd", config) as (left, right, _, router):
        join_subnet_6(left, 0)
        address = join_subnet_6(right, 1)
        assert ping(left, address, 100).received == 100
        cpus = lab.cores.rest_list()
        with IperfServer(right, logs / "iperf3-server.log", cpus), \
                IperfClient(left, address, 2, logs / "iperf3.log", cpus) as client:
            assert client.result().received_bytes > 1e6
        router.end()
