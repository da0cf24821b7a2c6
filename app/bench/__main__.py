# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Arguments of the bench, and how it ends: status 0, 1 with a sentence, 2 for
wrong use, 128 + N after signal N."""

import argparse
import shutil
import sys
import time

from lab import Lab, LabError, paths, signals
from lab.signals import Interrupted

from . import sides
from .part import Run, parts
from .results import DIRECTORY, Results

LOGS = paths.BUILD / "bench-logs"
ALL = "all"
# How often each side is measured; and of how long.
ROUNDS = 5
QUICK_ROUNDS = 2
SECONDS = 0.1
QUICK_SECONDS = 0.06


class _Parser(argparse.ArgumentParser):
    """Wrong use gets one sentence."""

    def error(self, message):
        self.exit(2, f"bench: {message}; ./dev bench --help tells the options\n")


def _common(parser):
    parser.add_argument("--quick", action="store_true", help="the main figures only")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help=f"how often each side is measured (default: {ROUNDS}, "
                             f"with --quick {QUICK_ROUNDS})")
    parser.add_argument("--seconds", type=float, metavar="S",
                        help=f"how long each time (default: {SECONDS}, "
                             f"with --quick {QUICK_SECONDS})")
    parser.add_argument("--ours", action="store_true", help="this driver alone")


def _arguments(words, all_parts):
    parser = _Parser(prog="./dev bench", usage="./dev bench [PART] [OPTION ...]",
                     description="Measures this driver and DPDK's own side by side over the "
                                 "emulated host: all parts, or one of them. The results are "
                                 "left in build/bench, bench.json among them.",
                     epilog="Options: --quick, --rounds N, --seconds S, --ours, and those of a "
                            "part; './dev bench PART --help' tells them.")
    commands = parser.add_subparsers(dest="part", required=True, metavar="PART", title="parts",
                                     prog="./dev bench")
    _common(commands.add_parser(ALL, help="all of them; this is what is done without a word"))
    for part in all_parts.values():
        command = commands.add_parser(part.NAME, help=part.HELP, description=part.HELP)
        _common(command)
        if hasattr(part, "options"):
            part.options(command)
    # Options without a part are those of all.
    if not words or words[0].startswith("-") and not {"-h", "--help"} & set(words):
        words = [ALL, *words]
    arguments = parser.parse_args(words)
    arguments.rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    arguments.seconds = arguments.seconds or (QUICK_SECONDS if arguments.quick else SECONDS)
    return arguments


def _options(part, arguments):
    """What a part's own options are: given, or by default."""
    if arguments.part == part.NAME or not hasattr(part, "options"):
        return arguments
    parser = _Parser()
    part.options(parser)
    return parser.parse_args([])


def _say(text):
    print(text, flush=True)


def _tell():
    """Progress: one line in place on a terminal, now and then a line elsewhere."""
    last = [0.0]

    def tell(text):
        if sys.stdout.isatty():
            print(f"\r\033[K{text}", end="", flush=True)
        elif text and time.monotonic() - last[0] > 10:
            last[0] = time.monotonic()
            _say(text)
    return tell


def _settings(arguments):
    return {name: getattr(arguments, name) for name in ("part", "quick", "rounds", "seconds")}


def _measure(arguments, chosen):
    """All of the chosen parts; the names of those that failed."""
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    results = Results("bench" if arguments.part == ALL else arguments.part,
                      _settings(arguments), _say)
    failed = []
    with Lab(logs=LOGS) as lab:
        for note in lab.notes:
            _say(f"note: {note}")
        for part in chosen:
            run = Run(lab, [sides.ours()] if arguments.ours else sides.both(), arguments.rounds,
                      arguments.seconds, arguments.quick, _tell(), _options(part, arguments))
            if not results.take(part, run):
                failed.append(part.NAME)
    results.judge()
    _say(f"\nwritten: {results.written()}, and the pictures in {DIRECTORY}")
    return failed


def _run(words):
    all_parts = parts()
    arguments = _arguments(words, all_parts)
    start = time.monotonic()
    failed = _measure(arguments, [part for name, part in all_parts.items()
                                  if arguments.part in (ALL, name)])
    _say(f"done in {time.monotonic() - start:.0f} s; logs of the programs: {LOGS}")
    if failed:
        raise LabError(f"not measured: {', '.join(failed)}")


def main():
    try:
        _run(sys.argv[1:])
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except Interrupted as signal:
        signals.ignore()
        print(f"\nbench: stopped by {signal}; everything is taken down", file=sys.stderr)
        return 128 + signal.number
    return 0


if __name__ == "__main__":
    sys.exit(main())
