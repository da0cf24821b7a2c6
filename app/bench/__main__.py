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
from .sweep import PERCENTS, sweep, unaccounted

RESULTS = paths.BUILD / "bench"
LOGS = paths.BUILD / "bench-logs"


class _Parser(argparse.ArgumentParser):
    """Wrong use gets one sentence."""

    def error(self, message):
        self.exit(2, f"bench: {message}; ./dev bench --help tells the options\n")


def _arguments():
    parser = _Parser(prog="./dev bench",
                     description="Measures this driver and DPDK's own side by side over the "
                                 "emulated host. The results are left in build/bench.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("sweep", help="how a driver bears overload: a picture of the "
                                                "delivered over the offered load")
    command.add_argument("--rounds", type=int, default=3, metavar="N",
                         help="how often each rate is measured (default: 3)")
    command.add_argument("--seconds", type=float, default=0.3, metavar="S",
                         help="how long each time (default: 0.3)")
    command.add_argument("--mode", choices=("rxonly", "io"), default="rxonly",
                         help="receive only, or forward (default: rxonly)")
    command.add_argument("--frame", type=int, default=64, metavar="BYTES",
                         help="length of the frames (default: 64)")
    command.add_argument("--work", type=int, default=100, metavar="CYCLES",
                         help="what a frame costs the program itself (default: 100)")
    command.add_argument("--ours", action="store_true", help="this driver alone")
    return parser.parse_args()


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


def _sweep(arguments):
    from . import picture  # which --help can do without
    load = Load(mode=arguments.mode, frame=arguments.frame, work=arguments.work)
    title = (f"{load.mode}, {load.frame} byte frames, bursts of {load.burst}, one queue, "
             f"{load.work} cycles of work per frame")
    tell = _tell()
    with Lab(logs=LOGS) as lab:
        for note in lab.notes:
            _say(f"note: {note}")
        found = sweep(lab, [sides.ours()] if arguments.ours else sides.both(), load,
                      percents=PERCENTS, seconds=arguments.seconds, rounds=arguments.rounds,
                      tell=tell)
    tell("")
    (RESULTS / "sweep.json").write_text(
        json.dumps({"load": asdict(load), "seconds": arguments.seconds,
                    "sides": {one.side.name: _sweep_json(one) for one in found}}, indent=1),
        encoding="utf-8")
    picture.sweep(found, title, RESULTS / "sweep")
    _say(title)
    for one in found:
        _say("")
        for line in table.sweep_lines(one):
            _say(line)
    _say(f"\nwritten: {RESULTS}/sweep.json, sweep.svg, sweep.png")


def main():
    arguments = _arguments()
    start = time.monotonic()
    try:
        shutil.rmtree(LOGS, ignore_errors=True)
        LOGS.mkdir(parents=True)
        RESULTS.mkdir(parents=True, exist_ok=True)
        {"sweep": _sweep}[arguments.command](arguments)
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
