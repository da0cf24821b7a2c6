# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""testpmd's csum engine, which leaves to the cards whatever they offer; and how to look at it."""

from contextlib import contextmanager

from lab import pcapfile, tshark
from lab.processes import Process
from packets import payload_of, tcp_segment
from rig import two_nics

# Bits of testpmd's --tx-offloads and --rx-offloads, those of either, and of one each.
IPV4, UDP_SUM, TCP_SUM = 0x2, 0x4, 0x8
SUMS = IPV4 | UDP_SUM | TCP_SUM
TSO, MULTI_SEGS = 0x20, 0x8000
STRIP, LRO, SCATTER, RSS_HASH = 0x1, 0x10, 0x2000, 0x80000
SEGMENT = 1448
GUID = "6e657473-0000-4000-8000-{:012}"
LEFT, RIGHT = "10.96.0.1", "10.96.0.2"


@contextmanager
def checksumming(lab, left, right, offloads, *, rx=0, mtu=1500, segment=0, args=(), **options):
    """testpmd's csum engine between two NICs; it leaves to the cards what they were asked for.

    offloads: to transmit; rx: to receive.
    """
    args = ["--disable-device-start", f"--rx-offloads={SCATTER | rx:#x}",
            f"--tx-offloads={offloads:#x}", *args]
    with two_nics(lab, left, right, args, **options) as (host, testpmd):
        for port in (0, 1):
            testpmd.command(f"port config mtu {port} {mtu}", timeout=30)
            if segment:
                testpmd.command(f"tso set {segment} {port}")
        testpmd.start_ports()
        testpmd.command("set fwd csum retry")
        testpmd.command("set burst tx delay 10 retry 100000")
        testpmd.command("start")
        yield host, testpmd


def send_through(lab, logs, frames, offloads, count, **options):
    """The file that NIC 1 writes when these frames go to NIC 0; count are to come out."""
    pcapfile.write(logs / "in.pcap", frames)
    out = logs / "out.pcap"
    with checksumming(lab, f"port=pcap,rx={logs}/in.pcap,mtu=9202",
                      f"port=pcap,tx={out},mtu=9202", offloads, **options) as (host, testpmd):
        host.wait_until(lambda _: host.nic(1).port["pcap_written"] >= count, 20,
                        "all frames are written")
        assert testpmd.port_stats(1)["TX-errors"] == 0
        testpmd.quit()
    return out


def streams_of(path):
    """What the TCP segments of a file carry, by port; they come in order, none too long."""
    streams = {}
    for frame in pcapfile.read(path):
        port, sequence, payload = tcp_segment(frame)
        assert len(payload) <= SEGMENT
        stream = streams.setdefault(port, bytearray())
        assert sequence == 1 + len(stream)
        stream += payload
    return streams


def assert_good(path):
    """tshark finds a checksum in each frame, and no bad one."""
    found = tshark.checksums(path)
    assert found
    for ip, tcp, udp in found:
        assert ip in ("good", None)
        assert sorted([tcp or "", udp or ""]) == ["", "good"]


# Send a file over TCP, and keep what comes.
SENDER = """
import socket, sys
with socket.create_connection((sys.argv[1], 7000)) as peer, open(sys.argv[2], "rb") as file:
    peer.sendfile(file)
"""
RECEIVER = """
import socket, sys
with socket.create_server(("", 7000)) as server, open(sys.argv[1], "wb") as file:
    print("ready", flush=True)
    peer, _ = server.accept()
    while part := peer.recv(1 << 16):
        file.write(part)
"""


def exchange(logs, *namespaces, size=8_000_000):
    """Each of two namespaces sends the other a file, at the same time; they come as they were."""
    pairs = [namespaces, namespaces[::-1]]
    receivers = [_receive(logs, namespace) for namespace in namespaces]
    senders = [_send(logs, *pair, size) for pair in pairs]
    for program in senders + receivers:
        assert program.wait(40) == 0
    for sent_by, received_by in pairs:
        assert (logs / f"to-{received_by.ip}").read_bytes() == payload_of(size, sent_by.ip)


def _receive(logs, namespace):
    program = Process(f"receiver on {namespace.ip}",
                      ["python3", "-c", RECEIVER, logs / f"to-{namespace.ip}"],
                      logs / f"receiver-{namespace.ip}.log", netns=namespace.name)
    program.wait_for("ready")
    return program


def _send(logs, namespace, peer, size):
    path = logs / f"from-{namespace.ip}"
    path.write_bytes(payload_of(size, namespace.ip))
    return Process(f"sender on {namespace.ip}", ["python3", "-c", SENDER, peer.ip, path],
                   logs / f"sender-{namespace.ip}.log", netns=namespace.name)


@contextmanager
def two_linuxes(lab, devargs="", *, mtu=9000, rx=0, nic="", **options):
    """Two network stacks; between them testpmd has their segments cut."""
    devices = [f"--allow=vmbus:{GUID.format(number)}{devargs}" for number in (0, 1)]
    with lab.namespace("left", address=f"{LEFT}/24", mtu=mtu) as left, \
            lab.namespace("right", address=f"{RIGHT}/24", mtu=mtu) as right, \
            checksumming(lab, f"port={left.port()},mtu={mtu}{nic}",
                         f"port={right.port()},mtu={mtu}{nic}", SUMS | TSO | MULTI_SEGS, rx=rx,
                         mtu=mtu, segment=SEGMENT, eal_args=devices, **options) as (host, testpmd):
        for port in (0, 1):
            testpmd.command(f"csum mac-swap off {port}")
        yield left, right, host, testpmd
