"""Who came back and who bought again: one walk over everybody's days, in the order they are stored.

Definitions (contract): *active* = an own action that day; a *cohort* = those whose first own action
fell on that day (month); ``dN`` = share of a cohort active exactly N days later, None until
matured; ``cohorts.months[k]`` = share with a completed order k months later; ``repurchase.dN`` = of
those whose first completed order is at least N days old, the share with a second one within N days
after it; the *interval* = days from one completed order to the same member's next. *Stickiness* =
mean daily active members of the last 30 days ÷ those active at all in these days. Orders are dated
by the day they were placed. Shop days throughout.

The walk holds sums by day, never the members: memory does not grow with them.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import chain, groupby
from operator import itemgetter

from mall.core import clock, keyset
from marketing.models import MemberDay

RETURN_DAYS = (1, 7, 30)
REPURCHASE_DAYS = (30, 90, 365)
MONTH_DAYS = 30
PAGE = 20_000
ONE_DAY = timedelta(days=1)


class Walk:
    """The sums of one walk, as of the end of a shop day; ``since`` leaves out what lies before it.

    What began before ``since`` is history, not news: a cohort counts by its first day, a buyer by
    the first order.
    """

    def __init__(self, as_of: date, since: date | None = None):
        self.as_of, self.since = as_of, since or date.min
        self.members = self.buyers = self.repeaters = self.orders = self.recent = 0
        self.daily, self.monthly, self.gaps = Counter(), Counter(), Counter()
        self.cohort_sizes, self.month_sizes = Counter(), Counter()
        self.returned = {n: Counter() for n in RETURN_DAYS}
        self.again = defaultdict(Counter)
        self.bought, self.rebought = Counter(), Counter()
        self.old_enough, self.in_time = Counter(), Counter()

    def take(self, days):
        """Add one person's days: [(day, completed orders)], in order."""
        dates = [day for day, _orders in days]
        shown = [day for day in dates if day >= self.since]
        if not shown:
            return
        self.members += 1
        self.daily.update(shown)
        self.monthly.update({(day.year, day.month) for day in shown})
        self.recent += dates[-1] > self.as_of - MONTH_DAYS * ONE_DAY
        bought = [day for day, orders in days for _each in range(orders)]
        if dates[0] >= self.since:
            self._join(dates, bought)
        self._buy(bought)

    def _join(self, dates, bought):
        first = dates[0]
        self.cohort_sizes[first] += 1
        came = set(dates)
        for n, returned in self.returned.items():
            returned[first] += first + n * ONE_DAY in came
        month = (first.year, first.month)
        self.month_sizes[month] += 1
        self.again[month].update({_months_between(first, day) for day in bought})
        self.bought[first] += len(bought) > 0
        self.rebought[first] += len(bought) > 1

    def _buy(self, bought):
        shown = [day for day in bought if day >= self.since]
        self.orders += len(shown)
        self.buyers += len(shown) > 0
        self.repeaters += len(shown) > 1
        self.gaps.update(
            (later - earlier).days
            for earlier, later in zip(bought, bought[1:], strict=False)
            if later >= self.since
        )
        if bought and bought[0] >= self.since:
            for n in REPURCHASE_DAYS:
                if bought[0] <= self.as_of - n * ONE_DAY:
                    self.old_enough[n] += 1
                    self.in_time[n] += len(bought) > 1 and bought[1] <= bought[0] + n * ONE_DAY

    # --- what the sums say ------------------------------------------------------
    def stickiness(self):
        """Return the mean daily active members of the last 30 days as a share of all active in
        them, or None.
        """
        first = self.as_of - (MONTH_DAYS - 1) * ONE_DAY
        visits = sum(count for day, count in self.daily.items() if day >= first)
        return visits / MONTH_DAYS / self.recent if self.recent else None

    def retention(self) -> dict:
        """Return {cohort day: {size, d1, d7, d30}}."""
        return {
            day.isoformat(): {
                "size": size,
                **{f"d{n}": self._returned(n, day, size) for n in RETURN_DAYS},
            }
            for day, size in sorted(self.cohort_sizes.items())
        }

    def _returned(self, n, day, size):
        return self.returned[n][day] / size if day + n * ONE_DAY <= self.as_of else None

    def cohorts(self) -> dict:
        """Return {cohort month: {size, months}}, each up to the month of the last day."""
        last = (self.as_of.year, self.as_of.month)
        return {
            _written(month): {
                "size": size,
                "months": [self.again[month][k] / size for k in range(_distance(month, last) + 1)],
            }
            for month, size in sorted(self.month_sizes.items())
        }

    def repurchase(self) -> dict:
        """Return {d30, d90, d365, all}, each a share or None while nobody can be counted."""
        shares = {
            f"d{n}": self.in_time[n] / self.old_enough[n] if self.old_enough[n] else None
            for n in REPURCHASE_DAYS
        }
        return {**shares, "all": self.repeaters / self.buyers if self.buyers else None}

    def as_dict(self) -> dict:
        """Return the report as the contract names it."""
        return {
            "as_of": self.as_of.isoformat(),
            "members": self.members,
            "buyers": self.buyers,
            "orders": self.orders,
            "dau": {day.isoformat(): count for day, count in sorted(self.daily.items())},
            "mau": {_written(month): count for month, count in sorted(self.monthly.items())},
            "stickiness": self.stickiness(),
            "retention": self.retention(),
            "cohorts": self.cohorts(),
            "repurchase": self.repurchase(),
            "repurchase_interval_days": {
                "median": quantile(self.gaps, 0.5),
                "p90": quantile(self.gaps, 0.9),
            },
        }


def walk(as_of: date | None = None, *, since: date | None = None, progress=iter, also=()) -> Walk:
    """Walk over everybody's days up to the end of ``as_of`` (default: today) and return the sums;
    ``also`` are others that ``take`` each person's days.
    """
    sums = Walk(as_of or clock.today(), since)
    for _person, rows in groupby(progress(_days(sums.as_of)), key=itemgetter(0)):
        days = [(day, orders) for _each, day, orders in rows]
        for one in (sums, *also):
            one.take(days)
    return sums


def quantile(counted, share) -> float | None:
    """Return a quantile of {value: count}, between two neighbours by straight line; None of
    nothing.
    """
    total = sum(counted.values())
    if not total:
        return None
    place = (total - 1) * share
    lower, upper = (_at(counted, rank) for rank in (int(place), min(int(place) + 1, total - 1)))
    return lower + (upper - lower) * (place - int(place))


def _at(counted, rank):
    for value in sorted(counted):
        if rank < counted[value]:
            return value
        rank -= counted[value]
    raise AssertionError("a rank lies within the total")


def _days(as_of):
    """Return (person, day, orders) in the order they are stored, a page at a time: no cursor stays
    open.
    """
    rows = MemberDay.objects.filter(on__lte=as_of).values_list("person", "on", "orders")
    return chain.from_iterable(keyset.batches(rows, PAGE, by=("person", "on")))


def _months_between(earlier, later):
    return _distance((earlier.year, earlier.month), (later.year, later.month))


def _distance(earlier, later):
    return (later[0] - earlier[0]) * 12 + later[1] - earlier[1]


def _written(month):
    return "{}-{:02}".format(*month)
