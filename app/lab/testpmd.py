# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""dpdk-testpmd as a guest, driven through its command line."""

import re
from dataclasses import dataclass

from .errors import LabError
from .guest import Guest

PROMPT = "testpmd> "

_RECEIVED = re.compile(r"^  src=.* - type=0x(\w+) - length=(\d+) - nb_segs=(\d+)(.*)\n"
                       r"  ol_flags: (.*)\n", re.M)


@dataclass(frozen=True)
class Received:
    """A frame as the forwarding mode rxonly tells of it with 'set verbose 1'."""

    ether_type: int
    length: int
    segments: int
    queue: int
    hash: int | None
    vlan: int | None
    ptype: str | None  # as the driver found it
    software_ptype: str  # as testpmd finds it
    flags: frozenset  # without RTE_MBUF_F_RX_

    def checksum(self, layer):
        """GOOD, BAD, NONE or UNKNOWN; layer: IP or L4."""
        return next(flag.rsplit("_", 1)[1] for flag in self.flags
                    if flag.startswith(f"{layer}_CKSUM_"))


class Testpmd(Guest):
    """What it shows comes back as numbers and dictionaries, keys in its own words."""

    def command(self, line, timeout=20):
        """Give a command; returns what it printed."""
        start = self.mark()
        self.send(line + "\n")
        # The echo of the command, its output, and the next prompt.
        self.wait_for(re.escape(line) + r"\n(?s:.*)^" + PROMPT, timeout, start)
        return self.output(start)[len(line):].rsplit(PROMPT, 1)[0]

    def start_without_loss(self):
        """Forward; where the ring to send is full, wait for room instead of dropping."""
        self.command("set fwd io retry")
        self.command("set burst tx delay 10 retry 100000")
        return self.command("start")

    def port_info(self, port):
        """'show port info' as a dictionary, keys in testpmd's words."""
        return _fields(self.command(f"show port info {port}"))

    def port_stats(self, port):
        """The basic counters: ipackets, opackets, ... by testpmd's words."""
        text = self.command(f"show port stats {port}")
        found = re.findall(r"([A-Za-z-]+):\s*(\d+)", text)
        return {key: int(value) for key, value in found}

    def xstats(self, port):
        """The extended counters."""
        text = self.command(f"show port xstats {port}")
        return {key: int(value) for key, value in re.findall(r"^(\w+): (\d+)$", text, re.M)}

    def queue_xstats(self, port, side, name):
        """One extended counter of each queue, in order; side: rx or tx."""
        found = {int(match[1]): value for key, value in self.xstats(port).items()
                 if (match := re.fullmatch(rf"{side}_q(\d+)_{name}", key))}
        return [found[queue] for queue in sorted(found)]

    def queue_info(self, port, side, queue):
        """'show rxq info' or 'show txq info'; side: rx or tx."""
        return _fields(self.command(f"show {side}q info {port} {queue}"))

    def reta(self, port, size):
        """The queues in the RSS indirection table, whose size must be known."""
        masks = ",".join(["0xffffffffffffffff"] * (size // 64) or [hex(2 ** size - 1)])
        text = self.command(f"show port {port} rss reta {size} ({masks})")
        return [int(queue) for queue in re.findall(r"hash index=\d+, queue=(\d+)", text)]

    def received(self, start=0):
        """The frames that rxonly has told of, from a position that mark() gave."""
        return [_received(*found) for found in _RECEIVED.findall(self.output(start))]

    def used_descriptors(self, port, queue):
        """How many frames wait in a receive queue, as far as the driver tells."""
        text = self.command(f"show port {port} rxq {queue} desc used count")
        return int(re.search(r"Used desc count = (\d+)", text)[1])

    def descriptor_status(self, port, side, queue, descriptor):
        """AVAILABLE, DONE, FULL, UNAVAILABLE, or None if it is refused; side: rx or tx."""
        text = self.command(f"show port {port} {side}q {queue} desc {descriptor} status")
        found = re.search(r"Desc status = (\w+)", text)
        return found[1] if found else None

    def clean_up_sent(self, port, queue, at_most=0):
        """rte_eth_tx_done_cleanup(): how many it says it freed; 0: as many as there are."""
        text = self.command(f"port cleanup {port} txq {queue} {at_most}")
        return int(re.search(r"mbuf nums: (\d+)", text)[1])

    def configure_queues(self, rxq, txq):
        """Stop the ports, give them so many queues, start them; forwarding is stopped."""
        said = self.command("port stop all", timeout=30)
        if "Done" not in said:
            raise LabError(f"testpmd did not stop its ports: {said}")
        for side, count in (("rxq", rxq), ("txq", txq)):
            self.command(f"port config all {side} {count}")
        self.start_ports()

    def start_ports(self):
        """LabError if they do not start."""
        said = self.command("port start all", timeout=30)
        if "Done" not in said or "ail" in said:
            raise LabError(f"testpmd did not start its ports: {said}")

    def missing_mbufs(self, pool="mb_pool_0"):
        """How many of a pool's mbufs somebody has; testpmd itself has none while it is stopped."""
        text = self.command(f"dump_mempool {pool}")
        fields = {key: int(value) for key, value in re.findall(r"^\s*(\w+)=(\d+)$", text, re.M)}
        return fields["size"] - fields["common_pool_count"] - fields["total_cache_count"]

    def stop_ports(self):
        """Stop forwarding, if it forwards, and all ports; LabError if they do not stop."""
        self.command("stop")
        said = self.command("port stop all", timeout=30)
        if "Done" not in said:
            raise LabError(f"testpmd did not stop its ports: {said}")

    def quit(self, timeout=20):
        """Leave testpmd by its own command; it must end with status 0."""
        self.send("quit\n")
        if self.wait(timeout) != 0:
            raise LabError(self.obituary())


def _fields(text):
    found = re.findall(r"^([A-Z][\w ()-]*?): (.*)$", text, re.M)
    return {key: value.strip() for key, value in found}


def _received(ether_type, length, segments, rest, flags):
    def word(pattern):
        found = re.search(pattern, rest)
        return found[1].strip() if found else None

    def number(pattern):
        text = word(pattern + r"(0x\w+)")
        return int(text, 16) if text else None

    return Received(int(ether_type, 16), int(length), int(segments),
                    number(r"Receive queue="), number(r"RSS hash="), number(r"VLAN tci="),
                    word(r"hw ptype: ([A-Z0-9_ ]+?) +- "), word(r"sw ptype: ([A-Z0-9_ ]+?) +- "),
                    frozenset(flag.removeprefix("RTE_MBUF_F_RX_") for flag in flags.split()))
