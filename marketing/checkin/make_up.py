"""Making up a missed day: for points, some days back, and so the streak goes on.

A made-up day counts for the streak like any other and earns no points of its own; a milestone that
the run reaches by it is paid. Rows after the day are drawn anew under the member's lock. The price
grows with the days made up within the window, by the policy an operator edits; what a member was
shown is what they pay, or nothing happens.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from mall.core import clock, kept, rows
from mall.core.transactions import transactional
from marketing.checkin import milestones, outages, runs, shields
from marketing.errors import MakeUpOutOfReach, MakeUpPriceChanged, MakeUpsUsedUp, NotMissed
from marketing.models import CheckIn, CheckInPolicy
from points import balance, event_delivery, ledger, rules


class Day(NamedTuple):
    """What runs are made of: a row that is there, or one that might be."""

    on: date
    streak: int
    adds: int


@dataclass(frozen=True)
class Missed:
    """A missed day that may be made up: its price now, the streak of today it leads to, and whether
    it joins that streak; it does not where days after it are missed as well.
    """

    on: date
    price: int
    streak: int
    joins: bool


@dataclass(frozen=True)
class Offer:
    """What a member may make up today: the missed days of the window, the first one first, how many
    of them at what price, and the streak as it is without.
    """

    window_days: int
    most: int
    left: int
    price: int | None  # None: no more days
    streak: int
    days: tuple[Missed, ...]


def since(today: date) -> date:
    """Return the first day whose row matters for what may be made up on a day."""
    first = today - timedelta(days=CheckInPolicy.current().make_up_days)
    return runs.begun_by(first, outages.days())


def offer(user, *, known: list[CheckIn] | None = None) -> Offer:
    """Return what a member may make up today; ``known`` are their rows from ``since`` on, where
    they were read already.
    """
    today = clock.today()
    days = _around_window(user, today) if known is None else known
    return _offer(user, CheckInPolicy.current(), days, today)


@transactional
def make_up(user, on: date, *, price: int | None = None) -> CheckIn:
    """Make a missed day up for the points it costs and return its row; once per member and day, by
    the row's unique key and the entry's, ``makeup:<day>``.

    ``price`` is what the member was shown; without it the price of now is taken.
    Raises: NotMissed, MakeUpOutOfReach, MakeUpsUsedUp, MakeUpPriceChanged, InsufficientPoints,
    AccountFrozen; nothing changed then.
    """
    today = clock.today()
    kept.version()  # what is asked of the cache is asked before anything is locked
    # Two taps may arrive at once, for the same day or for two: the second must see the first's row,
    # and pay the next price.
    account = ledger.open(user.pk)
    policy = CheckInPolicy.current()
    days = _around_window(user, today)
    cost = _check(user, policy, days, on, today)
    if price is not None and price != cost:
        raise MakeUpPriceChanged(price=cost)
    if cost:
        event_delivery.hear_if_short(account, cost)
        account.spend(points=cost, key=f"makeup:{on}", reference=f"makeup:{on}")
    row = _fill_in(user, days, on)
    row.price, row.available = cost, balance.of_account(account.row).available
    return row


def _around_window(user, today) -> list[CheckIn]:
    """Return the rows that a day of the window may join, in order."""
    days = CheckIn.objects.filter(user=user, on__range=(since(today), today))
    return list(days.order_by("on"))


def _check(user, policy, days, on, today) -> int:
    """Return what a missed day costs."""
    if not _first_of_window(user, policy, today) <= on < today:
        raise MakeUpOutOfReach(days=policy.make_up_days)
    if on in outages.days() or any(row.on == on for row in days):
        raise NotMissed
    price = _price(policy, days, today)
    if price is None:
        raise MakeUpsUsedUp(most=len(policy.make_up_prices), days=policy.make_up_days)
    return price


def _first_of_window(user, policy, today):
    window = timedelta(days=policy.make_up_days)
    return max(today - window, clock.day_of(user.date_joined))


def _used(policy, days, today) -> int:
    first = today - timedelta(days=policy.make_up_days)
    return sum(row.kind == CheckIn.Kind.MADE_UP and row.on >= first for row in days)


def _price(policy, days, today) -> int | None:
    prices = policy.make_up_prices[_used(policy, days, today) :]
    return prices[0] if prices else None


def _offer(user, policy, days, today) -> Offer:
    price, declared = _price(policy, days, today), outages.days()
    known, first = {row.on for row in days}, _first_of_window(user, policy, today)
    window = [first + n * runs.ONE_DAY for n in range((today - first).days)]
    missed = [day for day in window if day not in known and day not in declared]
    most, streak = len(policy.make_up_prices), _streak_of(user, days, today)
    resulting = [
        (day, _streak_of(user, _with(days, day, declared), today))
        for day in (missed if price is not None else ())
    ]
    return Offer(
        window_days=policy.make_up_days,
        most=most,
        left=max(0, most - _used(policy, days, today)),
        price=price,
        streak=streak,
        days=tuple(Missed(day, price, then, joins=then > streak) for day, then in resulting),
    )


def _with(days, on, declared) -> list[Day]:
    """Return the days with one more, as they would be drawn."""
    all_days = sorted([*days, Day(on, 1, 1)], key=lambda day: day.on)
    first, *rest = all_days
    streaks = [first.streak, *runs.drawn(rest, declared, before=first)]
    return [Day(day.on, streak, day.adds) for day, streak in zip(all_days, streaks, strict=True)]


def _streak_of(user, days, today) -> int:
    """Return the streak that these days make today, with what shields would cover."""
    if not days:
        return 0
    latest = days[-1]
    return latest.streak if latest.on == today else shields.carry(user.pk, latest, today)[0]


def _fill_in(user, days, on) -> CheckIn:
    """Write the day, draw the rows after it anew, and award what its run reaches by it."""
    declared = outages.days()
    before, after, end = runs.around(days, on, declared)
    kind, now = CheckIn.Kind.MADE_UP, clock.now()
    row = CheckIn(user_id=user.pk, on=on, kind=kind, streak=before + 1, points=0, created_at=now)
    row.save()
    filled = sorted([*days, row], key=lambda day: day.on)
    rows.write_over(runs.redrawn(filled, declared), "streak")
    # Neither part of the run had reached it: what one of them did reach was paid then, or never.
    awards = milestones.awards_of(
        user.pk,
        end,
        was=max(before, after),
        now=before + 1 + after,
        on=clock.today(),
        reference=f"makeup:{on}",
    )
    row.milestones = milestones.paid(rules.award_all(awards)) if awards else []
    return row
