# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Frames of many flows in which each flow's frames are numbered."""

import random
import struct

from rig import NIC_0, STRANGER

IPV4 = bytes.fromhex("0800")
HEADERS = 42


def frame(flow, number, size):
    """Frame of a flow: IPv4 and UDP, the port that it comes from is the flow's number."""
    payload = struct.pack("!HI", flow, number)
    payload += random.Random(f"{flow} {number}").randbytes(size - HEADERS - len(payload))
    udp = struct.pack("!HHHH", 1024 + flow, 4789, size - 34, 0)
    return NIC_0 + STRANGER + IPV4 + _ip_header(size - 14) + udp + payload


def _ip_header(length):
    head = struct.pack("!BBHHHBBH", 0x45, 0, length, 0, 0, 64, 17, 0) + b"\x0a\0\0\x01\x0a\0\0\x02"
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xffff) + (total >> 16)
    return head[:10] + struct.pack("!H", 0xffff ^ (total + (total >> 16))) + head[12:]


def mixed(flows, count, sizes=(64, 1514)):
    """count frames in random order of the flows, each flow's in order."""
    chance = random.Random(flows)
    numbers = [0] * flows
    frames = []
    for _ in range(count):
        flow = chance.randrange(flows)
        frames.append(frame(flow, numbers[flow], chance.randint(*sizes)))
        numbers[flow] += 1
    return frames


def by_flow(frames):
    """Frames sorted into lists of a flow each, which keep their order."""
    found = {}
    for data in frames:
        found.setdefault(data[34:36], []).append(data)
    return found
