from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from catalog import popularity, stock
from catalog.models import Product

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


def test_refresh_when_pieces_were_taken_and_put_back_then_the_rest_of_30_days_counts(shelve):
    loved, returned, old = shelve(stock=20), shelve(stock=20), shelve(stock=20, popularity=7)
    for product, moment, quantity in (
        (loved, NOON, 3),
        (returned, NOON, 4),
        (old, NOON - timedelta(days=30), 5),
    ):
        with time_machine.travel(moment, tick=False):
            stock.take([(product.skus.get().pk, quantity)], reference=f"order:{product.pk}")
    with time_machine.travel(NOON, tick=False):
        stock.put_back([(returned.skus.get().pk, 4)], reference=f"order:{returned.pk}")

    assert popularity.refresh(NOON) == 2
    assert popularity.refresh(NOON) == 0

    counted = dict(Product.objects.values_list("pk", "popularity"))
    assert counted == {loved.pk: 3, returned.pk: 0, old.pk: 0}
