# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Programs in the background: started, listened to, always ended.

Output of a program goes through a pseudo terminal, so that it comes line by
line, into its log file and into a buffer where tests and demo wait for words.
The kernel kills the program if we die first.
"""

import os
import re
import signal
import subprocess
import threading
import time

from . import signals
from .errors import LabError


def run(argv, timeout=30, netns=None, check=True, **options):
    """Run a short program to its end; its stdout and stderr are captured as text."""
    argv = [str(arg) for arg in in_netns(netns, argv)]
    popen = None
    try:
        with signals.deferred():
            popen = _popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, **options)
        stdout, stderr = popen.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise LabError(f"{argv[0]} did not end within {timeout} s") from None
    finally:
        if popen:
            popen.kill()
            popen.wait()
    if check and popen.returncode != 0:
        raise LabError(f"'{' '.join(argv)}' failed: {one_line(stderr or stdout)}")
    return subprocess.CompletedProcess(argv, popen.returncode, stdout, stderr)


def _popen(argv, **options):
    try:
        return subprocess.Popen(argv, **options)
    except OSError as error:
        raise LabError(f"cannot run {argv[0]}: {error.strerror}") from None


def in_netns(netns, argv):
    """The command that runs argv inside the network namespace of that name."""
    return ["nsenter", f"--net=/run/netns/{netns}", "--"] + list(argv) if netns else list(argv)


def one_line(text):
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


_started = []


def kill_all():
    """End every program that is still in the background."""
    while _started:
        _started[-1].kill()
        _started.pop()


class Process:
    """A program in the background with its output in a log file.

    cpus: as taskset -c takes them. stdin: a pipe for send() if true, else empty.
    """

    def __init__(self, name, argv, log, *, stdin=False, cpus=None, netns=None, env=None):
        self.name = name
        self.log = log
        self._text = ""
        self._news = threading.Condition()
        self._ended = False
        command = ["setpriv", "--pdeathsig", "KILL"]
        if cpus:
            command += ["taskset", "-c", cpus]
        command += in_netns(netns, argv)
        with signals.deferred():
            self._start([str(arg) for arg in command], stdin, env)

    def _start(self, command, stdin, env):
        master, slave = os.openpty()
        try:
            # Its own session: Ctrl-C on the terminal is for us to handle.
            self.popen = _popen(command, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                                stdout=slave, stderr=slave, start_new_session=True,
                                env={**os.environ, **(env or {})})
        except LabError:
            os.close(master)
            raise
        finally:
            os.close(slave)
        _started.append(self)
        self._reader = threading.Thread(target=self._read, args=(master,), daemon=True)
        self._reader.start()

    def _read(self, master):
        with open(self.log, "a", encoding="utf-8") as log:
            while True:
                try:
                    data = os.read(master, 65536)
                except OSError:  # EIO: nobody has the other end any more
                    data = b""
                text = data.decode("utf-8", "replace").replace("\r", "")
                log.write(text)
                log.flush()
                with self._news:
                    self._text += text
                    self._ended = not data
                    self._news.notify_all()
                if not data:
                    break
        os.close(master)

    @property
    def pid(self):
        return self.popen.pid

    def output(self, start=0):
        """What the program has said, from a position that mark() gave."""
        with self._news:
            return self._text[start:]

    def mark(self):
        """Now, as a position in the output."""
        with self._news:
            return len(self._text)

    def is_running(self):
        return self.popen.poll() is None

    def check_running(self):
        """LabError if it is not."""
        if not self.is_running():
            raise LabError(self.obituary())

    def obituary(self):
        """How the program ended and what it said last, as a sentence."""
        status = self.wait()
        end = f"was killed by {signal.Signals(-status).name}" if status < 0 \
            else f"ended with status {status}"
        return f"{self.name} {end}; it said last: {one_line(self.output())} (log: {self.log})"

    def wait_for(self, pattern, timeout=20, start=0):
        """Wait until the output after start matches; returns the match."""
        regex = re.compile(pattern, re.MULTILINE)
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                found = regex.search(self._text, start)
                if found:
                    return found
                left = deadline - time.monotonic()
                if self._ended:
                    break
                if left <= 0:
                    raise LabError(f"{self.name} did not say '{pattern}' within {timeout} s; "
                                   f"last: {one_line(self._text)} (log: {self.log})")
                self._news.wait(min(left, 0.5))
        raise LabError(self.obituary())

    def send(self, text):
        """Write to the program's standard input."""
        try:
            self.popen.stdin.write(text.encode())
            self.popen.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise LabError(self.obituary()) from None

    def wait(self, timeout=20):
        """Wait for the program's end; returns its exit status, negative for a signal."""
        try:
            status = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} did not end within {timeout} s "
                           f"(log: {self.log})") from None
        self._reader.join(5)
        return status

    def signal(self, number):
        """Send a signal to the program and its children."""
        if self.is_running():
            os.killpg(self.pid, number)

    def stop(self, timeout=10):
        """Ask it to end; returns the exit status. Killed, and an error, if it does not obey."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout)
        except LabError:
            self.kill()
            raise

    def kill(self):
        """End it now."""
        with signals.deferred():
            self.signal(signal.SIGKILL)
            self.popen.wait()
            self._reader.join(5)
            if self.popen.stdin:
                try:
                    self.popen.stdin.close()
                except BrokenPipeError:
                    pass
