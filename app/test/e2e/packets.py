# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""IP packets for tests of offloads: made here, and taken apart again."""

import random
import struct

from rig import NIC_0, STRANGER

TCP, UDP = 6, 17
ACK, PSH = 0x10, 0x18  # of TCP: more follows at once, or not
TAG = struct.pack("!HH", 0x8100, 0x6005)  # priority 3, VLAN 5
WRONG = 0xDEAD  # a checksum that somebody still has to compute
ADDRESSES = {4: (bytes([10, 96, 0, 1]), bytes([10, 96, 0, 2])),
             6: (bytes.fromhex("fd96" + "00" * 13 + "01"), bytes.fromhex("fd96" + "00" * 13 + "02"))}


def payload_of(size, seed=0):
    """Bytes that look random."""
    return random.Random(f"{size} {seed}").randbytes(size)


def _ip(version, protocol, length, addresses):
    source, destination = addresses
    if version == 4:
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0x4000, 64, protocol,
                           WRONG) + source + destination
    return struct.pack("!IHBB", 6 << 28, length, protocol, 64) + source + destination


def packet(version, protocol, payload, *, tag=b"", sequence=1, options=b"", port=5000,
           flags=PSH, to=80, addresses=None):
    """An Ethernet frame for NIC 0 with no valid checksum in it."""
    if protocol == TCP:
        l4 = struct.pack("!HHIIBBHHH", port, to, sequence, 1, (5 + len(options) // 4) << 4,
                         flags, 8192, WRONG, 0) + options
    else:
        l4 = struct.pack("!HHHH", port, to, 8 + len(payload), WRONG)
    kind = struct.pack("!H", 0x0800 if version == 4 else 0x86DD)
    frame = NIC_0 + STRANGER + tag + kind + _ip(
        version, protocol, len(l4) + len(payload), addresses or ADDRESSES[version]) + l4 + payload
    return frame.ljust(60, b"\0")


def _ip_start(frame):
    return 18 if frame[12:14] == TAG[:2] else 14


def without_checksums(frame):
    """A frame from behind the MAC addresses on, its checksums blanked."""
    body = bytearray(frame[12:])
    at = 6 if body[:2] == b"\x81\x00" else 2
    version = body[at] >> 4
    protocol = body[at + 9] if version == 4 else body[at + 6]
    l4 = at + (20 if version == 4 else 40)
    if version == 4:
        body[at + 10:at + 12] = b"\0\0"
    place = l4 + (16 if protocol == TCP else 6)
    body[place:place + 2] = b"\0\0"
    return bytes(body)


def tcp_segment(frame):
    """Port, sequence number and payload of a TCP frame."""
    start = _ip_start(frame)
    version = frame[start] >> 4
    total = start + (struct.unpack_from("!H", frame, start + 2)[0] if version == 4
                     else 40 + struct.unpack_from("!H", frame, start + 4)[0])
    l4 = start + (20 if version == 4 else 40)
    port, _, sequence = struct.unpack_from("!HHI", frame, l4)
    return port, sequence, frame[l4 + (frame[l4 + 12] >> 4) * 4:total]


def _sum16(data):
    """The Internet checksum."""
    data = data + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return 0xffff ^ total


def _put16(frame, at, value):
    return frame[:at] + struct.pack("!H", value) + frame[at + 2:]


def finished(frame, *, ip=True, l4=True):
    """A frame of packet() with its checksums filled in, or with only one of them."""
    start = _ip_start(frame)
    if frame[start] >> 4 == 4:
        protocol, head, addresses = frame[start + 9], 20, frame[start + 12:start + 20]
        end = start + struct.unpack_from("!H", frame, start + 2)[0]
        if ip:
            frame = _put16(frame, start + 10, 0)
            frame = _put16(frame, start + 10, _sum16(frame[start:start + head]))
    else:
        protocol, head, addresses = frame[start + 6], 40, frame[start + 8:start + 40]
        end = start + head + struct.unpack_from("!H", frame, start + 4)[0]
    if l4:
        at = start + head
        field = at + (16 if protocol == TCP else 6)
        frame = _put16(frame, field, 0)
        pseudo = addresses + struct.pack("!II", end - at, protocol)
        value = _sum16(pseudo + frame[at:end])
        frame = _put16(frame, field, value or (0xffff if protocol == UDP else 0))
    return frame


def without_udp_sum(frame):
    """A finished frame of UDP over IPv4 in an untagged frame whose sender did not add it up."""
    return _put16(frame, 40, 0)


def fragment(version):
    """The first fragment of a datagram, of which no checksum of UDP can be told."""
    frame = packet(version, UDP, payload_of(400))
    if version == 4:
        return finished(_put16(frame, 20, 0x2000), l4=False)
    length = struct.unpack_from("!H", frame, 18)[0] + 8
    return frame[:18] + struct.pack("!HB", length, 44) + frame[21:54] + \
        struct.pack("!BBHI", UDP, 0, 1, 7) + frame[54:]


def segments(version, payload, size, *, port=5000, **options):
    """A TCP stream as finished frames that carry so many bytes each."""
    starts = range(0, len(payload), size)
    return [finished(packet(version, TCP, payload[at:at + size], sequence=1 + at, port=port,
                            flags=PSH if at == starts[-1] else ACK, **options)) for at in starts]
