# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Signals as exceptions that never come in the middle of something.

SIGINT, SIGTERM and SIGHUP raise Interrupted in the main thread, once: who
presses Ctrl-C again does not interrupt the clearing up. Inside deferred() they
wait until its end, so that whatever is made there is also written down before
anybody has to take it away.
"""

import signal
from contextlib import contextmanager

CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_depth = 0
_pending = None
_raised = False


class Interrupted(KeyboardInterrupt):
    """A signal asked the program to end."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.number = number


def _raise(number):
    global _pending, _raised
    _pending = None
    if not _raised:
        _raised = True
        raise Interrupted(number)


def _handler(number, _frame):
    global _pending
    if _depth:
        _pending = number
    else:
        _raise(number)


def install():
    """Call in the main thread before anything is made."""
    global _raised
    _raised = False
    for number in CAUGHT:
        signal.signal(number, _handler)


def ignore():
    """For the end of the program, when nothing is left to interrupt."""
    for number in CAUGHT:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def deferred():
    """Signals that come in here are raised on leaving, unless an error is."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
    if _depth == 0 and _pending is not None:
        _raise(_pending)
