# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Rates: so much is offered, so much is delivered; and the most that can be."""

import time

FIRST_RATE = 500_000
LAST_RATE = 200_000_000
STEP = 2
# A rate is beyond the capacity when less than this of the best is delivered,
BEYOND = 0.7
# and one that is offered or delivered in full when it is more than this.
FULLY = 0.9
# So many of them in a row end the search.
ENOUGH = 3
# Where to look again when it is known about what the capacity is.
AROUND = (0.6, 0.75, 0.9, 1.0, 1.15, 1.35, 1.6)
# So much above what was known it is looked for around the new rate, so often at most: another
# program may have had the core when it was looked for last.
CLIMB = 1.3
CLIMBS = 5


def offer(cell, wanted, seconds):
    """Offer so much for that time; what became of it, in frames per second.

    The host's counters are read a little outside of the time that the program
    measures: they tell shares of what was wanted, not rates.
    """
    cell.offer(wanted)
    time.sleep(min(0.05, seconds / 2))
    before = cell.source()
    found = cell.measure(seconds)
    after = cell.source()
    offered, late = (after.port[name] - before.port[name] for name in ("gen_offered", "gen_late"))
    share = wanted / max(offered + late, 1)
    return {"wanted": wanted,
            "offered": offered * share,
            "dropped": (after.rx_lost_port - before.rx_lost_port) * share,
            "delivered": found["delivered"]}


def is_offered(found):
    """Whether the host could offer what it should."""
    return found["offered"] >= FULLY * found["wanted"]


def _is_too_much(found):
    """Whether the guest could not take what the host offered."""
    return is_offered(found) and found["delivered"] < FULLY * found["wanted"]


def _ladder(cell, seconds):
    """All rates from the first to those that are surely too much."""
    rate, best, beyond = FIRST_RATE, 0.0, 0
    while rate <= LAST_RATE and beyond < ENOUGH:
        found = offer(cell, rate, seconds)
        best = max(best, found["delivered"])
        over = found["delivered"] < BEYOND * best or not is_offered(found)
        beyond = beyond + 1 if over else 0
        rate *= STEP
        yield found


def _most(tried):
    return max(tried, key=lambda found: found["delivered"])


def capacity(cell, seconds, known=None):
    """What became of the rate of which most was delivered; known: about how much that is.

    It is looked for from below, for a flood may drown what is looked for. Where the
    guest took all that the host had, "host_limited" says so: it may be able to more.
    """
    if known is None:
        known = _most(_ladder(cell, seconds))["delivered"]
    for _ in range(CLIMBS):
        tried = [offer(cell, known * part, seconds) for part in AROUND]
        most = _most(tried)
        if most["delivered"] < CLIMB * known:
            break
        known = most["delivered"]
    return most | {"host_limited": not any(map(_is_too_much, tried))}
