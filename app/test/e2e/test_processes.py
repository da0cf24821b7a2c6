# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Several processes of one DPDK program share its ports, come and go.

The programs are DPDK's own: proc-info, pdump, dumpcap and testpmd.
"""

import re
import time
from contextlib import contextmanager

import flows
from lab import paths, pcapfile, processes
from rig import SINK, assert_intact, generator, numbered, queues, two_nics, wait_all_sent

COUNT = 20_000
FLOWS = 200
CAPTURED = 3000
# Slow enough for a capture on a busy machine.
CAPTURE_RATE = 3000
PDUMP_SIZES = "ring-size=4096,total-num-mbufs=8191"


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
            assert len(found) > 20
            assert {key: int(value) for key, value in found}.items() <= \
                testpmd.xstats(port).items()
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


STREAM = generator(rate=10_000, flows=FLOWS, drop="yes") + ",queues=2"
TWO_QUEUES = SINK + ",queues=2"


def sent_by_queue(host):
    """How many frames have left NIC 1 by each of its queues."""
    return [queue["tx_frames"] for queue in host.nic(1).queues]


def wait_forwards(host, *numbers):
    """Wait until more frames leave by these queues of NIC 1, intact."""
    before = sent_by_queue(host)
    host.wait_until(lambda _: all(sent_by_queue(host)[number] > before[number] + 100
                                  for number in numbers), 20, f"queues {numbers} forward")
    assert host.nic(1).port["sink_corrupted"] == 0


def test_the_killed_primary_process_is_started_again_under_its_name(lab):
    with lab.host([STREAM, TWO_QUEUES]) as host:
        eal = lab.eal()
        for _ in range(3):
            with lab.testpmd(host, queues(2), eal=eal) as testpmd:
                testpmd.command("start")
                wait_forwards(host, 0, 1)
                testpmd.kill()
