# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Wrong use: one clear sentence and an exit status that is not 0."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from lab import paths, processes
from rig import SINK, fails_with_one_sentence

DEV = paths.ROOT / "dev"
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def try_run(argv, **options):
    return processes.run(argv, check=False, **options)


UUIDS = ["01234567-89ab-cdef-0123-0123456789ab", "01234567-89ab-cdef-0123-0123456789ac"]
NICS = [f"{SINK},guid={uuid}" for uuid in UUIDS]


def hvhost(lab, *args, wrap=()):
    return try_run([*wrap, paths.program("hvhost"), "--dir", lab.host_dir(), *args])


@pytest.fixture
def place():
    """A directory that everybody may read and write."""
    with tempfile.TemporaryDirectory(dir="/tmp") as path:
        os.chmod(path, 0o777)
        yield Path(path)


@pytest.fixture
def l2fwd_says(lab):
    """What l2fwd, which cannot work without its ports, says when it is started wrongly."""
    def start(*eal_args):
        with lab.host(NICS) as host, \
                lab.l2fwd(host, eal_args=eal_args) as l2fwd:
            status = l2fwd.wait()
            assert status > 0, f"ended with status {status}: {l2fwd.output()}"
            return l2fwd.output()
    return start


@pytest.mark.parametrize("command", ["demo", "test"])
def test_without_root_dev_says_that_it_needs_root(command):
    fails_with_one_sentence(try_run([*NOBODY, DEV, command]), "root")


def test_without_root_the_demo_program_says_that_it_needs_root():
    done = try_run([*NOBODY, "/usr/bin/python3", "-B", "-m", "demo"],
                   env={**os.environ, "PYTHONPATH": str(paths.ROOT / "app")})
    fails_with_one_sentence(done, "root")


def test_without_root_hvhost_says_that_a_tap_needs_root(place):
    done = try_run([*NOBODY, paths.program("hvhost"), "--dir", place / "d",
                    "--nic", "port=tap:hvtest"])
    fails_with_one_sentence(done, "hvhost:", "tap:hvtest", "root")


@pytest.mark.parametrize("command", [["nonsense"], ["build", "--nonsense"], ["demo", "--nonsense"],
                                     ["test", "--nonsense"], ["build", "--dpdk"],
                                     ["build", "--dpdk", "/nonexistent"]])
def test_dev_names_what_it_does_not_know(command):
    done = try_run([DEV, *command], timeout=60)
    assert done.returncode == 2
    assert command[-1] in done.stderr


@pytest.mark.parametrize("seconds", ["0", "-1", "ten"])
def test_the_demo_refuses_a_length_that_is_none(seconds):
    done = try_run(["/usr/bin/python3", "-B", "-m", "demo", "--seconds", seconds],
                   env={**os.environ, "PYTHONPATH": str(paths.ROOT / "app")})
    assert done.returncode == 2
    assert seconds in done.stderr.splitlines()[-1]


def test_a_dpdk_tree_of_an_unknown_version_is_refused(place):
    for folder in ("lib", "drivers"):
        (place / folder).mkdir()
    (place / "ABI_VERSION").write_text("20.0\n")
    (place / "VERSION").write_text("19.11.14\n")
    fails_with_one_sentence(try_run([DEV, "build", "--dpdk", place]), "19.11.14", "22.11")


def test_a_directory_that_is_no_dpdk_tree_is_refused(place):
    fails_with_one_sentence(try_run([DEV, "build", "--dpdk", place]), str(place))


def test_a_missing_package_is_named_to_who_cannot_install_it(place):
    # dpkg-query that has never heard of ninja-build, for this one command only.
    real = place / "real"
    fake = place / "fake"
    shutil.copy("/usr/bin/dpkg-query", real)
    fake.write_text(f'#!/bin/sh\ncase "$*" in *ninja-build*) exit 1 ;; esac\nexec {real} "$@"\n')
    os.chmod(fake, 0o755)
    script = f'mount --bind {fake} /usr/bin/dpkg-query && exec "$@"'
    done = try_run(["unshare", "--mount", "sh", "-c", script, "sh", *NOBODY, DEV, "build"])
    fails_with_one_sentence(done, "ninja-build", "apt-get install")


