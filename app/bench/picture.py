# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Results as pictures, by matplotlib. Only here is it needed."""

from statistics import median

import matplotlib

matplotlib.use("Agg")  # no display

import matplotlib.pyplot as plt  # noqa: E402

from matplotlib import ticker  # noqa: E402

from .record import OURS  # noqa: E402
from .table import BOUNDS, scaled, unit_label  # noqa: E402

COLOURS = {"ours": "#1b6ca8", "theirs": "#c1440e", "limit": "#7a7a7a", "virtio": "#2e8b57",
           "ring": "#b8860b", "null": "#9a9a9a", "machine": "#555555"}
LABELS = {"ours": "this driver", "theirs": "DPDK's own driver", "machine": "the machine alone",
          "limit": "what cannot be avoided", "virtio": "virtio-user", "ring": "net/ring",
          "null": "net/null"}
# The longest bar and the shortest: further apart they are drawn on a scale of powers.
WIDE = 40
# What control operations may take: this is drawn, and no more.
DEADLINE_MS = 1000


def _millions(figures):
    return ([figure.median / 1e6 for figure in figures],
            [[(figure.median - figure.low) / 1e6 for figure in figures],
             [(figure.high - figure.median) / 1e6 for figure in figures]])


def _plain(axis):
    """Numbers as people write them, on a scale of powers as well."""
    axis.set_major_formatter(ticker.FuncFormatter(lambda number, _: f"{number:g}"))
    axis.set_minor_formatter(ticker.NullFormatter())


def _offered(sweep):
    """What the host offered at each rate; what it should have where the program hung."""
    return [sweep.at(percent, "wanted" if sweep.longest_us(percent) is None else
                     "offered").median / 1e6 for percent in sweep.percents()]


def _delivered(axes, sweep):
    offered = _offered(sweep)
    delivered, spread = _millions([sweep.at(percent, "delivered")
                                   for percent in sweep.percents()])
    axes.errorbar(offered, delivered, yerr=spread, marker="o", markersize=4, capsize=2,
                  color=COLOURS[sweep.side.name], label=sweep.side.label)
    return offered


def _latencies(axes, sweep, offered):
    for name, style in (("promiscuous", "-"), ("rest", ":")):
        longest = [sweep.longest_us(percent) for percent in sweep.percents()]
        axes.plot(offered, [times[name] / 1000 if times else float("nan") for times in longest],
                  style, marker=".", color=COLOURS[sweep.side.name],
                  label=f"{sweep.side.label}: " + {"promiscuous": "promiscuous mode",
                                                   "rest": "a burst comes to its end"}[name])


def sweep(sweeps, title, path):
    """Offered against delivered, the longest control operations below; path has no suffix."""
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 8), sharex=True,
                                          height_ratios=(3, 2), layout="constrained")
    offered = [_delivered(above, one) for one in sweeps]
    for one, rates in zip(sweeps, offered):
        _latencies(below, one, rates)
    ends = [min(map(min, offered)), max(map(max, offered))]
    rates = [ends[0] * (ends[1] / ends[0]) ** (part / 100) for part in range(101)]
    above.plot(rates, rates, "--", color="grey", linewidth=0.8, label="all that is offered")
    above.set(title=title, ylabel="delivered, million frames per second", xscale="log",
              ylim=(0, 1.3 * max(max(one.delivered()) for one in sweeps) / 1e6))
    below.set(xlabel="offered, million frames per second", yscale="log",
              ylabel="longest of all runs, ms")
    below.axhline(DEADLINE_MS, color="grey", linewidth=0.8, linestyle="--")
    for axes in (above, below):
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    _plain(below.xaxis)
    _plain(below.yaxis)
    _save(figure, path)


def _notes(axes, records, height, number, side):
    """Behind a side's bars: how much ours are of them, and where the host was the limit."""
    for place, record in enumerate(records):
        found, ratio = record.figure(side), record.ratio(side)
        if not found or found.median <= 0:
            continue
        words = [] if side == OURS or not ratio else \
            [f"ours: {BOUNDS[record.bound(side)]}{ratio.median:.2f} times that"]
        words += ["the host was the limit"] * record.host_limited(side)
        axes.annotate("; ".join(words), (scaled(record.unit, found.high), place + number * height),
                      xytext=(4, 0), textcoords="offset points", va="center", fontsize="x-small")


