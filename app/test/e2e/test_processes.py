# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Several processes of one DPDK program share its ports, come and go.

The programs are DPDK's own: proc-info, pdump, dumpcap, symmetric_mp and testpmd;
and hv-ownpool, see its source.
"""

import os
import random
import re
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

import flows
from lab import paths, pcapfile, processes
from rig import SINK, assert_intact, generator, numbered, queues, two_nics, wait_all_sent

COUNT = 20_000
FLOWS = 200
CAPTURED = 3000
# Slow enough for a capture on a busy machine.
CAPTURE_RATE = 3000
PDUMP_SIZES = "ring-size=4096,total-num-mbufs=8191"
STREAM = generator(rate=10_000, flows=FLOWS, drop="yes") + ",queues=2"
TWO_QUEUES = SINK + ",queues=2"


def proc_info(lab, host, primary, *args):
    """What dpdk-proc-info tells of a running program."""
    with lab.proc_info(host, primary, args) as shown:
        assert shown.wait() == 0, shown.output()
        return shown.output()


def of_port(port, text):
    """A port's part of what proc-info tells of the counters of all."""
    return re.search(rf"statistics for port {port} (?s:.*?)\n(?s:.*?)(?= statistics for|\Z)",
                     text)[0]


def test_proc_info_shows_the_counters_of_a_running_program(lab):
    with two_nics(lab, numbered(COUNT), SINK) as (host, testpmd):
        testpmd.command("start")
        wait_all_sent(host, 0, COUNT)
        basic = proc_info(lab, host, testpmd, "--stats")
        assert f"RX-packets: {COUNT} " in of_port(0, basic)
        assert f"TX-packets: {COUNT} " in of_port(1, basic)
        extended = proc_info(lab, host, testpmd, "--xstats")
        for port in (0, 1):
            found = re.findall(r"^(\w+): (\d+)$", of_port(port, extended), re.M)
            assert {key: int(value) for key, value in found} == testpmd.xstats(port)
        testpmd.quit()


def test_proc_info_shows_link_device_and_table_of_a_running_program(lab):
    with two_nics(lab, SINK + ",queues=2,speed=25G", SINK + ",queues=2", queues(2)) \
            as (host, testpmd):
        shown = proc_info(lab, host, testpmd, "--show-port")
        assert "Link up at 25 Gbps FDX" in shown
        assert "net_netvsc" in shown
        assert "02:15:5D:00:00:00" in shown and "02:15:5D:00:00:01" in shown
        table = proc_info(lab, host, testpmd, "--show-rss-reta")
        found = [int(queue) for queue in re.findall(r"hash index=\d+, queue=(\d+)", table)]
        assert found[:128] == testpmd.reta(0, 128)
        testpmd.quit()


@contextmanager
def forwarding_of_a_file(lab, logs):
    """testpmd between a file's frames and a file, not yet forwarding; and those frames."""
    frames = flows.mixed(FLOWS, CAPTURED)
    pcapfile.write(logs / "sent.pcap", frames)
    with two_nics(lab, f"port=pcap,rx={logs / 'sent.pcap'},rate={CAPTURE_RATE},delay=6000",
                  f"port=pcap,tx={logs / 'received.pcap'}") as (host, testpmd):
        testpmd.command("start")
        yield host, testpmd, frames
        testpmd.quit()
    assert pcapfile.read(logs / "received.pcap") == frames


def wait_forwarded(host, count):
    """Wait until so many frames have left by NIC 1."""
    host.wait_until(lambda _: host.nic(1).tx_frames == count, 30, f"{count} frames are forwarded")


