# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Capture files as lists of frames: the classic pcap format, Ethernet."""

import struct
from pathlib import Path

MAGIC = 0xA1B2C3D4
ETHERNET = 1
FILE_HEADER = struct.Struct("<IHHiIII")
RECORD = struct.Struct("<IIII")
SNAP_LEN = 65535


def write(path, frames):
    """Write frames (bytes each) to a file."""
    with open(path, "wb") as out:
        out.write(FILE_HEADER.pack(MAGIC, 2, 4, 0, 0, SNAP_LEN, ETHERNET))
        for frame in frames:
            out.write(RECORD.pack(0, 0, len(frame), len(frame)) + frame)


def read(path):
    """The frames of a file; a record that is not whole yet is left out."""
    data = Path(path).read_bytes()
    frames = []
    at = FILE_HEADER.size
    while at + RECORD.size <= len(data):
        _, _, kept, _ = RECORD.unpack_from(data, at)
        at += RECORD.size
        if at + kept > len(data):
            break
        frames.append(data[at:at + kept])
        at += kept
    return frames
