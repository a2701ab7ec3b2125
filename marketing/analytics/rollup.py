"""A shop day counted up: rebuilt from the facts, so running it again gives the same row.

Definitions: *active* = at least one own action that day (in 7 or 30 days: that day and the 6 or 29
before); *orders* = placed that day, whatever became of them, of which so many are paid and
completed by now; *new members* by the day they signed up. Points go by the day the ledger posted
them, each kind on its own, so nothing is netted twice: *issued* = accrued, *spent* = spent or
captured, *returned* = refunded to members, *taken back* = clawed back, *net* = what all balances
changed by, reservations and debt included.

A fact that changes a past day leaves a mark (``days.mark_late``); the marks are removed after their
days have been counted, one by one by number, so a mark set meanwhile stays for the next run, and a
run that dies is made up.
"""

from collections import Counter
from datetime import date, timedelta

from django.contrib.auth import get_user_model
from django.db.models import Count, F, Min, Q, Sum

from mall.core import clock
from mall.core.money import ZERO
from mall.core.transactions import transactional
from marketing.analytics import activity, days, snapshots
from marketing.models import CheckIn, DailyActivity, DailyRollup, LateDay, MemberDay, RuleDay
from orders.models import Order
from points import rates
from points.models import ExchangeRate, Grant, LedgerEntry, MovedMember

ONE_DAY = timedelta(days=1)
LONGEST_CATCH_UP = timedelta(days=400)
WEEK_DAYS, MONTH_DAYS = 7, 30
MARKS = 1_000


def roll_up(day: date) -> DailyRollup:
    """Count one shop day and write its rows; the same facts give the same rows however often."""
    activity.gather(day)
    dau = days.fill(day)
    numbers = {
        "dau": dau,
        **_people(day),
        **_orders(day),
        **_points(day),
        **_liability(day),
        "rolled_up_at": clock.now(),
    }
    return _write(day, numbers, _by_rule(day))


@transactional
def _write(day, numbers, rules):
    # Two workers may count the same day: the row is made once, and either one's numbers are right.
    DailyRollup.objects.bulk_create([DailyRollup(on=day)], ignore_conflicts=True)
    DailyRollup.objects.filter(pk=day).update(**numbers)
    RuleDay.objects.filter(on=day).delete()
    RuleDay.objects.bulk_create([RuleDay(on=day, **row) for row in rules], ignore_conflicts=True)
    return DailyRollup(on=day, **numbers)


def roll_up_recent(*, today=None, progress=iter) -> list[DailyRollup]:
    """Count yesterday and today, before them every day since the last one counted, and every day
    marked late.
    """
    today = today or clock.today()
    marks = dict(LateDay.objects.values_list("pk", "on"))
    latest = (
        DailyRollup.objects.order_by("-on").values_list("on", flat=True).first()
        or first_fact()
        or today
    )
    first = max(min(latest, today - ONE_DAY), today - LONGEST_CATCH_UP)
    recent = {first + ONE_DAY * n for n in range((today - first).days + 1)}
    counted = rebuild(recent | set(marks.values()), progress=progress)
    snapshots.refresh(today - ONE_DAY, anew=bool(marks))
    numbers = sorted(marks)
    for start in range(0, len(numbers), MARKS):
        LateDay.objects.filter(pk__in=numbers[start : start + MARKS]).delete()
    return [row for row in counted if row.on in recent]


def catch_up(*, progress=iter) -> int:
    """Count the days that are due; returns how many of the latest days were counted."""
    return len(roll_up_recent(progress=progress))


def rebuild(wanted, *, progress=iter) -> list[DailyRollup]:
    """Count these shop days, and the weeks and months that end within 30 days of them."""
    counted = [roll_up(day) for day in progress(sorted(wanted))]
    for first, last in _runs(wanted):
        _count_windows(first, last)
    return counted


def _runs(wanted):
    """Yield the stretches of days whose last 30 days hold one of these."""
    first = last = None
    for day in sorted(wanted):
        if first is not None and day > last + ONE_DAY:
            yield first, last
            first = None
        first, last = first or day, day + (MONTH_DAYS - 1) * ONE_DAY
    if first is not None:
        yield first, last


