"""Bought lines for recommendations: live and imported, kept ones only."""

from datetime import datetime

import pytest

from mall import clock
from marketing.analytics import baskets
from marketing.models import HistoryCustomer, HistoryLine, HistoryOrder
from orders.models import Order, OrderLine
from tests.factories.orders import give_points, place, virtual_sku

pytestmark = pytest.mark.django_db


def imported(no, *, user=None, status="completed", product="Green tea"):
    customer = HistoryCustomer.objects.create(name=no, user=user)
    at = datetime(2025, 3, 1, 12, tzinfo=clock.SHOP_ZONE)
    order = HistoryOrder.objects.create(no=no, customer=customer, ordered_at=at, on=at.date(), status=status, total=1, digest="")
    HistoryLine.objects.create(order=order, sku="T", product=product, category="drinks", quantity=2, unit_price=1)
    return customer


def test_lines_when_orders_are_live_and_imported_then_one_stream_of_kept_ones(member):
    give_points(member, 500)
    sku = virtual_sku(points=10, name_en="Green tea")
    kept, returned, open_order = (place(member, sku) for _ in range(3))
    Order.objects.filter(pk__in=[kept.pk, returned.pk]).update(status="completed")
    OrderLine.objects.filter(order=returned).update(refunded_quantity=1)
    stranger, own = imported("H1"), imported("H2", user=member, product="Something else")
    imported("H3", status="refunded")

    found = list(baskets.lines())

    told = [(line.person, line.order, line.product, line.quantity) for line in found]
    assert told == [
        (member.pk, kept.no, sku.product_id, 1),
        (-stranger.pk, "history:H1", sku.product_id, 2),
        (member.pk, "history:H2", None, 2),
    ]
    assert own.user == member and open_order.no not in {line.order for line in found}


def test_lines_when_a_first_day_is_named_then_earlier_ones_are_left_out():
    imported("H1")

    assert list(baskets.lines(since=datetime(2025, 3, 2).date())) == []
    assert len(list(baskets.lines(since=datetime(2025, 3, 1).date()))) == 1
