# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Arguments of the bench, and how it ends: status 0, 1 with a sentence, 2 for
wrong use, 128 + N after signal N."""

import argparse
import json
import shutil
import sys
import time
from dataclasses import asdict

from lab import Lab, LabError, paths, signals
from lab.signals import Interrupted

from . import sides, table
from .cell import Load
from .cells import full, quick
from .instructions import count_all
from .pairs import measure_pairs
from .sweep import PERCENTS, sweep, unaccounted

RESULTS = paths.BUILD / "bench"
LOGS = paths.BUILD / "bench-logs"


class _Parser(argparse.ArgumentParser):
    """Wrong use gets one sentence."""

    def error(self, message):
        self.exit(2, f"bench: {message}; ./dev bench --help tells the options\n")


def _rounds(parser, rounds, seconds):
    parser.add_argument("--rounds", type=int, default=rounds, metavar="N",
                        help=f"how often each is measured (default: {rounds})")
    parser.add_argument("--seconds", type=float, default=seconds, metavar="S",
                        help=f"how long each time (default: {seconds})")
    parser.add_argument("--ours", action="store_true", help="this driver alone")


def _arguments(words):
    parser = _Parser(prog="./dev bench",
                     description="Measures this driver and DPDK's own side by side over the "
                                 "emulated host. The results are left in build/bench.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("cells", help="frames per second of every way to use them; "
                                                "this is what is done without a command")
    command.add_argument("--quick", action="store_true", help="the main ones only")
    _rounds(command, 5, 0.1)
    command = commands.add_parser("sweep", help="how a driver bears overload: a picture of the "
                                                "delivered over the offered load")
    _rounds(command, 3, 0.3)
    command.add_argument("--mode", choices=("rxonly", "io"), default="rxonly",
                         help="receive only, or forward (default: rxonly)")
    command.add_argument("--frame", type=int, default=64, metavar="BYTES",
                         help="length of the frames (default: 64)")
    command.add_argument("--work", type=int, default=100, metavar="CYCLES",
                         help="what a frame costs the program itself (default: 100)")
    command = commands.add_parser("instructions", help="how many instructions a frame takes, by "
                                                       "callgrind: the same on any machine")
    command.add_argument("--ours", action="store_true", help="this driver alone")
    # Options without a command are those of the first.
    if not words or words[0].startswith("-") and not {"-h", "--help"} & set(words):
        words = ["cells", *words]
    return parser.parse_args(words)


def _say(text):
    print(text, flush=True)


def _tell():
    """Progress: one line in place on a terminal, now and then a line elsewhere."""
    last = [0.0]

    def tell(text):
        if sys.stdout.isatty():
            print(f"\r\033[K{text}", end="", flush=True)
        elif time.monotonic() - last[0] > 10:
            last[0] = time.monotonic()
            _say(text)
    return tell


def _sweep_json(found):
    return {
        "capacity": found.capacity,
        "fall_after_peak": found.fall_after_peak(),
        "failed": found.failed(),
        "points": [asdict(point) for point in found.points],
        "heavy": found.heavy,
        "books": [account and {**account, "unaccounted": unaccounted(account)}
                  for account in found.books],
    }


def _write(name, results):
    (RESULTS / name).write_text(json.dumps(results, indent=1), encoding="utf-8")


def _cells(arguments, lab, chosen):
    from . import picture  # which --help can do without
    title = f"bursts of one queue and lcore, medians of {arguments.rounds} rounds"
    tell = _tell()
    pairs = measure_pairs(lab, chosen, quick() if arguments.quick else full(),
                          rounds=arguments.rounds, seconds=arguments.seconds, tell=tell)
    tell("")
    _write("bench.json", {"seconds": arguments.seconds, "rounds": arguments.rounds,
                          "cells": [pair.as_dict() for pair in pairs]})
    picture.cells(pairs, title, RESULTS / "bench")
    for line in table.cell_lines(pairs):
        _say(line)
    _say(f"\nwritten: {RESULTS}/bench.json, bench.svg, bench.png")


def _sweep(arguments, lab, chosen):
    from . import picture
    load = Load(mode=arguments.mode, frame=arguments.frame, work=arguments.work)
    title = (f"{load.mode}, {load.frame} byte frames, bursts of {load.burst}, one queue, "
             f"{load.work} cycles of work per frame")
    tell = _tell()
    found = sweep(lab, chosen, load, percents=PERCENTS, seconds=arguments.seconds,
                  rounds=arguments.rounds, tell=tell)
    tell("")
    _write("sweep.json", {"load": asdict(load), "seconds": arguments.seconds,
                          "sides": {one.side.name: _sweep_json(one) for one in found}})
    picture.sweep(found, title, RESULTS / "sweep")
    _say(title)
    for one in found:
        _say("")
        for line in table.sweep_lines(one):
            _say(line)
    _say(f"\nwritten: {RESULTS}/sweep.json, sweep.svg, sweep.png")


def _instructions(_, lab, chosen):
    tell = _tell()
    counts = count_all(lab, chosen, tell)
    tell("")
    _write("instructions.json", [count.as_dict() for count in counts])
    for line in table.instruction_lines(counts):
        _say(line)
    _say(f"\nwritten: {RESULTS}/instructions.json")


def _run(arguments):
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    RESULTS.mkdir(parents=True, exist_ok=True)
    chosen = [sides.ours()] if arguments.ours else sides.both()
    with Lab(logs=LOGS) as lab:
        for note in lab.notes:
            _say(f"note: {note}")
        {"cells": _cells, "sweep": _sweep,
         "instructions": _instructions}[arguments.command](arguments, lab, chosen)


def main():
    arguments = _arguments(sys.argv[1:])
    start = time.monotonic()
    try:
        _run(arguments)
        _say(f"done in {time.monotonic() - start:.0f} s; logs of the programs: {LOGS}")
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
