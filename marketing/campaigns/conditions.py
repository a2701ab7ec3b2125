"""What a segment may ask of its members, and the one query that finds them.

Conditions are a dict {field: value} of FIELDS; those of one line go together and all lines must
hold. Each is a subquery along a member's index, so a segment is one statement whatever its size,
and one member is asked about as cheaply. ``as_of`` asks how it was at an instant, an order or a
tag of that very instant left out: it may be the fact that asks. Tiers, earned and expiring points
are as they are now: of these the books keep no past.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from catalog.models import Category
from mall.core import clock
from mall.core.money import ZERO
from marketing.models import MemberTag
from orders.coupons.discounts import beneath
from orders.models import Order, OrderLine
from points.models import LEVELS, MemberTier, PointAccount

PAID = (Order.Status.PAID, Order.Status.SHIPPED, Order.Status.COMPLETED)


@dataclass(frozen=True, slots=True)
class Field:
    """What a value may be: ``whole`` and ``yuan`` from ``least`` to ``most``, a ``month``
    (2026-11), a list of ``tags``, the slug of a ``category``, or ``yes_no``.
    """

    kind: str
    least: int = 0
    most: int = 0


TIER, DAYS = Field("whole", 1, LEVELS), Field("whole", 1, 3650)
POINTS, TIMES = Field("whole", 0, 10**9), Field("whole", 0, 10_000)
YUAN, MONTH, TAGS = Field("yuan", 0, 10**8), Field("month"), Field("tags")
FIELDS = {
    "tier_from": TIER,
    "tier_to": TIER,
    "earned_from": POINTS,
    "earned_to": POINTS,
    "next_tier_within": Field("whole", 1, 10**9),
    "joined_days": DAYS,
    "joined_from": MONTH,
    "joined_to": MONTH,
    "silent_days": DAYS,
    "ordered_days": DAYS,
    "orders_from": TIMES,
    "orders_to": TIMES,
    "orders_days": DAYS,
    "spend_from": YUAN,
    "spend_to": YUAN,
    "spend_days": DAYS,
    "category": Field("category"),
    "category_bought": Field("yes_no"),
    "category_days": DAYS,
    "tags": TAGS,
    "not_tags": TAGS,
    "expiring_points": Field("whole", 1, 10**9),
    "expiring_days": DAYS,
}


def members(said: dict, as_of: datetime | None = None) -> QuerySet:
    """Return the members of whom all these conditions hold; of none all of them."""
    at = as_of or clock.now()
    found = get_user_model()._default_manager.all()
    for condition in CONDITIONS:
        for needed in condition(said, at):
            found = found.filter(needed)
    return found


def _of(model, **lookups):
    return Exists(model.objects.filter(pk=OuterRef("pk"), **lookups))


def _tier(said, at):
    # A member without a row has the first tier.
    if said.get("tier_from", 1) > 1:
        yield _of(MemberTier, level__gte=said["tier_from"])
    if said.get("tier_to", LEVELS) < LEVELS:
        yield ~_of(MemberTier, level__gt=said["tier_to"])


def _earned(said, at):
    # What was earned, spent or expired since or not; points that were only reserved and returned
    # are no merit.
    if "earned_from" in said:
        yield _of(MemberTier, earned__gte=said["earned_from"])
    if "earned_to" in said:
        yield ~_of(MemberTier, earned__gt=said["earned_to"])


def _next_tier(said, at):
    if "next_tier_within" in said:
        near = F("earned") + said["next_tier_within"]
        yield _of(MemberTier, level__lt=LEVELS, rises_at__lte=near, rises_at__gt=F("earned"))


def _joined(said, at):
    if "joined_days" in said:
        yield Q(date_joined__gte=at - timedelta(days=said["joined_days"]))
    if "joined_from" in said:
        yield Q(date_joined__gte=clock.start_of(first_of(said["joined_from"])))
    if "joined_to" in said:
        behind = first_of(said["joined_to"]) + timedelta(days=32)
        yield Q(date_joined__lt=clock.start_of(behind.replace(day=1)))


def _recency(said, at):
    if "silent_days" in said:
        since = at - timedelta(days=said["silent_days"])
        lately = _orders(at, since).exclude(status=Order.Status.CANCELLED)
        yield ~Exists(lately)
        yield Q(date_joined__lt=since)
    if "ordered_days" in said:
        yield Exists(_paid(at, said["ordered_days"]))


def _frequency(said, at):
    if "orders_from" not in said and "orders_to" not in said:
        return
    paid = _paid(at, said.get("orders_days")).order_by().values("user")
    number = Coalesce(Subquery(paid.annotate(number=Count("pk")).values("number")), 0)
    yield from _between(number, said.get("orders_from"), said.get("orders_to"))


def _spending(said, at):
    if "spend_from" not in said and "spend_to" not in said:
        return
    paid = _paid(at, said.get("spend_days")).order_by().values("user")
    money = DecimalField(max_digits=16, decimal_places=2)
    kept = paid.annotate(kept=Sum(F("cash") - F("refunded_cash"), output_field=money))
    spent = Coalesce(Subquery(kept.values("kept")), ZERO, output_field=money)
    least, most = (
        Decimal(said[name]) if name in said else None for name in ("spend_from", "spend_to")
    )
    yield from _between(spent, least, most)


def _between(value, least, most):
    if least is not None:
        yield GreaterThanOrEqual(value, least)
    if most is not None:
        yield LessThanOrEqual(value, most)


def _tags(said, at):
    tagged = MemberTag.objects.filter(user=OuterRef("pk"), given_at__lte=at)
    if said.get("tags"):
        yield Exists(tagged.filter(tag__in=said["tags"]))
    if said.get("not_tags"):
        yield ~Exists(tagged.filter(tag__in=said["not_tags"]))


def _category(said, at):
    if "category" not in said:
        return
    shelf = Category.objects.filter(slug=said["category"]).values_list("pk", flat=True).first()
    bought = OrderLine.objects.filter(
        order__user=OuterRef("pk"),
        order__status__in=PAID,
        order__created_at__lt=at,
        refunded_quantity__lt=F("quantity"),
        product__category__in=beneath().get(shelf, set()),
    )
    if "category_days" in said:
        since = at - timedelta(days=said["category_days"])
        bought = bought.filter(order__created_at__gte=since)
    yield Exists(bought) if said.get("category_bought", True) else ~Exists(bought)


def _expiring(said, at):
    if "expiring_points" not in said and "expiring_days" not in said:
        return
    today = clock.day_of(at)
    last = today + timedelta(days=said.get("expiring_days", 30))
    soon = PointAccount.objects.filter(
        pk=OuterRef("pk"), next_expiry__gte=today, next_expiry__lte=last, available__gt=0
    )
    if "expiring_points" in said:
        # lots are pairs of day and points, the soonest first
        soon = soon.filter(lots__0__1__gte=said["expiring_points"])
    yield Exists(soon)


CONDITIONS = (
    _tier,
    _earned,
    _next_tier,
    _joined,
    _recency,
    _frequency,
    _spending,
    _tags,
    _category,
    _expiring,
)


def _orders(at, since=None):
    found = Order.objects.purchases().filter(user=OuterRef("pk"), created_at__lt=at)
    return found.filter(created_at__gte=since) if since else found


def _paid(at, days):
    """Orders that were paid and not sent back whole, as known now, placed before an instant."""
    since = at - timedelta(days=days) if days else None
    return _orders(at, since).filter(status__in=PAID, refunded_at__isnull=True)


def first_of(month: str) -> date:
    """Return the first day of a month written as 2026-11. Raises: ValueError."""
    return date.fromisoformat(f"{month}-01")
