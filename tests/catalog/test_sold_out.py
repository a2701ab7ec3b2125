"""What was sold out a moment ago is looked for on the shelf before anything else, and refused by
what lies there now.
"""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import sold_out, stock
from catalog.errors import OutOfStock
from orders.checkout import place_order
from orders.errors import IdempotencyConflict
from orders.models import Order
from tests.factories.orders import give_points, place, virtual_sku
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def gone(member):
    """A SKU whose last piece a member has just taken, and somebody was refused."""
    give_points(member, 100)
    sku = virtual_sku(points=10, stock=1)
    place(member, sku, key="the-last-one")
    refused(member_with(10), sku)
    return sku


@pytest.fixture
def suspected_for_ever(monkeypatch):
    monkeypatch.setattr(sold_out, "SUSPECTED_SECONDS", 1_000)
    monkeypatch.setattr(sold_out, "_left", {})  # nothing of it is suspected in the next test


def refused(who, sku, **words):
    """Return the statements that a refusal took, and its numbers."""
    with CaptureQueriesContext(connection) as asked, pytest.raises(OutOfStock) as refusal:
        place(who, sku, **words)
    return len(asked), refusal.value.numbers


def put_into_the_database(sku, quantity):
    """Pieces come in through another process, of which this one hears nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_stock SET quantity = %s WHERE sku_id = %s", [quantity, sku.pk]
        )


def test_place_order_when_somebody_was_refused_a_moment_ago_then_shelf_and_key_are_looked_up(
    suspected_for_ever, gone, other_member
):
    asked, numbers = refused(other_member, gone)

    assert (asked, numbers) == (1, {"sku": gone.pk, "wanted": 1, "left": 0})


def test_place_order_when_sold_out_and_the_last_buyer_asks_again_then_the_same_order(
    suspected_for_ever, gone, member
):
    again = place(member, gone, key="the-last-one")

    assert (again.replayed, again.pk) == (True, Order.objects.get().pk)
    with pytest.raises(IdempotencyConflict):
        place(member, gone, key="the-last-one", expect={"points": 1, "cash": "0.00"})


def test_place_order_when_fewer_are_wanted_than_were_left_then_the_database_decides(
    suspected_for_ever, member
):
    give_points(member, 100)
    sku = virtual_sku(points=10, stock=2)
    _asked, numbers = refused(member, sku, quantity=3)

    assert numbers == {"sku": sku.pk, "wanted": 3, "left": 2}
    assert refused(member, sku, quantity=3)[0] == 1
    assert place(member, sku, quantity=2).points == 20


@pytest.mark.parametrize("way", ["receive", "put_back"])
def test_place_order_when_pieces_come_in_through_this_process_then_at_once(
    suspected_for_ever, gone, other_member, way
):
    if way == "receive":
        stock.receive(gone.pk, quantity=1, actor="staff:1")
    else:
        stock.put_back([(gone.pk, 1)], reference="order:returned")

    give_points(other_member, 10)
    assert place(other_member, gone).points == 10


def test_place_order_when_pieces_came_in_elsewhere_then_they_are_sold_at_once(
    suspected_for_ever, gone, other_member
):
    give_points(other_member, 10)
    refused(other_member, gone)
    put_into_the_database(gone, 1)

    assert refused(other_member, gone, quantity=2)[1]["left"] == 1
    assert place(other_member, gone).points == 10


def test_place_order_of_several_when_one_is_gone_then_refused_by_one_look(
    suspected_for_ever, gone, member, other_member
):
    there = virtual_sku(points=10, stock=5)
    give_points(other_member, 100)
    wanted = [(there.pk, 1), (gone.pk, 1)]
    with CaptureQueriesContext(connection) as asked, pytest.raises(OutOfStock) as refusal:
        place_order(other_member, lines=wanted, key="both")

    assert (len(asked), refusal.value.numbers["sku"]) == (1, gone.pk)


def test_suspected_when_the_reading_took_long_then_nothing_is():
    sold_out.remember(7, 0, since=time.monotonic() - sold_out.SUSPECTED_SECONDS)

    assert sold_out.suspected([(7, 1)]) == []


def test_remember_when_too_many_are_known_then_those_that_ended_go(monkeypatch):
    monkeypatch.setattr(sold_out, "_left", {})
    for sku in range(1, sold_out.MOST + 1):
        sold_out.remember(sku, 0, since=0.0)

    sold_out.remember(9_999, 0, since=time.monotonic())

    assert list(sold_out._left) == [9_999]
