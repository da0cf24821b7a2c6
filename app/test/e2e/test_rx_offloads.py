# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What the host tells beside a frame, and makes of frames, reaches the program as it asked."""

import ipaddress
from contextlib import contextmanager

import pytest

from engine import (GUID, IPV4, LRO, MULTI_SEGS, RSS_HASH, STRIP, SUMS, TCP_SUM, TSO, UDP_SUM,
                    assert_good, exchange, send_through, streams_of, two_linuxes)
from lab import pcapfile
from lab.processes import Process
from packets import (TAG, TCP, UDP, finished, fragment, packet, payload_of, segments,
                     without_udp_sum)
from rig import SINK


@contextmanager
def listening(lab, nic, offloads, args=(), *, devargs="", host_options=()):
    """testpmd telling of each frame that it receives; few at a time, which it has room to print."""
    args = [f"--rx-offloads={offloads:#x}", "--forward-mode=rxonly", "--burst=4", *args]
    device = f"--allow=vmbus:{GUID.format(0)}{devargs}"
    with lab.host([nic], host_options) as host, \
            lab.testpmd(host, args, eal_args=[device]) as testpmd:
        testpmd.command("set verbose 1")
        testpmd.command("start")
        yield host, testpmd


def tell(lab, logs, frames, offloads, args=(), *, nic="", commands=(), **options):
    """What testpmd tells of these frames, in order; commands are given before they come."""
    pcapfile.write(logs / "in.pcap", frames)
    delay = 3000 if commands else 1000
    with listening(lab, f"port=pcap,rx={logs}/in.pcap,delay={delay}{nic}", offloads, args,
                   **options) as (host, testpmd):
        for command in commands:
            testpmd.command(command)
        told = told_all(host, testpmd, len(frames))
        testpmd.command("stop")
        assert testpmd.port_stats(0)["RX-packets"] == len(told)
        testpmd.quit()
    return told


def told_all(host, testpmd, count):
    """What testpmd tells of so many frames, some of which the host may have joined.

    It is not to be given commands before: it prints into their answers.
    """
    host.wait_until(lambda _: host.nic(0).rx_frames == count and len(testpmd.received()) ==
                    count - host.nic(0).rx_coalesced, 20, "all frames are received")
    return testpmd.received()


def checksums(found):
    return [(frame.checksum("IP"), frame.checksum("L4")) for frame in found]


# Frames and what there is to say of the checksums of IP and TCP or UDP.
STATES = [
    (finished(packet(version, protocol, payload_of(size), tag=tag), ip=ip, l4=l4),
     ("UNKNOWN" if version == 6 else "GOOD" if ip else "BAD", "GOOD" if l4 else "BAD"))
    for version, ip in ((4, True), (4, False), (6, True)) for protocol in (TCP, UDP)
    for l4 in (True, False) for tag in (b"", TAG) for size in (1, 64, 1400)
] + [
    (without_udp_sum(finished(packet(4, UDP, payload_of(100)))), ("GOOD", "UNKNOWN")),
    (without_udp_sum(finished(packet(4, UDP, payload_of(100)), ip=False)), ("BAD", "UNKNOWN")),
    (fragment(4), ("GOOD", "UNKNOWN")),
    (fragment(6), ("UNKNOWN", "UNKNOWN")),
    (finished(packet(4, 47, payload_of(100)), l4=False), ("GOOD", "UNKNOWN")),
    (b"\xff" * 6 + bytes(6) + b"\x08\x06" + bytes(46), ("UNKNOWN", "UNKNOWN")),
]


@pytest.mark.parametrize("profile", ["default", "openvmm", "ws2012r2"])
def test_checksums_are_good_bad_or_unknown_as_they_are(lab, logs, profile):
    found = tell(lab, logs, [frame for frame, _ in STATES], SUMS,
                 host_options=["--profile", profile])
    assert checksums(found) == [states for _, states in STATES]


