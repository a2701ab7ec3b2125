"""What can still be had of chosen goods."""

import pytest

from catalog.models import Product
from orders.obtainable import Rest, rest_of
from tests.factories.orders import place, virtual_sku

pytestmark = pytest.mark.django_db


def test_rest_when_stock_limits_or_sale_end_stand_in_the_way_then_what_is_left_of_it(member):
    plenty, few, ended = (
        virtual_sku(points=1, stock=9),
        virtual_sku(points=1, stock=2),
        virtual_sku(points=1, name_zh_hans="下架", status=Product.Status.OFF),
    )
    of_order = virtual_sku(points=1, stock=9, limit_per_order=3)
    of_person = virtual_sku(points=1, stock=9, limit_per_person=2)
    place(member, of_person)
    skus = [plenty, few, ended, of_order, of_person]

    rest = rest_of(member, [(sku.pk, 5) for sku in skus])

    kept = ((plenty.pk, 5), (few.pk, 2), (of_order.pk, 3), (of_person.pk, 1))
    assert rest == Rest(kept, (ended.product.name,))


def test_rest_when_a_sku_was_never_here_then_told_without_a_name(member):
    sku = virtual_sku(points=1, stock=1)

    rest = rest_of(member, [(sku.pk, 1), (sku.pk + 999, 1)])

    assert rest.lines == ((sku.pk, 1),)
    assert len(rest.without) == 1 and rest.without[0]


@pytest.mark.parametrize("stock", [0, 5])
def test_rest_when_nothing_or_all_can_be_had_then_no_way_on(member, stock):
    sku = virtual_sku(points=1, stock=stock)

    assert rest_of(member, [(sku.pk, 5)]) is None
