"""Many hands in one basket: parallel PUTs, presses and orders never double anything."""

from uuid import uuid4

import pytest

from mall.core.errors import Busy, DomainError
from orders.basket import contents
from orders.basket.baskets import MemberBasket
from orders.checkout import place_order
from orders.models import BasketLine, Order
from tests.factories.orders import give_points, virtual_sku

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("closed_books"),
]


def patiently(act):
    """Return what came of it; a database that stays contended is asked again, as a shopper does."""
    for _try in range(20):
        try:
            return act()
        except Busy:
            continue
        except DomainError as refusal:
            return refusal.code
    raise AssertionError("contended for too long")


def test_basket_when_many_put_press_and_order_at_once_then_one_line_and_one_order(
    member, run_threads
):
    give_points(member, 10_000)
    sku, other = virtual_sku(points=10, stock=500), virtual_sku(points=1)

    def change(act):
        return patiently(lambda: MemberBasket(member.pk).change(act))

    # an app and a browser at once: absolute numbers, and one press sent eight times
    run_threads(8, lambda: change(lambda lines: contents.put(lines, sku.pk, 3)))
    run_threads(8, lambda: change(lambda lines: contents.add(lines, other.pk, 2, key="a page")))
    filled = dict(BasketLine.objects.values_list("sku_id", "quantity"))

    def order():
        lines = [(sku.pk, 3), (other.pk, 2)]
        key = uuid4().hex  # each tab has its own
        return patiently(lambda: place_order(member, lines=lines, key=key, from_basket=True))

    outcomes = run_threads(8, order)

    assert filled == {sku.pk: 3, other.pk: 2}
    assert sorted(isinstance(one, Order) for one in outcomes) == [False] * 7 + [True]
    assert {one for one in outcomes if not isinstance(one, Order)} == {"basket_changed"}
    assert (Order.objects.count(), BasketLine.objects.count()) == (1, 0)