def test_checksums_that_nobody_asked_about_are_unknown(lab, logs):
    found = tell(lab, logs, [frame for frame, _ in STATES], 0)
    assert set(checksums(found)) == {("UNKNOWN", "UNKNOWN")}


@pytest.mark.parametrize("offload, known", [(IPV4, (True, False, False)),
                                            (TCP_SUM, (False, True, False)),
                                            (UDP_SUM, (False, False, True))])
def test_only_checksums_asked_about_are_known(lab, logs, offload, known):
    frames = [finished(packet(4, protocol, payload_of(100))) for protocol in (TCP, UDP)]
    ip, *l4 = ("GOOD" if each else "UNKNOWN" for each in known)
    assert checksums(tell(lab, logs, frames, offload)) == [(ip, state) for state in l4]


# A connection attempt, and a datagram.
SPEAK = """
import socket
with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
    tcp.setblocking(False)
    tcp.connect_ex(("10.95.0.2", 80))
    udp.sendto(b"x" * 100, ("10.95.0.2", 80))
"""


@pytest.mark.parametrize("partial", ["yes", "no"])
def test_a_sum_that_the_sender_left_undone_is_none(lab, partial):
    with lab.namespace("left", address="10.95.0.1/24") as left, \
            listening(lab, f"port={left.port()},partial-rx={partial}", SUMS) as (host, testpmd):
        left.run(["ip", "neighbour", "add", "10.95.0.2", "lladdr", "02:15:5d:00:00:00", "dev",
                  left.tap])
        left.run(["python3", "-c", SPEAK])
        tcp, udp = checksums(told_all(host, testpmd, 2))
        # For UDP hosts have no word that the sum is to be passed over.
        assert tcp == ("GOOD", "NONE" if partial == "yes" else "GOOD")
        assert udp == ("GOOD", "GOOD")
        testpmd.quit()


def streams(version, size, tag=b""):
    """Streams whose segments make up no more than the host takes at once; and what they carry."""
    carried = {5000 + number: bytearray(payload_of(30 * size - number, number))
               for number in range(5)}
    return carried, [frame for port, payload in carried.items()
                     for frame in segments(version, bytes(payload), size, port=port, tag=tag)]


@pytest.mark.parametrize("version", [4, 6])
def test_joined_segments_come_as_few_large_frames_marked_lro(lab, logs, version):
    carried, frames = streams(version, 1000)
    found = tell(lab, logs, frames, SUMS | LRO)
    headers = 54 if version == 4 else 74
    large = [frame for frame in found if "LRO" in frame.flags]
    assert len(found) < len(frames) // 5
    assert all(frame.segments > 1 and frame.length > headers + 1000 for frame in large)
    assert all(frame.length <= headers + 1000 for frame in found if frame not in large)
    assert sum(frame.length - headers for frame in found) == sum(map(len, carried.values()))
    # Their sums are no longer those of the frame, but each segment's was good.
    assert set(checksums(large)) == {("NONE" if version == 4 else "UNKNOWN", "NONE")}


def test_segments_with_bad_sums_are_not_joined(lab, logs):
    _, frames = streams(4, 1000)
    spoilt = [frame[:-1] + bytes([frame[-1] ^ 1]) for frame in frames]
    found = tell(lab, logs, spoilt, SUMS | LRO)
    assert [frame.length for frame in found] == [len(frame) for frame in frames]
    assert not any("LRO" in frame.flags for frame in found)
    assert set(checksums(found)) == {("GOOD", "BAD")}


@pytest.mark.parametrize("options", [(SUMS, "", "default"), (SUMS, ",rsc=off", "default"),
                                     (SUMS, "", "ws2016"), (SUMS, "", "openvmm")],
                         ids=["not asked", "rsc=off", "ws2016", "openvmm"])
