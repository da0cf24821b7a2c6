# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Arguments of the demo, and how it ends: status 0, 1 with a sentence, 2 for
wrong use, 128 + N after signal N."""

import argparse
import sys

from lab import LabError, signals
from lab.signals import Interrupted

from .demo import Demo


def _seconds(text):
    value = int(text)
    if not 1 <= value <= 3600:
        raise ValueError
    return value


_seconds.__name__ = "number of seconds from 1 to 3600"


class _Parser(argparse.ArgumentParser):
    """Wrong use gets one sentence."""

    def error(self, message):
        self.exit(2, f"demo: {message}; ./dev demo --help tells the options\n")


def _arguments():
    parser = _Parser(
        prog="./dev demo",
        description="Carries a real ping and a real iperf3 TCP run of the Linux stack through "
                    "an emulated Hyper-V host and our driver; ends by itself and leaves nothing "
                    "behind.")
    parser.add_argument("--seconds", type=_seconds, default=10, metavar="N",
                        help="length of the iperf3 run (default: 10)")
    parser.add_argument("--pings", type=_seconds, default=100, metavar="N",
                        help="number of pings (default: 100)")
    return parser.parse_args()


def main():
    arguments = _arguments()
    try:
        return Demo(arguments.seconds, arguments.pings).run()
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except Interrupted as signal:
        signals.ignore()
        print(f"\ndemo: stopped by {signal}; everything is taken down", file=sys.stderr)
        return 128 + signal.number


if __name__ == "__main__":
    sys.exit(main())
