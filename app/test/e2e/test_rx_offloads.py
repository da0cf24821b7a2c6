# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What the host tells beside a frame, and makes of frames, reaches the program as it asked."""

from contextlib import contextmanager

import pytest

from lab import pcapfile
from packets import (TCP, UDP, TAG, finished, fragment, packet, payload_of, without_udp_sum)
from rig import SINK

# Bits of testpmd's --rx-offloads.
STRIP, IPV4, UDP_SUM, TCP_SUM, LRO, SCATTER, RSS_HASH = 0x1, 0x2, 0x4, 0x8, 0x10, 0x2000, 0x80000
SUMS = IPV4 | UDP_SUM | TCP_SUM


@contextmanager
def listening(lab, nic, offloads, args=(), *, host_options=()):
    """testpmd telling of each frame that it receives; few at a time, which it has room to print."""
    args = [f"--rx-offloads={offloads:#x}", "--forward-mode=rxonly", "--burst=4", *args]
    with lab.host([nic], host_options) as host, lab.testpmd(host, args) as testpmd:
        testpmd.command("set verbose 1")
        testpmd.command("start")
        yield host, testpmd


def tell(lab, logs, frames, offloads, args=(), *, nic="", **options):
    """What testpmd tells of these frames, in order."""
    pcapfile.write(logs / "in.pcap", frames)
    with listening(lab, f"port=pcap,rx={logs}/in.pcap,delay=1000{nic}", offloads, args,
                   **options) as (host, testpmd):
        host.wait_until(lambda _: testpmd.port_stats(0)["RX-packets"] == len(frames), 20,
                        "all frames are received")
        testpmd.command("stop")
        found = testpmd.received()
        testpmd.quit()
    assert len(found) == len(frames)
    return found


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
        host.wait_until(lambda _: testpmd.port_stats(0)["RX-packets"] >= 2, 10,
                        "both packets are received")
        testpmd.command("stop")
        tcp, udp = checksums(frame for frame in testpmd.received() if frame.ether_type == 0x800)[:2]
        # For UDP hosts have no word that the sum is to be passed over.
        assert tcp == ("GOOD", "NONE" if partial == "yes" else "GOOD")
        assert udp == ("GOOD", "GOOD")
        testpmd.quit()


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
