# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Every host, every number of queues, every way to receive, every size: content checked.

One host and one testpmd carry all sizes of a case, on a pair of NICs each: port 2 n
has the n-th size's generator, port 2 n + 1 the sink, and back.
"""

import pytest

from rig import (JUMBO, assert_conserved, assert_intact, generator, jumbo_port, queues, small_nic,
                 wait_all_sent)

PROFILES = ["default", "openvmm", "azure", "ws2025", "ws2022", "ws2019", "ws2016", "ws2012r2",
            "ws2012", "ws2008r2", "ws2008"]
# NVSP before 5 knows no further channels.
ONE_CHANNEL = ["ws2012", "ws2008r2", "ws2008"]
QUEUES = [1, 2, 4]
# How the driver moves frames: device arguments.
MODES = {"copy": "tx_copybreak=65535", "zero-copy": "rx_extmbuf_enable=1,tx_copybreak=0"}
# 65535: the longest frame whose MTU ethdev and host can both name.
SIZES = [64, 1514, 9000, 65535, 65536]
HEADER = 14
COUNT = 2_000
FLOWS = 50


def nics(size, count_of_queues):
    """The two NICs of a size."""
    source = jumbo_port(generator(count=COUNT, window=64, size=size, flows=FLOWS), size - HEADER)
    options = {"queues": count_of_queues}
    if size == 65535:
        options.update({"mtu-max": size - HEADER, "recv": "31MiB"})
    return [small_nic(source, **options)] * 2


def longest(profile, size):
    """The longest frame that the host of that profile and frame size sends and takes."""
    if profile == "ws2008":
        return 1514
    return 65535 if size == 65535 else 9216


def start_port_for(testpmd, port, size, host_takes):
    """With room for frames of that size; or see it refused, and start with the usual."""
    start = f"port start {port}"
    said = testpmd.command(f"port config mtu {port} {max(1500, size - HEADER)}")
    if size > host_takes and "> device max MTU" not in said:
        said = testpmd.command(start, timeout=30)
        assert f"the host does not take an MTU of {size - HEADER}" in said, said
        testpmd.command(f"port config mtu {port} 1500")
    said = testpmd.command(start, timeout=30)
    assert "Done" in said and "ail" not in said, said


def device_args(count, options):
    """EAL's, which give these options to the first so many cards."""
    return [arg for number in range(count)
            for arg in ("-a", f"vmbus:6e657473-0000-4000-8000-{number:012x},{options}")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count_of_queues", QUEUES)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_size_passes_both_ways_or_is_refused(lab, profile, count_of_queues, mode):
    channels = 1 if profile in ONE_CHANNEL else count_of_queues
    sizes = [size for size in SIZES for _ in "ab"]
    ports = [nic for size in SIZES for nic in nics(size, count_of_queues)]
    with lab.host(ports, ["--profile", profile]) as host, \
            lab.testpmd(host, ["--disable-device-start", *JUMBO,
                               *queues(channels, count_of_queues)],
                        eal_args=device_args(len(ports), MODES[mode])) as testpmd:
        assert testpmd.port_info(0)["Max possible RX queues"] == str(channels)
        for port, size in enumerate(sizes):
            start_port_for(testpmd, port, size, longest(profile, size))
        testpmd.start_without_loss()
        for port, size in enumerate(sizes):
            if size <= longest(profile, size):
                wait_all_sent(host, port, COUNT)
                assert_intact(host, port, port ^ 1, COUNT)
                assert all(testpmd.queue_xstats(port, "rx", "packets"))
            else:
                assert host.nic(port).port["gen_arrived"] == 0
        assert_conserved(host, testpmd, range(len(ports)))
        testpmd.quit()
