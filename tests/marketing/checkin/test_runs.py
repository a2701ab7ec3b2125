"""The arithmetic of days in a row, against a walk over every day."""

import random
from datetime import date
from types import SimpleNamespace

from marketing.checkin import runs
from tests.marketing.checkin.calendars import ONE_DAY, walked

CALENDARS, DAYS = 10_000, 35
FIRST = date(2028, 2, 10)  # a leap day and two ends of months lie within


def test_drawn_when_calendars_are_random_then_as_a_walk_over_every_day():
    luck, failed = random.Random(10), []
    for number in range(CALENDARS):
        days, outages = _calendar(luck)

        streaks = runs.drawn(days, outages)

        expected = _walk(days, outages)
        if streaks != [expected[day.on] for day in days]:
            failed.append(number)
    assert failed == []


def test_redrawn_when_any_missed_day_is_filled_in_then_as_if_it_had_always_been_there():
    luck, failed = random.Random(20), []
    for number in range(CALENDARS):
        days, outages = _calendar(luck)
        _set_streaks(days, outages)
        taken = {day.on for day in days} | outages
        free = [FIRST + n * ONE_DAY for n in range(DAYS) if FIRST + n * ONE_DAY not in taken]
        if not days or not free:
            continue
        on = luck.choice(free)
        since = runs.begun_by(on, outages)
        known = [day for day in days if day.on >= since]

        before, after, end = runs.around(known, on, outages)
        row = SimpleNamespace(on=on, adds=1, streak=before + 1)
        filled = sorted([*known, row], key=lambda day: day.on)
        runs.redrawn(filled, outages)

        whole = sorted([*days, row], key=lambda day: day.on)
        expected = _walk(whole, outages)
        is_right = all(day.streak == expected[day.on] for day in whole)
        if not is_right or expected[end] != before + 1 + after:
            failed.append(number)
    assert failed == []


def _calendar(luck):
    """Random rows in order, most of them checked in, and days of an outage; a shield stands where
    it keeps a streak, as it is spent.
    """
    share = luck.choice([0.4, 0.7, 0.9])
    outages = {FIRST + n * ONE_DAY for n in range(DAYS) if luck.random() < 0.06}
    checked = {FIRST + n * ONE_DAY for n in range(DAYS) if luck.random() < share}
    shielded = set()
    for day in sorted(checked)[:-1]:
        gap = day + ONE_DAY
        is_single = gap not in checked | outages and gap + ONE_DAY in checked
        if is_single and luck.random() < 0.3:
            shielded.add(gap)
    rows = [SimpleNamespace(on=on, adds=1) for on in checked]
    rows += [SimpleNamespace(on=on, adds=0) for on in shielded]
    return sorted(rows, key=lambda row: row.on), outages


def _walk(days, outages):
    checked = {day.on for day in days if day.adds}
    shielded = {day.on for day in days if not day.adds}
    return walked(checked, shielded, outages, FIRST + (DAYS + 1) * ONE_DAY)


def _set_streaks(days, outages):
    expected = _walk(days, outages)
    for day in days:
        day.streak = expected[day.on]