def _bars(axes, records, sides):
    height = 0.8 / len(sides)
    for number, side in enumerate(sides):
        found = [(place, record.figure(side)) for place, record in enumerate(records)]
        found = [(place, one) for place, one in found if one]
        unit = records[0].unit
        low, median, high = ([scaled(unit, getattr(one, name)) for _, one in found]
                             for name in ("low", "median", "high"))
        spread = [[m - l for m, l in zip(median, low)], [h - m for h, m in zip(high, median)]]
        shift = number - (len(sides) - 1) / 2
        axes.barh([place + shift * height for place, _ in found],
                  median, height, xerr=spread, capsize=2, color=COLOURS.get(side),
                  label=LABELS.get(side, side))
        _notes(axes, records, height, shift, side)


def _axes(axes, records):
    sides = list(dict.fromkeys(side for record in records for side in record.sides()
                               if record.figure(side)))
    medians = [found.median for record in records for found in map(record.figure, sides) if found]
    wide = max(medians) > WIDE * min(medians)
    _bars(axes, records, sides)
    axes.set(xlabel=unit_label(records[0].unit) + f", {records[0].better} is better",
             xscale="log" if wide else "linear")
    axes.set_yticks(range(len(records)), [record.name for record in records])
    axes.set_ylim(len(records) - 0.4, -0.6)
    axes.grid(alpha=0.3, axis="x")
    # Room for what stands behind the bars.
    left, right = axes.get_xlim()
    axes.set_xlim(left, right * (right / left) ** 0.35 if wide else right * 1.35)
    _plain(axes.xaxis)
    axes.legend(fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(sides))


def bars(records, path):
    """Bars of all records, the sides beside each other, units below each other; no suffix."""
    # What is nothing on every side has no place on a scale of powers.
    records = [record for record in records
               if any(found and found.median > 0 for found in map(record.figure, record.sides()))]
    units = list(dict.fromkeys(record.unit for record in records))
    groups = [[record for record in records if record.unit == unit] for unit in units]
    if not groups:
        return
    heights = [1.5 + 0.45 * len(group) for group in groups]
    figure, axes = plt.subplots(len(groups), 1, figsize=(10, sum(heights)), squeeze=False,
                                height_ratios=heights, layout="constrained")
    for one, group in zip(axes[:, 0], groups):
        _axes(one, group)
    _save(figure, path)


def percentiles(curves, title, path):
    """How long so many of all took; curves: by name, beginning with the side's, one a round."""
    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    for name, rounds in curves.items():
        side, _, what = name.partition(", ")
        # How many are slower: 1 in so many, on a scale where each nine is as wide.
        points = [[1e6 / max(1e6 - ppm, 10), median(curve[at][1] for curve in rounds)]
                  for at, (ppm, _) in enumerate(rounds[0])]
        axes.plot(*zip(*points), "-" if what.startswith("one") else "--", marker=".",
                  color=COLOURS.get(side, "grey"), label=f"{LABELS.get(side, side)}, {what}")
    axes.set(title=title, xlabel="percentile", ylabel="ns", xscale="log", yscale="log")
    axes.set_xticks([1, 2, 10, 100, 1000, 10000, 100000],
                    ["least", "50", "90", "99", "99.9", "99.99", "max"])
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    _save(figure, path)


def scaling(steps, path):
    """How many times what one queue does; steps: by name, (queues, Record of that) each."""
    steps = {name: counted for name, counted in steps.items() if counted}
    figure, all_axes = plt.subplots(1, len(steps), figsize=(4 * len(steps), 4), squeeze=False,
                                    layout="constrained")
    for axes, (name, counted) in zip(all_axes.flat, steps.items()):
        for side in ("ours", "theirs", "machine"):
            found = [(queues, record.figure(side)) for queues, record in counted
                     if record.figure(side)]
            if not found:
                continue
            spread = [[one.median - one.low for _, one in found],
                      [one.high - one.median for _, one in found]]
            axes.errorbar([1] + [queues for queues, _ in found],
                          [1] + [one.median for _, one in found],
                          yerr=[[0] + part for part in spread], marker="o", capsize=2,
                          color=COLOURS[side], label=LABELS[side])
        most = max(queues for queues, _ in counted)
        axes.plot([1, most], [1, most], ":", color="grey", linewidth=0.8)
        axes.set(title=name, xlabel="queues, a core each", ylabel="times one queue",
                 ylim=(0, None), xticks=[1] + [queues for queues, _ in counted])
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    _save(figure, path)


def _save(figure, path):
    for suffix in ("svg", "png"):
        figure.savefig(f"{path}.{suffix}", dpi=120)
    plt.close(figure)
