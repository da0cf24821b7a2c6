# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Results as text, in columns."""


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


def _cell_row(pair):
    ours, theirs, ratio = pair.figure("ours"), pair.figure("theirs"), pair.ratio()

    def rate(found):
        return (millions(found.median), f"{millions(found.low)}-{millions(found.high)}") \
            if found else ("-", "-")
    return (pair.spec.name, *rate(ours), pair.waited("ours") or "-",
            *rate(theirs), pair.waited("theirs") or "-",
            f"{ratio.median:.1f}" if ratio else "-",
            f"{ratio.low:.1f}-{ratio.high:.1f}" if ratio else "-")


def instruction_lines(counts):
    """Instructions per frame."""
    rows = []
    for count in counts:
        ours, theirs = count.per_frame.get("ours"), count.per_frame.get("theirs")
        rows.append((count.spec.name, *(f"{one:.1f}" if one else "-" for one in (ours, theirs)),
                     f"{ours / theirs:.2f}" if ours and theirs else "-"))
    yield from columns(("instructions per frame", "ours", "theirs", "ours/theirs"), rows)


def cell_lines(pairs):
    """All cells, in million frames per second."""
    yield from columns(("cell", "ours", "range", "waited", "theirs", "range", "waited",
                        "ratio", "range"), [_cell_row(pair) for pair in pairs])
    for pair in pairs:
        for name, why in pair.failed.items():
            yield f"{pair.spec.name}: no figure of {name}: {why}"
