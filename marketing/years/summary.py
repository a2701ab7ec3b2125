"""What a year of a member was, from the rows of that year. Reads only.

A year is a shop year. Points are those rules credited, less what was taken back of them; orders are
those paid in it, less what was refunded since; nothing that was won. Days a shield covered, or that
were made up, are no check-ins. Saved is what the points would be worth in yuan at
each order's own rate, and what coupons took off.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Case, Count, F, Max, OuterRef, Q, Subquery, Sum, When

from mall.core import clock
from mall.core.money import ZERO
from marketing.badges.words import Words, words_of
from marketing.models import CheckIn, MemberBadge
from orders.models import Order, OrderLine
from points import rule_wording, statement, wording
from points.models import SEQ_SPAN, LedgerEntry, Rule

WAYS_SHOWN = 6
FIRST_YEAR = 2000
CENT = Decimal("0.01")
Kind = LedgerEntry.Kind
CHECKED = Q(kind=CheckIn.Kind.CHECKED)


@dataclass(frozen=True, slots=True)
class Way:
    """Points earned by one rule in the year; ``percent`` of the largest, for its bar."""

    name: str
    icon: str
    points: int
    percent: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A member's year in numbers; nothing in it names the member."""

    year: int
    earned: int
    ways: list[Way]
    spent: int
    orders: int
    pieces: int
    saved: Decimal
    category: str
    check_ins: int
    best_streak: int
    badges: list[Words]

    @property
    def titles(self) -> list[str]:
        """What the badges are called."""
        return [str(words.title) for words in self.badges]

    @property
    def is_empty(self) -> bool:
        return not (self.earned or self.orders or self.check_ins or self.badges)


def of(user, year: int) -> Summary:
    """Return the year of a member; an empty one where nothing happened."""
    ways, found = _ways(user.pk, year), _orders(user, year)
    days = CheckIn.objects.filter(user=user, on__year=year)
    checked = days.aggregate(days=Count("pk", filter=CHECKED), best=Max("streak"))
    codes = MemberBadge.objects.filter(user=user, earned_on__year=year).order_by("earned_on", "pk")
    pieces, category = _goods(found)
    return Summary(
        year=year,
        earned=sum(way.points for way in ways),
        ways=ways[:WAYS_SHOWN],
        spent=sum(order.points - order.refunded_points for order in found),
        orders=len(found),
        pieces=pieces,
        saved=sum((_saved(order) for order in found), ZERO),
        category=category,
        check_ins=checked["days"],
        best_streak=checked["best"] or 0,
        badges=[words_of(code) for code in codes.values_list("code", flat=True)],
    )


def years_of(user) -> list[int]:
    """Return the years a member was here, the newest first."""
    return list(range(clock.today().year, clock.day_of(user.date_joined).year - 1, -1))


def _ways(user_id, year) -> list[Way]:
    credit = LedgerEntry.objects.filter(
        pk=OuterRef("account_id") * SEQ_SPAN + OuterRef("reverses_seq"), kind=Kind.ACCRUE
    )
    rows = statement.entries_of(user_id).order_by().filter(biz_date__year=year)
    rows = rows.filter(kind__in=[Kind.ACCRUE, Kind.CLAWBACK]).annotate(
        of=Case(When(kind=Kind.ACCRUE, then="rule"), default=Subquery(credit.values("rule")))
    )
    sums = rows.values_list("of").annotate(points=Sum(F("delta") - F("debt_delta")))
    earned = {code: points for code, points in sums if code and points > 0}
    names, actions = wording.rule_names(), dict(Rule.objects.values_list("code", "action"))
    most = max(earned.values(), default=0)
    return [
        Way(
            names.get(code, code),
            rule_wording.icon_of(actions.get(code, code)),
            points,
            max(1, points * 100 // most),
        )
        for code, points in sorted(earned.items(), key=lambda one: (-one[1], one[0]))
    ]


def _orders(user, year) -> list[Order]:
    begins, ends = clock.start_of(date(year, 1, 1)), clock.start_of(date(year + 1, 1, 1))
    bought = Order.objects.purchases().filter(user=user)  # what was won cost nothing
    paid = bought.filter(paid_at__gte=begins, paid_at__lt=ends)
    kept = paid.filter(cancelled_at__isnull=True, refunded_at__isnull=True)
    numbers = ("points", "refunded_points", "rate", "coupon_discount")
    return list(kept.only(*numbers))


def _saved(order) -> Decimal:
    points = Fraction(order.points - order.refunded_points, order.rate or 1)
    worth = Decimal(points.numerator) / Decimal(points.denominator)
    return worth.quantize(CENT) + order.coupon_discount


def _goods(orders) -> tuple[int, str]:
    """Return how many pieces orders kept, and the category of most of them."""
    lines = OrderLine.objects.filter(order__in=orders).select_related("product__category")
    pieces, by_category = 0, defaultdict(int)
    for line in lines:
        kept = line.quantity - line.refunded_quantity
        pieces += kept
        if kept and line.product.category is not None:
            by_category[line.product.category.name] += kept
    first = min(by_category.items(), key=lambda one: (-one[1], one[0]), default=("", 0))
    return pieces, first[0]
