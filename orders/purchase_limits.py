"""How many pieces of a product one order may have, and one member: ever, and in a day, week or
month of the shop. Reads, never writes.

What a member has had is counted under the member's lock by whoever places an order; what was
cancelled or refunded may be had again. Quantities are whole pieces, 0 is no limit. A week begins on
Monday.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Q, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.models import Product
from mall.core import clock
from mall.core.errors import DomainError
from orders.errors import PeriodLimitReached, PersonLimitReached, PurchaseLimitReached
from orders.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class Had:
    """The pieces of a product that a member has kept: ``ever``, and ``lately``, in the period its
    limit names.
    """

    ever: int = 0
    lately: int = 0


Room = tuple[int, DomainError]  # how many more pieces a limit lets through, and what refuses more


def check(user, wishes, as_of: datetime) -> None:
    """Refuse wishes that go beyond a limit of their products.

    Raises: PurchaseLimitReached, PersonLimitReached, PeriodLimitReached.
    """
    products, wanted = {}, {}
    for wish in wishes:
        product = wish.sku.product
        products[product.pk] = product
        wanted[product.pk] = wanted.get(product.pk, 0) + wish.quantity
    for pk, product in products.items():
        _refuse(wanted[pk], _rooms_of_order(product))
    had = had_by(user, products.values(), as_of)
    for pk, product in products.items():
        _refuse(wanted[pk], _rooms_of_person(product, had.get(pk, Had()), as_of))


def rooms(product, had: Had, as_of: datetime) -> list[Room]:
    """Return the room that each limit of a product leaves a member who has had so much."""
    return [*_rooms_of_order(product), *_rooms_of_person(product, had, as_of)]


def had_by(user, products: Iterable[Product], as_of: datetime) -> dict[int, Had]:
    """Return what a member has had of those products that limit it, in one statement; a visitor
    (None) has had nothing.
    """
    limited = {one.pk: one for one in products if one.limit_per_person or one.limit_per_period}
    if user is None or not limited:
        return {}
    lines = OrderLine.objects.filter(order__user=user, product__in=list(limited)).exclude(
        order__status=Order.Status.CANCELLED
    )
    kept = F("quantity") - F("refunded_quantity")
    sums = {"ever": Sum(kept)}
    for period in {one.limit_period for one in limited.values() if one.limit_per_period}:
        since = clock.start_of(period_of(period, clock.day_of(as_of))[0])
        sums[period] = Sum(kept, filter=Q(order__created_at__gte=since), default=0)
    found = lines.order_by().values("product_id").annotate(**sums)
    return {
        row["product_id"]: Had(row["ever"], row.get(limited[row["product_id"]].limit_period, 0))
        for row in found
    }


def period_of(period: str, day: date) -> tuple[date, date]:
    """Return the first day of the period a shop day is in, and of the next one."""
    if period == Product.Period.MONTH:
        first = day.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1)
    if period == Product.Period.WEEK:
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    return day, day + timedelta(days=1)


def _refuse(quantity, rooms) -> None:
    for room, refusal in rooms:
        if quantity > room:
            raise refusal


def _rooms_of_order(product) -> list[Room]:
    limit = product.limit_per_order
    return [(limit, PurchaseLimitReached(product=product.name, limit=limit))] if limit else []


def _rooms_of_person(product, had, as_of) -> list[Room]:
    found = []
    if limit := product.limit_per_person:
        refusal = PersonLimitReached(product=product.name, limit=limit, had=had.ever)
        found.append((limit - had.ever, refusal))
    if limit := product.limit_per_period:
        refusal = PeriodLimitReached(
            product=product.name,
            limit=limit,
            had=had.lately,
            period=product.get_limit_period_display(),
            opens=_opening(product.limit_period, as_of),
        )
        found.append((limit - had.lately, refusal))
    return found


def _opening(period, as_of) -> str:
    _first, following = period_of(period, clock.day_of(as_of))
    return _("%(day)s, 00:00") % {"day": date_format(following, "SHORT_DATE_FORMAT")}
