"""What was bought together, by whom and when: lines of kept orders, live and imported, in one stream.

An imported line names no product of this shop; it is known by its earlier name, and taken for ours when a product
carries exactly that name in any language.
"""

from typing import NamedTuple

from django.db.models import F

from catalog.models import Product
from mall import clock
from marketing.models import HistoryLine, HistoryOrder
from orders.models import Order, OrderLine

CHUNK = 5_000


class Bought(NamedTuple):
    """One line of a kept order; ``product`` is None when this shop has nothing of that name."""

    person: int
    order: str
    on: object
    product: int | None
    name: str
    category: str
    quantity: int


def lines(*, since=None):
    """Yield every bought line, live ones first, each order's lines together; ``since`` leaves out earlier shop days."""
    yield from _live(since)
    yield from _imported(since)


def _live(since):
    kept = OrderLine.objects.filter(
        order__status=Order.Status.COMPLETED, order__refunded_at__isnull=True, refunded_quantity__lt=F("quantity")
    )
    if since:
        kept = kept.filter(order__created_at__gte=clock.start_of(since))
    told = kept.order_by("order_id", "pk").values_list(
        "order__user_id", "order__no", "order__created_at", "product_id", "product__name", "product__category__name",
        F("quantity") - F("refunded_quantity"),
    )  # fmt: skip
    for person, no, at, *rest in told.iterator(chunk_size=CHUNK):
        yield Bought(person, no, clock.day_of(at), *rest)


def _imported(since):
    ours = products_by_name()
    kept = HistoryLine.objects.filter(order__status=HistoryOrder.Status.COMPLETED)
    if since:
        kept = kept.filter(order__on__gte=since)
    told = kept.order_by("order_id", "pk").annotate(user=F("order__customer__user"), customer=F("order__customer"))
    for user, customer, no, on, product, category, quantity in told.values_list(
        "user", "customer", "order__no", "order__on", "product", "category", "quantity"
    ).iterator(chunk_size=CHUNK):
        yield Bought(user or -customer, f"history:{no}", on, ours.get(product), product, category, quantity)


def products_by_name() -> dict:
    """Return {name in any language: product id}; of two products with one name, the newer."""
    names = [field.name for field in Product._meta.get_fields() if field.name.startswith("name_")]
    return {name: pk for pk, *each in Product.objects.order_by("pk").values_list("pk", *names) for name in each if name}
