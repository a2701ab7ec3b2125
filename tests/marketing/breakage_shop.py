"""A shop that never was: members earn, spend what ends first and let the rest expire, month by
month; the cells that marketing/analytics/lots.py would count of them.
"""

import math
import random
from collections import defaultdict
from datetime import date

from marketing.analytics.breakage import Cell
from marketing.analytics.lots import months_on

FIRST = date(2022, 1, 1)
LIFE = 13  # month-ends until points are gone: good through the end of the twelfth month


COMES = 0.7  # and earns, in a month
ASKED = 0.35  # of those who are told that points end soon spend them
STEPS = 20  # of a chance, where it is worked out instead of drawn


def live(seed, *, members=400, months=48, changed_from=99, changed_use=1.0, known=None):
    """Return (cells, last month). Every second member joins in the course of the first half; from
    month ``changed_from`` on, members spend ``changed_use`` times as often.

    ``known`` is filled with {month: points expected to expire in it}, said AHEAD month-ends before
    by somebody who knows every member's account, pace and thrift, and how often all spend: what
    nobody can do better.
    """
    luck = random.Random(seed)
    people = [_person(luck, months) for _ in range(members)]
    cells = defaultdict(lambda: defaultdict(int))
    for n in range(months):
        month = months_on(FIRST, n)
        often = 0.25 * (changed_use if n >= changed_from else 1) * (1.3 if n % 12 == 10 else 1)
        if known is not None and n >= months - 8:
            ends = months_on(month, 1)
            known[ends] = sum(_expected(person, ends, often) for person in people)
        for person in people:
            if n >= person["joins"]:
                _live_on(person, month, often, luck, cells)
    found = [Cell(month, ends, **numbers) for (month, ends), numbers in cells.items()]
    return found, months_on(FIRST, months - 1)


def _person(luck, months):
    joins = int(luck.random() * months / 2) if luck.random() < 0.5 else 0
    pace, thrift = luck.lognormvariate(4.5, 0.8), luck.betavariate(1.2, 1.5)
    return {"joins": joins, "pace": pace, "thrift": thrift, "lots": {}}


def _live_on(person, month, often, luck, cells):
    lots = person["lots"]
    if gone := lots.pop(month, 0):
        cells[month, month]["expired"] += gone
    if luck.random() < COMES and (earned := int(luck.expovariate(1 / person["pace"]))):
        ends = months_on(month, LIFE)
        lots[ends] = lots.get(ends, 0) + earned
        cells[month, ends]["issued"] += earned
    wanted = 0
    if luck.random() < often:
        wanted = int(sum(lots.values()) * min(1, person["thrift"] * luck.random() * 1.3))
    if luck.random() < ASKED:  # who is told that points end soon
        wanted = max(wanted, lots.get(months_on(month, 1), 0))
    for ends in sorted(lots):
        used = min(wanted, lots[ends])
        if used:
            lots[ends] -= used
            wanted -= used
            cells[month, ends]["used"] += used


def _expected(person, ends, often):
    """Return what a member leaves unused, in the mean, of the points that end next month; worked
    out over what ``_live_on`` draws.
    """
    ending = person["lots"].get(ends, 0)
    if not ending:
        return 0.0
    there = sum(points for month, points in person["lots"].items() if month >= ends)
    earns = [(1 - COMES, 0.0)]
    for n in range(5):
        earns.append((COMES / 5, -person["pace"] * math.log(1 - (n + 0.5) / 5)))
    left = 0.0
    for weight, earned in earns:
        spent = [
            (there + earned) * min(1, person["thrift"] * (n + 0.5) / STEPS * 1.3)
            for n in range(STEPS)
        ]
        of_spenders = sum(max(0.0, ending - wanted) for wanted in spent) / STEPS
        left += weight * (often * of_spenders + (1 - often) * ending)
    return (1 - ASKED) * left
