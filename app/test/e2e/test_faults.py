# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""A host whose answers are late, lost, told twice or out of order."""

import pytest

from lab import paths, processes
from rig import SINK, assert_conserved, assert_intact, numbered, queues, two_nics, wait_all_sent

COUNT = 20_000
# What can be on its way in 0.1 s has a descriptor each.
FEW = 5_000

# While a card is set up, and while it is used. What is lost is waited for in other tests.
SETTING_UP = ["nvsp:late:300", "nvsp@2:late:2000", "nvsp:twice", "rndis:late:50",
              "rndis@1:late:2000", "rndis:twice", "rndis@2:late:1500", "done:late:100",
              "done@1:never", "done@3:swap", "done:twice", "rndis@5:late:700+done@5:late:1400"]
SENDING = ["sent:late:20", "sent@10:late:1000", "sent@7:swap+sent@20:swap", "sent:twice"]


def ctl(host, *words):
    processes.run([paths.program("hvhost"), "ctl", "--dir", host.dir, *map(str, words)])


def assert_played(host, nic, script):
    """Each fault of the script has happened: otherwise the test shows nothing."""
    played = host.nic(nic).faults
    assert set(played) == set(script.split("+"))
    assert all(played.values()), played


@pytest.mark.deadline(120)
@pytest.mark.parametrize("script", SETTING_UP)
def test_a_card_comes_up_and_works_whenever_and_however_often_it_is_answered(lab, script):
    left, right = numbered(COUNT, rate=50_000, delay=500), SINK
    with two_nics(lab, f"{left},queues=2,fault={script}", f"{right},queues=2",
                  [*queues(2), "--auto-start"]) as (host, testpmd):
        wait_all_sent(host, 0, COUNT)
        assert_intact(host, 0, 1, COUNT)
        assert_played(host, 0, script)
        testpmd.command("stop")
        assert_conserved(host, testpmd)


@pytest.mark.deadline(120)
@pytest.mark.parametrize("script", SENDING)
def test_frames_whose_completions_are_late_out_of_order_or_doubled_arrive_once(lab, script):
    left = numbered(COUNT, rate=50_000, delay=500)
    with two_nics(lab, left, f"{SINK},fault={script}", ["--auto-start"]) as (host, testpmd):
        wait_all_sent(host, 0, COUNT)
        assert_intact(host, 0, 1, COUNT)
        assert_played(host, 1, script)
        testpmd.command("stop")
        ctl(host, "fault", 1, "none")
        assert_conserved(host, testpmd)


@pytest.mark.deadline(120)
def test_a_host_that_takes_its_time_for_everything_gets_all_done(lab):
    with two_nics(lab, numbered(FEW, rate=2_000, delay=500), SINK,
                  ["--auto-start"]) as (host, testpmd):
        for nic in (0, 1):
            ctl(host, "delay", nic, 100)
        for mode in ("on", "off", "on"):
            assert "rror" not in testpmd.command(f"set promisc 0 {mode}")
        wait_all_sent(host, 0, FEW)
        assert_intact(host, 0, 1, FEW)
        testpmd.command("stop")
        testpmd.command("port stop all", timeout=30)
        testpmd.command("port start all", timeout=30)
        assert "removal event" not in testpmd.output()
        for nic in (0, 1):
            ctl(host, "delay", nic, "off")
        assert_conserved(host, testpmd)


@pytest.mark.deadline(120)
def test_control_operations_find_their_own_answers_among_late_and_doubled_ones(lab):
    script = "rndis@1:late:400+rndis@2:twice+rndis@4:late:900+done@2:late:600"
    with two_nics(lab, numbered(COUNT, rate=20_000, delay=500), SINK,
                  ["--auto-start"]) as (host, testpmd):
        ctl(host, "fault", 0, script)
        for mode in ("on", "off", "on", "off", "on", "off"):
            assert "rror" not in testpmd.command(f"set promisc 0 {mode}")
            assert "rror" not in testpmd.command(f"set allmulti 0 {mode}")
        assert_played(host, 0, script)
        testpmd.command("set promisc 0 on")
        wait_all_sent(host, 0, COUNT)
        assert host.nic(1).port["sink_corrupted"] == 0


@pytest.mark.deadline(120)
def test_a_port_whose_last_frames_are_never_completed_stops_and_starts_again(lab):
    with two_nics(lab, numbered(COUNT, rate=50_000, delay=500), f"{SINK},fault=sent@5:never",
                  ["--auto-start"]) as (host, testpmd):
        wait_all_sent(host, 0, COUNT)
        assert_played(host, 1, "sent@5:never")
        before = host.nic(1).opens
        testpmd.command("stop")
        assert "did not complete 1 transmits" in testpmd.command("port stop 1", timeout=30)
        testpmd.command("port start 1", timeout=30)
        assert "removal event" not in testpmd.output()
        assert host.nic(1).opens > before, "it was connected to anew"
