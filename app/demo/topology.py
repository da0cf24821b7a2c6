# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""The picture of what the demo builds."""

PICTURE = r"""
  namespace "left"                                                namespace "right"
 +-----------------+                                             +-----------------+
 |  Linux TCP/IP   |         +------------------------+          |  Linux TCP/IP   |
 |  {left:^13}  |         |      dpdk-testpmd      |          |  {right:^13}  |
 |      TAP        |         |  net_netvsc (driver)   |          |      TAP        |
 +-------+---------+         |  bus_vmbus  (bus)      |          +---------+-------+
         |                   +---+----------------+---+                    |
         |                 port 0|     VMBus      |port 1                  |
         |                   +---+----------------+---+                    |
         +-------------------+ NIC 0   hvhost   NIC 1 +--------------------+
                             +------------------------+
"""


def picture(left, right):
    """The topology with the two addresses."""
    return PICTURE.format(left=left, right=right).strip("\n")