def test_a_tap_in_use_is_named(lab):
    with lab.namespace("left") as left, lab.host([f"port={left.port()}"]):
        fails_with_one_sentence(hvhost(lab, "--nic", f"port={left.port()}"),
                                left.port(), "in use")


def test_a_run_directory_in_use_is_named(lab):
    with lab.host([SINK]) as host:
        done = try_run([paths.program("hvhost"), "--dir", host.dir, "--nic", SINK])
        fails_with_one_sentence(done, str(host.dir))


@pytest.mark.parametrize("options, words", [
    (["--nic", "port=nonsense"], ["nonsense"]),
    (["--nic", "port=sink,nonsense=1"], ["nonsense"]),
    (["--nic", "port=gen,size=20"], ["size=20"]),
    (["--nic", "port=gen,count=many"], ["many"]),
    (["--nic", "port=peer:7"], ["peer:7"]),
    (["--nic", "port=tap:hv0@nonsense"], ["nonsense"]),
    (["--nic", "port=pcap,rx=/nonexistent.pcap"], ["/nonexistent.pcap"]),
    (["--nic", "port=sink,nvsp=3"], ["3"]),
    (["--nic", "port=sink,mac=nonsense"], ["nonsense"]),
    (["--nic", "port=sink", "--profile", "nonsense"], ["nonsense"]),
    (["--nonsense"], ["--nonsense"]),
    ([], ["--nic"]),
])
def test_hvhost_names_what_it_cannot_use(lab, options, words):
    done = hvhost(lab, *options)
    assert done.returncode == 2
    fails_with_one_sentence(done, "hvhost:", *words)


@pytest.mark.parametrize("command", [["run", "--dir"], ["ctl", "--dir"]])
def test_without_a_host_its_users_say_so(lab, command):
    directory = lab.host_dir()
    rest = ["--", "true"] if command[0] == "run" else ["stats"]
    done = try_run([paths.program("hvhost"), *command, directory, *rest])
    fails_with_one_sentence(done, str(directory))


def test_a_host_that_has_been_killed_is_named_as_not_running(lab):
    with lab.host([SINK]) as host:
        host.kill()
        done = try_run(host.guest_command(["true"]))
        fails_with_one_sentence(done, str(host.dir))


def test_a_guest_program_that_does_not_exist_is_named(lab):
    with lab.host([SINK]) as host:
        fails_with_one_sentence(try_run(host.guest_command(["/nonexistent"])), "/nonexistent")


def test_an_unknown_device_argument_is_named(l2fwd_says):
    said = l2fwd_says("-a", f"vmbus:{UUIDS[0]},nonsense=1")
    assert_one_line_says(said, "nonsense")


@pytest.mark.parametrize("argument", ["latency=often", "latency=-1"])
def test_a_bad_value_of_a_device_argument_is_named(l2fwd_says, argument):
    said = l2fwd_says("-a", f"vmbus:{UUIDS[0]},{argument}")
    assert_one_line_says(said, argument.split("=")[0])


@pytest.mark.parametrize("uuid", ["nonsense", "12345678-1234-1234-1234-12345678901",
                                  "12345678-1234-1234-1234-12345678901g"])
def test_a_device_name_that_is_no_uuid_is_named(l2fwd_says, uuid):
    said = l2fwd_says("-a", f"vmbus:{uuid}")
    assert_one_line_says(said, uuid)


def test_a_device_that_is_not_there_is_not_found_and_the_program_says_so(l2fwd_says):
    said = l2fwd_says("-a", "vmbus:00000000-0000-0000-0000-000000000001")
    assert "No Ethernet ports" in said


def test_one_refused_device_does_not_stop_the_other(lab):
    bad, good = UUIDS
    with lab.host(NICS) as host, \
            lab.testpmd(host, eal_args=["-a", f"vmbus:{bad},nonsense=1",
                                        "-a", f"vmbus:{good}"]) as testpmd:
        assert testpmd.port_info(0)["Device name"] == good
        assert "Invalid port" in testpmd.command("show port info 1")
        testpmd.quit()


def assert_one_line_says(said, word):
    """One line of the driver or the EAL, at the time of the probe, names it."""
    assert [line for line in said.splitlines() if word in line], said
