# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""How the ports came up, in the words of those who know: testpmd for what DPDK
sees, hvhost for what the two sides agreed on."""


def line(host, testpmd, port):
    """One port's life so far."""
    info = testpmd.port_info(port)
    nic = host.nic(port)
    return (f"port {port}: {info['Driver name']} on vmbus {info['Device name']}\n"
            f"        NVSP {nic.nvsp}, MAC {info['MAC address']}, MTU {info['MTU']}, "
            f"link {info['Link status']} at {info['Link speed']}")