def _count_windows(first, last):
    """Write how many were active in the 7 and 30 days up to each day; each person counts on the
    last day seen.
    """
    known = {
        row.on: row
        for row in DailyRollup.objects.filter(on__range=(first, last)).only("on", "wau", "mau")
    }
    last = max(known, default=first)
    seen, counted = {}, Counter()
    for n in range((last - first).days + MONTH_DAYS):
        day = first + (n + 1 - MONTH_DAYS) * ONE_DAY
        for person in MemberDay.objects.filter(on=day).values_list("person", flat=True).iterator():
            counted[seen.get(person)] -= 1
            counted[day] += 1
            seen[person] = day
        if row := known.get(day):
            wau, mau = (
                sum(counted[day - k * ONE_DAY] for k in range(length))
                for length in (WEEK_DAYS, MONTH_DAYS)
            )
            if (row.wau, row.mau) != (wau, mau):
                _write_windows(day, wau, mau)


@transactional  # two workers may write the same days, and a deadlock between them is tried again
def _write_windows(day, wau, mau):
    DailyRollup.objects.filter(pk=day).update(wau=wau, mau=mau)


def _people(day):
    bounds = (clock.start_of(day), clock.end_of(day))
    return {
        "new_members": _within(get_user_model().objects, "date_joined", bounds).count(),
        "check_ins": CheckIn.objects.filter(on=day, kind=CheckIn.Kind.CHECKED).count(),
    }


def _orders(day):
    placed = _within(
        Order.objects, "created_at", (clock.start_of(day), clock.end_of(day))
    ).order_by()
    paid = Q(paid_at__isnull=False)
    numbers = placed.aggregate(
        orders=Count("pk"),
        orders_paid=Count("pk", filter=paid),
        orders_completed=Count("pk", filter=days.KEPT),
        cash=Sum(F("cash") - F("refunded_cash"), filter=paid),
    )
    return {**numbers, "cash": numbers["cash"] or ZERO}


def points_of(day: date) -> dict:
    """Return what the ledger posted on a shop day, by the definitions above."""
    # What an entry changes for its member, escrow and debt included: a hold is 0, its capture the
    # price.
    worth = F("delta") + F("held_delta") - F("debt_delta")
    by_kind = dict(
        LedgerEntry.objects.filter(biz_date=day)
        .order_by()
        .values_list("kind")
        .annotate(worth=Sum(worth))
    )
    return {
        "points_issued": by_kind.get("accrue", 0),
        "points_spent": -by_kind.get("spend", 0) - by_kind.get("capture", 0),
        "points_returned": by_kind.get("refund", 0),
        "points_expired": -by_kind.get("expire", 0),
        "points_clawed_back": -by_kind.get("clawback", 0),
        "points_adjusted": by_kind.get("adjust", 0),
        "points_net": sum(by_kind.values()),
    }


def _points(day):
    """The same with the balances told apart that moved in from an earlier shop: nobody earned them
    here, and no operator gave them.
    """
    told = points_of(day)
    opening = MovedMember.objects.filter(on=day).aggregate(points=Sum("points"))["points"] or 0
    return {
        **told,
        "points_adjusted": told["points_adjusted"] - opening,
        "points_opening": opening,
    }


def _liability(day):
    """The rate as the day ended, and the points on the way now: what was on the way on a past day
    nobody can tell any more.
    """
    try:
        rate = rates.current(min(clock.end_of(day), clock.now())).points_per_yuan
    except ExchangeRate.DoesNotExist:
        rate = None
    if day != clock.today():
        return {"rate": rate}
    pending = Grant.objects.filter(status=Grant.Status.PENDING).aggregate(
        points=Sum(F("points") - F("taken_back"))
    )["points"]
    return {"rate": rate, "points_pending": pending or 0}


def _by_rule(day):
    given = LedgerEntry.objects.filter(biz_date=day, kind="accrue").exclude(rule="").order_by()
    return given.values("rule").annotate(
        entries=Count("pk"), points=Sum("delta") - Sum("debt_delta")
    )


def _within(rows, field, bounds):
    start, end = bounds
    return rows.filter(**{f"{field}__gte": start, f"{field}__lt": end})


def first_fact():
    """Return the earliest day somebody did something, or None in an empty shop."""
    first = [
        model.objects.aggregate(first=Min("on"))["first"] for model in (DailyActivity, CheckIn)
    ]
    placed = Order.objects.aggregate(first=Min("created_at"))["first"]
    first.append(clock.day_of(placed) if placed else None)
    return min(filter(None, first), default=None)