def test_pdump_captures_all_that_two_ports_receive_and_send_in_order(lab, logs):
    with forwarding_of_a_file(lab, logs) as (host, testpmd, frames):
        # Its names of files are short.
        received, sent = host.dir / "rx.pcap", host.dir / "tx.pcap"
        with lab.pdump(host, testpmd,
                       [f"--pdump=port=0,queue=*,rx-dev={received},{PDUMP_SIZES}",
                        f"--pdump=port=1,queue=*,tx-dev={sent},{PDUMP_SIZES}"]) as pdump:
            pdump.wait_for(r"port 1 device \(.*\) queue")
            assert host.nic(0).rx_frames == 0
            wait_forwarded(host, CAPTURED)
            assert pdump.stop() == 0
            assert pcapfile.read(received) == frames
            assert pcapfile.read(sent) == frames


def test_dumpcap_captures_all_that_a_port_receives_in_order(lab, logs):
    with forwarding_of_a_file(lab, logs) as (host, testpmd, frames):
        with lab.dumpcap(host, testpmd, ["-i", "0", "-w", logs / "dump.pcapng",
                                         "-c", CAPTURED]) as dumpcap:
            dumpcap.wait_for(r"Capturing on")
            assert host.nic(0).rx_frames == 0
            assert dumpcap.wait(40) == 0, dumpcap.output()
        # What it writes is read by another program.
        processes.run(["tshark", "-r", logs / "dump.pcapng", "-F", "pcap",
                       "-w", logs / "dump.pcap"])
        assert pcapfile.read(logs / "dump.pcap") == frames
        wait_forwarded(host, CAPTURED)


def test_traffic_goes_on_when_a_capture_is_killed(lab):
    with two_nics(lab, numbered(COUNT, rate=5000), SINK) as (host, testpmd):
        testpmd.command("start")
        with lab.pdump(host, testpmd, [f"--pdump=port=0,queue=*,rx-dev={host.dir / 'rx.pcap'},"
                                       f"{PDUMP_SIZES}"]) as pdump:
            pdump.wait_for(r"port 0 device \(.*\) queue")
            time.sleep(0.3)
            pdump.kill()
        wait_all_sent(host, 0, COUNT)
        assert_intact(host, 0, 1, COUNT)
        testpmd.quit()


def symmetric_mp(lab, host, count, number, eal):
    """One of so many processes, polling its own queues."""
    return lab.guest(host, paths.program("dpdk-symmetric_mp"),
                     ["-p", "3", f"--num-procs={count}", f"--proc-id={number}"], eal=eal)


def wait_polling(process, number):
    """Wait until that one does."""
    process.wait_for(rf"using queue {number} of each port", 40)


@contextmanager
def symmetric_processes(lab, host, count):
    """So many processes of symmetric_mp, each with a queue of both ports; the primary first."""
    with ExitStack() as stack:
        first = stack.enter_context(
            symmetric_mp(lab, host, count, 0, lab.eal(lab.cores.polling_lcore())))
        wait_polling(first, 0)
        others = [stack.enter_context(
            symmetric_mp(lab, host, count, number, lab.secondary_eal(first, number)))
            for number in range(1, count)]
        for number, process in enumerate(others, start=1):
            wait_polling(process, number)
        yield [first, *others]


def received_by(process):
    """How many frames a process of symmetric_mp has received from port 0, as it says at its end."""
    assert process.stop() == 0
    return int(re.search(r"Port 0: RX - (\d+)", process.output())[1])


@pytest.mark.parametrize("count", [2, 4])
def test_processes_forward_all_flows_each_on_its_own_queues(lab, count):
    card = f",queues={count}"
    with lab.host([numbered(COUNT, flows=FLOWS, delay=1000) + card, SINK + card]) as host, \
            symmetric_processes(lab, host, count) as members:
        wait_all_sent(host, 0, COUNT)
        assert_intact(host, 0, 1, COUNT)
        own = [queue["rx_frames"] for queue in host.nic(0).queues]
        assert len(own) == count and min(own) > COUNT / count / 2
        assert [queue["tx_frames"] for queue in host.nic(1).queues] == own
        # The primary leaves last.
        assert [received_by(process) for process in members[::-1]] == own[::-1]


