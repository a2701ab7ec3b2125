from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from catalog import popularity, stock
from catalog.models import Product
from orders import lifecycle
from tests.factories.orders import give_points, place

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


def test_refresh_when_pieces_were_taken_and_put_back_then_the_rest_of_30_days_counts(
    shelve, member
):
    loved, returned, old = (
        shelve(stock=20, kind="virtual", popularity=popularity) for popularity in (0, 0, 7)
    )
    give_points(member, 2_000)
    orders = {}
    for product, moment, quantity in (
        (loved, NOON, 3),
        (returned, NOON, 4),
        (old, NOON - timedelta(days=30), 5),
    ):
        with time_machine.travel(moment, tick=False):
            orders[product] = place(member, product.skus.get(), quantity=quantity)
    with time_machine.travel(NOON, tick=False):
        lifecycle.cancel(orders[returned], actor="test")
        stock.take([(loved.skus.get().pk, 2)], reference="flash:1:open")

    assert popularity.refresh(NOON) == 2
    assert popularity.refresh(NOON) == 0

    counted = set(Product.objects.values_list("pk", "popularity", "sold"))
    # sold is what members paid for and kept, ever: nothing that was set aside for a sale
    assert counted == {(loved.pk, 5, 3), (returned.pk, 0, 0), (old.pk, 0, 5)}
