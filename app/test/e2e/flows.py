# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Frames of many flows in which each flow's frames are numbered."""

import random
import struct

from lab import pcapfile
from rig import NIC_0, STRANGER

IPV4 = bytes.fromhex("0800")
HEADERS = 42


def frame(flow, number, size):
    """Frame of a flow: IPv4 and UDP; the address and port that it comes from are the flow's."""
    payload = struct.pack("!HI", flow, number)
    payload += random.Random(f"{flow} {number}").randbytes(size - HEADERS - len(payload))
    udp = struct.pack("!HHHH", 1024 + flow, 4789, size - 34, 0)
    return NIC_0 + STRANGER + IPV4 + _ip_header(flow, size - 14) + udp + payload


def _ip_header(flow, length):
    head = struct.pack("!BBHHHBBHII", 0x45, 0, length, 0, 0, 64, 17, 0, 0x0a000000 + flow,
                       0x0a010001)
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


def source(path, frames, delay=1000):
    """A --nic value: frames of a file written here, some time after the port is up."""
    pcapfile.write(path, frames)
    return f"port=pcap,rx={path},rate=20000,delay={delay}"


def by_flow(frames):
    """Frames sorted into lists of a flow each, which keep their order."""
    found = {}
    for data in frames:
        found.setdefault(data[34:36], []).append(data)
    return found
