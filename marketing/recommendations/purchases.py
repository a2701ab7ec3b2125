"""Who got and kept what, and when: this shop's orders, and an earlier shop's as imported, read as
one.

An imported product is one of ours when it carries the same name in either language; otherwise its
SKU stands for it, which still says something about people (evaluation) though nothing on our
shelves.
"""

from collections import defaultdict
from itertools import chain

from django.db.models import Count, F

from catalog.models import Product
from mall.core import clock, keyset, rows
from marketing.models import HistoryCustomer, HistoryLine, HistoryOrder
from marketing.recommendations.ranking import Purchase
from orders.models import Order, OrderLine

PEOPLE_AT_ONCE = 1000
LINES_OF_ONE = 500


def by_person():
    """Yield one list per person, latest first; memory holds PEOPLE_AT_ONCE of them."""
    products = _products()
    for members in _pages(Order.objects.exclude(status=Order.Status.CANCELLED), "user_id"):
        yield from _grouped(
            _live(user__in=members), _imported(products, customer__user__in=members)
        )
    # Whoever is linked to a member but has ordered nothing here yet still counts, as a customer.
    for customers in _pages(HistoryCustomer.objects.all(), "pk"):
        ordered = Order.objects.exclude(status=Order.Status.CANCELLED).filter(
            user__history__in=customers
        )
        members = set(ordered.values_list("user_id", flat=True))
        strangers = (
            HistoryCustomer.objects.filter(pk__in=customers)
            .exclude(user__in=members)
            .values_list("pk", flat=True)
        )
        yield from _grouped(_imported(products, customer__in=list(strangers)))


def people() -> int:
    """Return about how many people there are: members who ordered, and an earlier shop's."""
    ordered = Order.objects.order_by().aggregate(n=Count("user_id", distinct=True))["n"]
    return ordered + HistoryCustomer.objects.count()


def of_member(user) -> list[Purchase]:
    """Return what one member had, latest first, at most LINES_OF_ONE from each source."""
    imported = []
    here = f"SELECT 1 FROM {rows.table(HistoryCustomer)} WHERE user_id = %s LIMIT 1"
    if rows.fetch(here, [user.pk]):
        imported = _imported(_products(), customer__user=user)[:LINES_OF_ONE]
    return sorted(
        chain(_latest_of(user), imported),
        key=lambda purchase: purchase.on,
        reverse=True,
    )


def _latest_of(user) -> list[Purchase]:
    """Return a member's latest lines as ``_live`` finds them."""
    line, order, product = (rows.table(model) for model in (OrderLine, Order, Product))
    found = rows.fetch(
        "SELECT line.product_id, product.category_id, placed.created_at"
        f" FROM {line} line JOIN {order} placed ON placed.id = line.order_id"
        f" JOIN {product} product ON product.id = line.product_id"
        " WHERE placed.user_id = %s AND placed.status <> %s"
        " AND line.refunded_quantity < line.quantity ORDER BY line.id DESC LIMIT %s",
        [user.pk, Order.Status.CANCELLED, LINES_OF_ONE],
    )
    days = (clock.day_of(rows.as_read(Order, "created_at", at)) for _item, _category, at in found)
    return [
        Purchase(("member", user.pk), item, category, on)
        for (item, category, _at), on in zip(found, days, strict=True)
    ]


def _live(**who) -> list[Purchase]:
    orders = {f"order__{name}": value for name, value in who.items()}
    kept = OrderLine.objects.filter(**orders, refunded_quantity__lt=F("quantity"))
    lines = kept.exclude(order__status=Order.Status.CANCELLED).order_by("-pk")
    found = lines.values_list(
        "order__user_id", "product_id", "product__category_id", "order__created_at"
    )
    return [
        Purchase(("member", user), product, category, clock.day_of(at))
        for user, product, category, at in found
    ]


def _imported(products, **who) -> list[Purchase]:
    orders = {f"order__{name}": value for name, value in who.items()}
    lines = HistoryLine.objects.filter(
        **orders, order__status=HistoryOrder.Status.COMPLETED
    ).order_by("-order__on", "-pk")
    found = lines.values_list(
        "order__customer__user_id", "order__customer_id", "sku", "product", "category", "order__on"
    )
    return [
        Purchase(
            ("member", user) if user else ("customer", customer),
            *products.get(product, (f"sku:{sku}", category)),
            on,
            product,
        )
        for user, customer, sku, product, category, on in found
    ]


def _products() -> dict:
    """Return {name in either language: (product id, category id)}."""
    rows = Product.objects.values_list("name_zh_hans", "name_en", "pk", "category_id")
    return {
        name: (product, category)
        for chinese, english, product, category in rows
        for name in (chinese, english)
        if name
    }


def _pages(rows, column):
    """Return the distinct values of a column, PEOPLE_AT_ONCE at a time."""
    people = rows.values_list(column, flat=True).distinct()
    return keyset.batches(people, PEOPLE_AT_ONCE, by=(column,))


def _grouped(*sources):
    people = defaultdict(list)
    for purchase in chain(*sources):
        people[purchase.person].append(purchase)
    for own in people.values():
        yield sorted(own, key=lambda purchase: purchase.on, reverse=True)
