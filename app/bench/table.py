# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Results as text, in columns."""

import re


def columns(head, rows):
    """Lines of a table: a tuple of words for the head, one for each row; the first is the name."""
    table = [head, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    return ["  ".join([row[0].ljust(widths[0]),
                       *(word.rjust(width) for word, width in zip(row[1:], widths[1:]))]).rstrip()
            for row in table]


def millions(rate):
    """A rate in millions a second."""
    return f"{rate / 1e6:.2f}"


def milliseconds(microseconds):
    """A time; None is for ever."""
    return "never" if microseconds is None else f"{microseconds / 1000:.1f}"


def _limit(sweep, percent):
    if sweep.host_limited(percent):
        return "host"
    dropped, offered = (sweep.at(percent, name).median for name in ("dropped", "offered"))
    return "guest" if dropped > 0.01 * offered else "load"


def _row(sweep, percent):
    delivered = sweep.at(percent, "delivered")
    longest = sweep.longest_us(percent)
    return (f"{percent} %", *(millions(sweep.at(percent, name).median)
                              for name in ("wanted", "offered")),
            millions(delivered.median), f"{millions(delivered.low)}-{millions(delivered.high)}",
            _limit(sweep, percent),
            *(milliseconds(longest and longest[name]) for name in ("promiscuous", "link", "rest")))


def sweep_lines(sweep):
    """One side's sweep."""
    head = ("load", "wanted", "offered", "delivered", "range", "limit", "promiscuous", "link",
            "burst")
    heavy = sweep.longest_heavy_us()
    yield (f"{sweep.side.label}: capacity {millions(sweep.capacity)} million frames per second; "
           f"behind the peak it falls by {100 * sweep.fall_after_peak():.0f} %")
    yield from columns(head, [_row(sweep, percent) for percent in sweep.percents()])
    yield "longest restart and MTU change at the highest load: " + (
        "they did not come back" if heavy is None else
        ", ".join(f"{name} {milliseconds(time)} ms" for name, time in heavy.items()))
    for what, count in sweep.failed().items():
        yield f"failed {count} times: {what}"


# How figures of a unit are told: times so much, with so many digits, by this name.
UNITS = {
    "frames/s": (1e-6, 2, "M/s"),
    "instructions/frame": (1, 1, "instr."),
    "share": (100, 1, "%"),
    "s": (1, 3, "s"),
    "us": (1, 1, "us"),
    "ns": (1, 1, "ns"),
    "mbufs": (1, 0, "mbufs"),
    "lines": (1, 0, "lines"),
    "bytes": (1 / 1024, 0, "KiB"),
}


def unit_label(unit):
    """How a unit is called where its figures are told."""
    return UNITS.get(unit, (1, 2, unit))[2]


def scaled(unit, value):
    """A value in the unit's way of telling."""
    return value * UNITS.get(unit, (1, 2, unit))[0]


def _figure_words(found, factor, digits):
    if not found:
        return "-", ""
    median, low, high = (f"{value * factor:.{digits}f}"
                         for value in (found.median, found.low, found.high))
    return median, f"{low}-{high}" if found.runs > 1 else ""


def _side_words(record, side):
    factor, digits, _ = UNITS.get(record.unit, (1, 2, record.unit))
    waited = [record.waited(side) or ""] if record.waits else []
    return [*_figure_words(record.figure(side), factor, digits), *waited]


# Of a ratio between sides of which the host limited one.
BOUNDS = {"at least": ">=", "at most": "<=", "unknown": "?", None: ""}


def _ratio_words(record, side):
    median, spread = _figure_words(record.ratio(side), 1, 2)
    return [median if median == "-" else BOUNDS[record.bound(side)] + median, spread]


def _unit_lines(unit, records):
    sides = list(dict.fromkeys(side for record in records for side in record.sides()))
    waits = any(record.waits for record in records)
    head = [unit_label(unit)]
    for side in sides:
        head += [side, "range"] + ["waited"] * waits
    for side in sides[1:]:
        head += [f"ours/{side}", "range"]
    rows = []
    for record in records:
        row = [record.name]
        for side in sides:
            words = _side_words(record, side)
            row += words + [""] * (2 + waits - len(words))
        for side in sides[1:]:
            row += _ratio_words(record, side)
        rows.append(row)
    yield from columns(head, rows)


def record_lines(records):
    """A table of all records, one for each unit; then what there is no figure of, and why."""
    units = list(dict.fromkeys(record.unit for record in records))
    for number, unit in enumerate(units):
        yield from [""] * (number != 0)
        yield from _unit_lines(unit, [record for record in records if record.unit == unit])
    yield from grouped((f"no figure of {side}: {shorter(why)}", record.name)
                       for record in records for side, why in record.failed.items())


def shorter(why):
    """Without the file that has the rest: of several such reasons one is told."""
    return re.sub(r" \(log: .*\)$", "", why)


def grouped(reasons):
    """Each reason once, with all names that it holds for."""
    names = {}
    for reason, name in reasons:
        names.setdefault(reason, []).append(name)
    yield from (f"{reason}: {'; '.join(found)}" for reason, found in names.items())
