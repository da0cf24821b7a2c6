# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Results as pictures, by matplotlib. Only here is it needed."""

import matplotlib

matplotlib.use("Agg")  # no display

import matplotlib.pyplot as plt  # noqa: E402

COLOURS = {"ours": "#1b6ca8", "theirs": "#c1440e"}
LABELS = {"ours": "this driver", "theirs": "DPDK's own driver"}
# What control operations may take: this is drawn, and no more.
DEADLINE_MS = 1000


def _millions(figures):
    return ([figure.median / 1e6 for figure in figures],
            [[(figure.median - figure.low) / 1e6 for figure in figures],
             [(figure.high - figure.median) / 1e6 for figure in figures]])


def _delivered(axes, sweep):
    offered = [sweep.at(percent, "offered").median / 1e6 for percent in sweep.percents()]
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
    above.plot(ends, ends, "--", color="grey", linewidth=0.8, label="all that is offered")
    above.set(title=title, ylabel="delivered, million frames per second", xscale="log",
              yscale="log")
    below.set(xlabel="offered, million frames per second", yscale="log",
              ylabel="longest of all runs, ms")
    below.axhline(DEADLINE_MS, color="grey", linewidth=0.8, linestyle="--")
    for axes in (above, below):
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    _save(figure, path)


def cells(pairs, title, path):
    """Bars of all cells, ours and theirs beside each other; path has no suffix."""
    figure, axes = plt.subplots(figsize=(9, 1.5 + 0.45 * len(pairs)), layout="constrained")
    for offset, name in ((-0.2, "ours"), (0.2, "theirs")):
        found = [(place, pair.figure(name)) for place, pair in enumerate(pairs)]
        found = [(place, one) for place, one in found if one]
        rates, spread = _millions([one for _, one in found])
        axes.barh([place + offset for place, _ in found], rates, 0.4, xerr=spread, capsize=2,
                  color=COLOURS[name], label=LABELS[name])
    axes.set(title=title, xlabel="million frames per second", xscale="log")
    axes.set_yticks(range(len(pairs)), [pair.spec.name for pair in pairs])
    axes.invert_yaxis()
    axes.grid(alpha=0.3, axis="x")
    axes.legend(fontsize="small")
    _save(figure, path)


def _save(figure, path):
    for suffix in ("svg", "png"):
        figure.savefig(f"{path}.{suffix}", dpi=120)
    plt.close(figure)