@contextmanager
def two_testpmds(lab, host, args=()):
    """testpmd and a secondary process of it, each with one of two queues, not yet forwarding."""
    args = [*queues(2), "--num-procs=2", *args]
    with lab.testpmd(host, [*args, "--proc-id=0"]) as first, \
            second_testpmd(lab, host, first, args) as second:
        yield first, second


def second_testpmd(lab, host, first, args):
    """The secondary one of two; see two_testpmds()."""
    return lab.testpmd(host, [*args, "--proc-id=1"],
                       eal=first.eal.secondary(lab.cores.lcores(first=2)))


def test_two_testpmds_forward_all_flows_each_on_its_own_queues(lab):
    with lab.host([numbered(COUNT, flows=FLOWS) + ",queues=2", SINK + ",queues=2"]) as host, \
            two_testpmds(lab, host) as (first, second):
        first.command("start")
        second.command("start")
        wait_all_sent(host, 0, COUNT)
        assert_intact(host, 0, 1, COUNT)
        own = [queue["rx_frames"] for queue in host.nic(0).queues]
        assert min(own) > COUNT / 4
        # The counters of a port are of all its processes.
        assert first.port_stats(0)["RX-packets"] == COUNT
        assert second.port_stats(1)["TX-packets"] == COUNT
        assert first.queue_xstats(0, "rx", "packets") == own
        second.quit()
        first.quit()


def test_a_secondary_process_sends_from_memory_that_it_has_allocated_itself(lab, logs):
    with two_nics(lab, f"port=pcap,tx={logs / 'sent.pcap'},queues=2", TWO_QUEUES, queues(2)) \
            as (host, testpmd):
        with lab.guest(host, paths.program("hv-ownpool"), eal=lab.secondary_eal(testpmd, 2)) as own:
            assert own.wait() == 0, own.output()
        sent = pcapfile.read(logs / "sent.pcap")
        assert len(sent) == 4000
        assert all(frame == bytes((number + at) % 256 for at in range(1400))
                   for number, frame in enumerate(sent))
        # None by the host's send buffer: it has read them where the process had them.
        assert host.nic(0).tx_sections == 0
        assert testpmd.queue_xstats(0, "tx", "packets") == [0, 4000]
        testpmd.quit()


def sent_by_queue(host):
    """How many frames have left NIC 1 by each of its queues."""
    return [queue["tx_frames"] for queue in host.nic(1).queues]


def wait_forwards(host, *numbers):
    """Wait until more frames leave by these queues of NIC 1, intact."""
    before = sent_by_queue(host)
    host.wait_until(lambda _: all(sent_by_queue(host)[number] > before[number] + 100
                                  for number in numbers), 20, f"queues {numbers} forward")
    assert host.nic(1).port["sink_corrupted"] == 0


def test_the_primary_process_goes_on_when_a_secondary_one_is_killed_and_the_next_one_works(lab):
    with lab.host([STREAM, TWO_QUEUES]) as host, \
            symmetric_processes(lab, host, 2) as (first, second):
        wait_forwards(host, 0, 1)
        for _ in range(3):
            second.kill()
            wait_forwards(host, 0)
            second = symmetric_mp(lab, host, 2, 1, lab.secondary_eal(first))
            wait_polling(second, 1)
            wait_forwards(host, 0, 1)
        second.kill()


def test_secondary_processes_outlive_a_killed_primary_one_and_a_new_one_works(lab):
    with lab.host([STREAM, TWO_QUEUES]) as host:
        with symmetric_processes(lab, host, 2) as (first, second):
            wait_forwards(host, 0, 1)
            first.kill()
            time.sleep(2)
            second.check_running()
            assert second.stop() == 0
        with symmetric_processes(lab, host, 2):
            wait_forwards(host, 0, 1)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_the_host_serves_the_next_guest_whoever_was_killed_first(lab, order):
    card = ",queues=3"
    stream = generator(rate=5000, flows=FLOWS, drop="yes") + card
    with lab.host([stream, SINK + card]) as host:
        with symmetric_processes(lab, host, 3) as members:
            wait_forwards(host, 0, 1, 2)
            for number in order:
                members[number].kill()
        host.wait_until(lambda _: not host.nic(0).listens, 10, "the card is closed")
        with symmetric_processes(lab, host, 3):
            wait_forwards(host, 0, 1, 2)


