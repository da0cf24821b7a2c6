# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""What all end-to-end tests share: a Lab each, a deadline, their logs.

Run with PYTHONPATH=app python3 -m pytest app/test/e2e (./dev test does).
"""

import os
import re
import shutil
import signal
from contextlib import contextmanager

import pytest

from lab import Lab, LabError, paths

LOGS = paths.BUILD / "e2e-logs"
DEADLINE = 60


def pytest_addoption(parser):
    """Our own option."""
    parser.addoption("--long", action="store_true",
                     help="run the tests that take minutes, too")


def pytest_configure(config):
    """Our own markers."""
    config.addinivalue_line("markers", "deadline(seconds): how long the test may take "
                                       f"(default: {DEADLINE})")
    config.addinivalue_line("markers", "long: takes minutes; runs with --long only")


def pytest_collection_modifyitems(config, items):
    """Long tests are chosen by an option, so they are no skips."""
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_sessionstart():
    """Without root nothing here can work."""
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests need root", returncode=2)


@contextmanager
def _deadline(seconds):
    def expire(*_):
        raise LabError(f"the test ran longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def deadline(request):
    """Every test ends."""
    marker = request.node.get_closest_marker("deadline")
    with _deadline(marker.args[0] if marker else DEADLINE):
        yield


@pytest.fixture
def logs(request):
    """A directory for the logs and captures of the test; kept until the next run."""
    name = re.sub(r"[^\w.-]+", "-", request.node.name)
    path = LOGS / request.node.path.stem / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


@pytest.fixture
def lab(logs):
    """A Lab that is taken down at the end of the test."""
    with Lab(logs=logs) as the_lab:
        yield the_lab
