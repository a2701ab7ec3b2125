"""A shop day counted up: rebuilt from the facts, so running it again gives the same row.

Definitions: *active* = at least one own action that day; *orders* = placed that day, whatever became of
them; *new members* by the day they signed up. Points are gross, each by the day the ledger posted it:
*issued* = accrued, *spent* = spent or captured, *expired* = expired. Refunds, clawbacks and adjustments
are not netted in here; they have kinds of their own in the ledger.
"""

from datetime import date, timedelta

from django.contrib.auth import get_user_model
from django.db.models import F, Min, Sum

from mall import clock
from mall.transactions import transactional
from marketing.analytics import activity
from marketing.models import CheckIn, DailyActivity, DailyRollup
from orders.models import Order
from points.models import LedgerEntry

ONE_DAY = timedelta(days=1)
LONGEST_CATCH_UP = timedelta(days=400)


def roll_up(day: date) -> DailyRollup:
    """Count one shop day and write its row; the same facts give the same row however often."""
    activity.gather(day)
    return _write(day, {**_people(day), **points_of(day), "rolled_up_at": clock.now()})


@transactional
def _write(day, numbers):
    # Two workers may count the same day: the row is made once, and either one's numbers are right.
    DailyRollup.objects.bulk_create([DailyRollup(on=day)], ignore_conflicts=True)
    DailyRollup.objects.filter(pk=day).update(**numbers)
    return DailyRollup(on=day, **numbers)


def roll_up_recent(*, today=None) -> list[DailyRollup]:
    """Count yesterday and today, and before them every day since the last one counted."""
    today = today or clock.today()
    latest = DailyRollup.objects.order_by("-on").values_list("on", flat=True).first() or _first_fact() or today
    first = max(min(latest, today - ONE_DAY), today - LONGEST_CATCH_UP)
    return [roll_up(first + ONE_DAY * n) for n in range((today - first).days + 1)]


def _people(day):
    bounds = (clock.start_of(day), clock.end_of(day))
    return {
        "dau": DailyActivity.objects.filter(on=day).values("user_id").distinct().count(),
        "new_members": _within(get_user_model().objects, "date_joined", bounds).count(),
        "check_ins": CheckIn.objects.filter(on=day).count(),
        "orders": _within(Order.objects, "created_at", bounds).count(),
    }


def points_of(day: date) -> dict:
    """Return the points issued, spent and expired on a shop day, by the definitions above."""
    # What an entry changes for its member, escrow and debt included: a hold is 0, its capture the price.
    worth = F("delta") + F("held_delta") - F("debt_delta")
    by_kind = dict(LedgerEntry.objects.filter(biz_date=day).order_by().values_list("kind").annotate(worth=Sum(worth)))
    return {
        "points_issued": by_kind.get("accrue", 0),
        "points_spent": -by_kind.get("spend", 0) - by_kind.get("capture", 0),
        "points_expired": -by_kind.get("expire", 0),
    }


def _within(rows, field, bounds):
    start, end = bounds
    return rows.filter(**{f"{field}__gte": start, f"{field}__lt": end})


def _first_fact():
    """Return the earliest day somebody did something, or None in an empty shop."""
    days = [model.objects.aggregate(first=Min("on"))["first"] for model in (DailyActivity, CheckIn)]
    placed = Order.objects.aggregate(first=Min("created_at"))["first"]
    days.append(clock.day_of(placed) if placed else None)
    return min(filter(None, days), default=None)