def test_the_killed_primary_process_is_started_again_under_its_name(lab):
    with lab.host([STREAM, TWO_QUEUES]) as host:
        eal = lab.eal()
        for _ in range(3):
            with lab.testpmd(host, queues(2), eal=eal) as testpmd:
                testpmd.command("start")
                wait_forwards(host, 0, 1)
                testpmd.kill()


def polls(process):
    """Wait until the second process of two polls."""
    wait_polling(process, 1)


def has_open(process, name):
    """Whether it has a file of that name open."""
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if os.path.basename(os.readlink(link)) == name:
                return True
    return False


def begins(process):
    """Wait until the driver begins its work in a process, with a file that all of them share."""
    deadline = time.monotonic() + 20
    while not has_open(process, "netvsc_life"):
        process.check_running()
        assert time.monotonic() < deadline, process.output()
        time.sleep(0.001)


# Not before: who is killed within EAL's own start may leave EAL's locks held, for ever.
@pytest.mark.long
@pytest.mark.deadline(300)
@pytest.mark.parametrize("since, longest", [(begins, 0.02), (polls, 0.3)])
def test_a_secondary_process_killed_at_any_point_leaves_the_others_at_work(lab, since, longest):
    chance = random.Random(4)
    with lab.host([STREAM, TWO_QUEUES]) as host, \
            symmetric_processes(lab, host, 2) as (first, second):
        for _ in range(40):
            second.kill()
            wait_forwards(host, 0)
            second = symmetric_mp(lab, host, 2, 1, lab.secondary_eal(first))
            since(second)
            time.sleep(chance.uniform(0, longest))
        second.kill()
        second = symmetric_mp(lab, host, 2, 1, lab.secondary_eal(first))
        wait_polling(second, 1)
        wait_forwards(host, 0, 1)
        assert first.ledger(0).faults == []
        assert received_by(second) > 0


@pytest.mark.parametrize("change", [
    [],
    ["port config mtu 0 2000", "port config mtu 1 2000"],
    ["port config all rxd 256", "port config all txd 512"],
])
def test_the_primary_process_stops_changes_and_starts_its_ports_under_the_other_one_s_polling(
        lab, change):
    with lab.host([STREAM, TWO_QUEUES]) as host, two_testpmds(lab, host) as (first, second):
        first.command("start")
        second.command("start")
        for _ in range(3):
            wait_forwards(host, 0, 1)
            first.stop_ports()
            for line in change:
                first.command(line)
            first.start_ports()
            first.command("start")
        wait_forwards(host, 0, 1)
        second.quit()
        wait_forwards(host, 0)
        first.quit()


def test_all_processes_survive_the_loss_of_a_card_that_they_poll(lab):
    with lab.host([STREAM, TWO_QUEUES]) as host, \
            symmetric_processes(lab, host, 2) as (first, second):
        wait_forwards(host, 0, 1)
        processes.run([paths.program("hvhost"), "ctl", "--dir", host.dir, "remove", "0"])
        time.sleep(2)
        for process in (first, second):
            process.check_running()
        assert received_by(second) > 0
        assert received_by(first) > 0


def test_all_processes_survive_the_host(lab):
    with lab.host([STREAM, TWO_QUEUES]) as host, \
            symmetric_processes(lab, host, 2) as (first, second):
        wait_forwards(host, 0, 1)
        host.kill()
        time.sleep(2)
        assert received_by(second) > 0
        assert received_by(first) > 0