def test_segments_stay_as_they_are_without_lro(lab, logs, options):
    offloads, nic, profile = options
    _, frames = streams(4, 1000)
    found = tell(lab, logs, frames, offloads, nic=nic, host_options=["--profile", profile])
    assert [frame.length for frame in found] == [len(frame) for frame in frames]
    assert not any("LRO" in frame.flags for frame in found)


EXTBUF = ",rx_extmbuf_enable=1,rx_copybreak=0"


@pytest.mark.parametrize("tag", [b"", TAG], ids=["untagged", "tagged"])
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("size", [1, 536, 1428])
def test_streams_joined_and_cut_again_are_what_they_were(lab, logs, version, size, tag):
    carried, frames = streams(version, size, tag)
    count = sum(-(-len(payload) // 1428) for payload in carried.values())
    path = send_through(lab, logs, frames, SUMS | TSO | MULTI_SEGS, count, rx=SUMS | LRO,
                        segment=1428)
    assert streams_of(path) == carried
    assert all((frame[12:16] == TAG) == bool(tag) for frame in pcapfile.read(path))
    assert_good(path)


@pytest.mark.parametrize("devargs", ["", EXTBUF], ids=["copied", "in place"])
def test_linuxes_exchange_files_byte_for_byte_through_rsc_and_tso(lab, logs, devargs):
    with two_linuxes(lab, devargs, mtu=1500, rx=SUMS | LRO) as (left, right, host, testpmd):
        captures = [capture(logs, namespace) for namespace in (left, right)]
        exchange(logs, left, right)
        for number in (0, 1):
            nic = host.nic(number)
            assert nic.rx_coalesced > 1000
            assert nic.tx_large_sends > 500
            assert testpmd.port_stats(number)["TX-errors"] == 0
            assert testpmd.port_stats(number)["RX-errors"] == 0
        testpmd.quit()
    for program, path in captures:
        program.stop()
        assert_good(path)


def capture(logs, namespace):
    """tcpdump writing what a namespace receives; the file has good sums if that has."""
    path = logs / f"received-by-{namespace.ip}.pcap"
    program = Process("tcpdump", ["tcpdump", "-n", "-U", "-Q", "in", "-i", namespace.tap, "-B",
                                  "65536", "-w", path, "tcp"],
                      logs / f"tcpdump-{namespace.ip}.log", netns=namespace.name)
    program.wait_for("listening on")
    return program, path


# Microsoft's verification suite for RSS: source, destination, and the hashes of addresses alone
# and of addresses and TCP ports with its key, which is the default.
FLOWS = [
    (("66.9.149.187", 2794), ("161.142.100.80", 1766), 0x323e8fc2, 0x51ccc178),
    (("199.92.111.2", 14230), ("65.69.140.83", 4739), 0xd718262a, 0xc626b0ea),
    (("24.19.198.95", 12898), ("12.22.207.184", 38024), 0xd2d0a5de, 0x5c2b394a),
    (("38.27.205.30", 48228), ("209.142.163.6", 2217), 0x82989176, 0xafc7327f),
    (("153.39.163.191", 44251), ("202.188.127.2", 1303), 0x5d1809c5, 0x10e828a2),
    (("3ffe:2501:200:1fff::7", 2794), ("3ffe:2501:200:3::1", 1766), 0x2cc18cd5, 0x40207d3d),
    (("3ffe:501:8::260:97ff:fe40:efab", 14230), ("ff02::1", 4739), 0x0f0c461c, 0xdde51bbf),
    (("3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251), ("fe80::200:f8ff:fe21:67cf", 38024),
     0x4b61e985, 0x02d1feef),
]
TWO_QUEUES = ["--rxq=2", "--txq=2"]


def frames_of_flows(protocol=TCP):
    """A frame of each flow; its payload is longer by one than that of the one before."""
    frames = []
    for number, ((source, port), (destination, to), *_) in enumerate(FLOWS):
        ends = [ipaddress.ip_address(address) for address in (source, destination)]
        frames.append(packet(ends[0].version, protocol, payload_of(100 + number), port=port,
                             to=to, addresses=tuple(end.packed for end in ends)))
    return frames


@pytest.mark.parametrize("types, column", [("ip", 2), ("tcp", 3)])
def test_the_hash_in_the_mbuf_is_the_published_one(lab, logs, types, column):
    frames = frames_of_flows()
    found = tell(lab, logs, frames, RSS_HASH, TWO_QUEUES, nic=",queues=2",
                 commands=[f"port config all rss {types}"])
    assert {frame.length: frame.hash for frame in found} == \
        {len(frame): flow[column] for frame, flow in zip(frames, FLOWS)}
    # The table, as nobody has changed it, leads to the two queues in turn.
    assert all(frame.queue == frame.hash % 2 for frame in found)


@pytest.mark.parametrize("reason", ["not asked", "not told", "no type", "another type"])
def test_without_a_hash_of_the_host_there_is_none_in_the_mbuf(lab, logs, reason):
    found = tell(lab, logs, frames_of_flows(UDP if reason == "another type" else TCP),
                 0 if reason == "not asked" else RSS_HASH, TWO_QUEUES, nic=",queues=2",
                 commands=[f"port config all rss {'none' if reason == 'no type' else 'tcp'}"],
                 host_options=["--profile", "openvmm" if reason == "not told" else "default"])
    assert {frame.hash for frame in found} == {None}
    assert not any("RSS_HASH" in frame.flags for frame in found)


@pytest.mark.parametrize("offloads", [0, SUMS, LRO, SUMS | LRO],
                         ids=["alone", "sums", "rsc", "sums and rsc"])
def test_a_tag_is_stripped_or_stays_as_asked(lab, logs, offloads):
    # Streams tagged and untagged, so that frames with either are joined, but not of both.
    frames = streams(4, 1000, TAG)[1] + streams(4, 1000)[1]
    stripped = tell(lab, logs, frames, offloads | STRIP)
    kept = tell(lab, logs, frames, offloads)
    assert all((frame.vlan == 0x6005) == ("VLAN" in frame.flags) == ("VLAN_STRIPPED" in frame.flags)
               for frame in stripped)
    assert all(frame.ether_type == 0x800 for frame in stripped)
    assert all(frame.vlan is None and not frame.flags & {"VLAN", "VLAN_STRIPPED"}
               for frame in kept)
    for found in (stripped, kept):
        assert (any("LRO" in frame.flags for frame in found)) == bool(offloads & LRO)
        tagged = [frame for frame in found if frame.vlan or frame.ether_type == 0x8100]
        # Headers in the first frame of those that were joined.
        head = 54 if found is stripped else 58
        assert sum(frame.length - head for frame in tagged) == \
            sum(frame.length - 54 for frame in found if frame not in tagged)


def test_of_two_tags_the_inner_one_stays_in_the_frame(lab, logs):
    inner = b"\x81\x00\x00\x07"
    frames = [frame[:12] + outer + inner + frame[12:]
              for frame in (finished(packet(4, UDP, payload_of(100))),)
              for outer in (TAG, b"\x88\xa8\x00\x05")]
    found = tell(lab, logs, frames, STRIP)
    # Nobody takes a tag of type 0x88a8 out.
    assert [(frame.vlan, frame.ether_type, frame.length) for frame in found] == \
        [(0x6005, 0x8100, len(frames[0]) - 4), (None, 0x88a8, len(frames[1]))]
    assert not any("QINQ" in flag for frame in found for flag in frame.flags)


PTYPES = [
    (packet(4, TCP, payload_of(100)), "L2_ETHER L3_IPV4 L4_TCP"),
    (packet(4, UDP, payload_of(100)), "L2_ETHER L3_IPV4 L4_UDP"),
    (packet(6, TCP, payload_of(100)), "L2_ETHER L3_IPV6 L4_TCP"),
    (packet(6, UDP, payload_of(100)), "L2_ETHER L3_IPV6 L4_UDP"),
    (packet(4, 132, payload_of(100)), "L2_ETHER L3_IPV4 L4_SCTP"),
    (packet(4, 1, payload_of(100)), "L2_ETHER L3_IPV4"),
    (packet(4, TCP, payload_of(100), tag=TAG), "L2_ETHER L3_IPV4 L4_TCP"),  # stripped
    (packet(4, TCP, payload_of(100), tag=TAG + b"\x81\0\0\7"), "L2_ETHER_VLAN L3_IPV4 L4_TCP"),
    (packet(4, TCP, payload_of(100), tag=b"\x88\xa8\0\5\x81\0\0\7"),
     "L2_ETHER_QINQ L3_IPV4 L4_TCP"),
    (fragment(4), "L2_ETHER L3_IPV4 L4_FRAG"),
    (fragment(6), "L2_ETHER L3_IPV6_EXT L4_FRAG"),
    (b"\xff" * 6 + bytes(6) + b"\x08\x06" + bytes(46), "L2_ETHER"),
]


@pytest.mark.parametrize("mask", [0xf00, 0xfff], ids=["L4", "all"])
@pytest.mark.parametrize("devargs", ["", EXTBUF], ids=["copied", "in place"])
def test_a_program_that_wants_packet_types_gets_those_of_each_frame(lab, logs, mask, devargs):
    found = tell(lab, logs, [frame for frame, _ in PTYPES], STRIP, devargs=devargs,
                 commands=[f"set port 0 ptype_mask {mask:#x}"])
    assert [frame.ptype for frame in found] == [names for _, names in PTYPES]


def test_a_program_that_wants_no_packet_types_gets_none_even_if_it_asks_which_there_are(lab, logs):
    # testpmd does not want any, unless told otherwise.
    found = tell(lab, logs, [frame for frame, _ in PTYPES], 0, commands=["show port 0 ptypes"])
    assert {frame.ptype for frame in found} == {None}


SUM_NAMES = {"IPV4_CKSUM", "TCP_CKSUM", "UDP_CKSUM"}
OFFERED = {
    **{profile: SUM_NAMES | {"TCP_LRO", "RSS_HASH"}
       for profile in ("default", "azure", "ws2025", "ws2022", "ws2019")},
    "openvmm": SUM_NAMES | {"RSS_HASH"}, "ws2016": SUM_NAMES | {"RSS_HASH"},
    "ws2012r2": SUM_NAMES | {"RSS_HASH"}, "ws2012": {"IPV4_CKSUM", "TCP_CKSUM"},
    "ws2008r2": {"IPV4_CKSUM", "TCP_CKSUM"}, "ws2008": {"IPV4_CKSUM"},
}


def offered(testpmd, port=0):
    """The receive offloads of a port."""
    return set(testpmd.command(f"show port {port} rx_offload capabilities").split("Per Port")[1]
               .split(":")[1].split())


@pytest.mark.parametrize("profile", sorted(OFFERED))
def test_a_port_offers_what_its_host_does(lab, profile):
    with lab.host([SINK], ["--profile", profile]) as host, lab.testpmd(host) as testpmd:
        assert offered(testpmd) == OFFERED[profile] | {"VLAN_STRIP", "SCATTER"}
        testpmd.quit()


@pytest.mark.parametrize("options, offload", [
    ("offloads=none", IPV4), ("offloads=none", TCP_SUM), ("offloads=none", UDP_SUM),
    ("offloads=ip4+tcp4+udp4", TCP_SUM), ("rsc=off", LRO), ("offloads=rsc", LRO)])
def test_what_the_host_does_not_offer_is_refused(lab, options, offload):
    with lab.host([f"{SINK},{options}"]) as host, lab.testpmd(
            host, ["--disable-device-start", f"--rx-offloads={offload:#x}"]) as testpmd:
        said = testpmd.command("port start 0")
        assert "doesn't match Rx offloads capabilities" in said
        assert "Fail to configure port 0" in said
        testpmd.quit()
