# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""hvhost ctl: link events, cards that come and go, captures."""

import json
import socket

import pytest

from lab import paths, processes
from rig import SINK, generator, numbered, two_nics, wait_all_sent

INSTANCE = "6e657473-0000-4000-8000-{:012x}"


def ctl(host, *words, check=True):
    """Ask a host; what it answers."""
    done = processes.run([paths.program("hvhost"), "ctl", "--dir", host.dir, *map(str, words)],
                         check=check)
    return done.stdout if check else done


def seen_devices(host):
    """The instances that a program finds as a guest."""
    listed = processes.run(host.guest_command(["ls", "/sys/bus/vmbus/devices"]))
    return set(listed.stdout.split())


def set_link(host, testpmd, nic, state):
    """Pull or plug a cable, and wait until the application has heard of it."""
    mark = testpmd.mark()
    ctl(host, "link", state, nic)
    testpmd.wait_for(f"Port {nic}: link state change event", start=mark)


def test_the_application_hears_of_a_pulled_and_a_plugged_cable(lab):
    with two_nics(lab, SINK, SINK) as (host, testpmd):
        testpmd.command("start")
        for state in "down", "up":
            set_link(host, testpmd, 1, state)
            assert testpmd.port_info(1)["Link status"] == state
        assert testpmd.port_info(0)["Link status"] == "up"
        testpmd.quit()


def test_a_guest_finds_the_speed_that_the_link_has_been_given(lab):
    with lab.host([SINK, SINK]) as host:
        assert "no guest" in ctl(host, "link", "speed", 0, 25000)
        with lab.testpmd(host) as testpmd:
            assert testpmd.port_info(0)["Link speed"] == "25 Gbps"
            assert testpmd.port_info(1)["Link speed"] == "10 Gbps"
            testpmd.quit()


def test_a_removed_card_vanishes_from_sysfs_and_comes_back(lab):
    with lab.host([SINK, SINK]) as host:
        both = {INSTANCE.format(0), INSTANCE.format(1)}
        assert seen_devices(host) == both
        ctl(host, "remove", 0)
        assert seen_devices(host) == {INSTANCE.format(1)}
        gone = processes.run(host.guest_command(["cat", "/dev/uio0"]), check=False)
        assert "No such file" in gone.stderr
        assert ctl(host, "add", 0) == "nic 0\n"
        assert seen_devices(host) == both
        assert ctl(host, "add", "--nic", SINK) == "nic 2\n"
        assert seen_devices(host) == both | {INSTANCE.format(2)}


def test_a_guest_that_comes_later_works_with_cards_that_were_removed_and_added(lab):
    with lab.host([generator(rate=50_000), SINK]) as host:
        for nic in 0, 1:
            ctl(host, "remove", nic)
        for nic in 0, 1:
            ctl(host, "add", nic)
        with lab.testpmd(host) as testpmd:
            testpmd.command("start")
            host.wait_until(lambda _: host.nic(1).port["sink_intact"] > 1000, 20,
                            "frames cross the cards that came back")
            testpmd.quit()


def test_tshark_reads_a_capture_with_its_directions_and_comments(lab, tmp_path):
    left, right = tmp_path / "left.pcapng", tmp_path / "right.pcapng"
    with two_nics(lab, numbered(100, rate=5_000) + f",capture={left}", SINK) as (host, testpmd):
        ctl(host, "capture", 1, right, 60)
        testpmd.command("start")
        wait_all_sent(host, 0, 100)
        ctl(host, "capture", 1, "off")
        testpmd.quit()
    for file, direction, name, length in (left, "0x00000001", "nic0", "64"), \
                                         (right, "0x00000002", "nic1", "60"):
        fields = ["frame.interface_name", "frame.packet_flags", "frame.cap_len", "frame.len",
                  "frame.comment", "ip.checksum.status"]
        shown = processes.run(["tshark", "-r", file, "-o", "ip.check_checksum:TRUE", "-T", "fields",
                               "-E", "separator=|", *(word for f in fields for word in ("-e", f))])
        lines = [line.split("|") for line in shown.stdout.splitlines()]
        assert len(lines) == 100
        assert all(line == [name, direction, length, "64", "queue 0", "1"] for line in lines)


def test_a_silent_visitor_of_the_control_socket_holds_nobody_up(lab):
    with lab.host([SINK]) as host:
        silent = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(40)]
        for visitor in silent:
            visitor.connect(f"{host.dir}/ctl")
        assert json.loads(ctl(host, "stats", "--json"))["nics"][0]["nic"] == 0
        for visitor in silent:
            visitor.close()


@pytest.mark.parametrize("words", [["fly"], ["link", "up", "9"], ["remove", "9"], ["add", "0"],
                                   ["capture", "0", "/nonexistent/file"]])
def test_what_ctl_cannot_do_is_told_in_one_sentence(lab, words):
    with lab.host([SINK]) as host:
        done = ctl(host, *words, check=False)
        assert done.returncode == 2
        assert done.stderr.startswith("hvhost: ")
        assert done.stderr.count("\n") == 1
