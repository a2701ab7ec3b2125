"""Orders, points and goods answer for each other: whatever one of them lost is named."""

import pytest
from django.db import connection

from orders import lifecycle
from orders.models import Order
from orders.reconciliation import verify_orders
from points import ledger, reconciliation
from tests.factories.orders import give_points, place, virtual_sku

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books_close():
    """These tests break the books on purpose."""


def tamper(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.rowcount == 1


def checks(findings):
    return [(finding.account, finding.check) for finding in findings]


@pytest.fixture
def life(member):
    """One order in each state that points and goods can be in."""
    give_points(member, 1_000)
    points_only, mixed = virtual_sku(points=50), virtual_sku(points=30, cash="9.90")
    orders = {
        "spent": place(member, points_only),
        "returned": lifecycle.cancel(place(member, points_only), actor="test"),
        "held": place(member, mixed),
        "released": lifecycle.cancel(place(member, mixed), actor="test"),
        "captured": lifecycle.mark_paid(place(member, mixed), actor="test"),
    }
    return {name: Order.objects.get(pk=order.pk) for name, order in orders.items()}


def test_verify_when_orders_lived_then_everything_fits(life, member, other_member):
    assert reconciliation.verify() == []
    assert reconciliation.verify(member.pk) == []
    assert reconciliation.verify(other_member.pk) == []


@pytest.mark.parametrize(
    ("order", "status"),
    [("spent", "cancelled"), ("returned", "paid"), ("held", "paid"), ("released", "pending"), ("captured", "cancelled")],
)
def test_verify_when_a_status_lies_then_points_or_goods_say_so(life, member, order, status):
    tamper("UPDATE orders_order SET status = %s WHERE id = %s", status, life[order].pk)

    found = verify_orders()

    assert (member.pk, f"points of order {life[order].no} ({status})") in checks(found)


def test_verify_when_an_order_without_points_was_cancelled_by_hand_then_its_goods_are_missed(member):
    order = place(member, virtual_sku(cash="9.90"))
    tamper("UPDATE orders_order SET status = 'cancelled' WHERE id = %s", order.pk)

    assert checks(verify_orders([member.pk])) == [(member.pk, f"goods of order {order.no}: put_back")]


def test_verify_when_points_were_taken_for_no_order_then_the_entry_is_named(life, member):
    ledger.spend(member.pk, points=5, key="order:NOSUCHORDER:spend", reference="order:NOSUCHORDER")

    assert checks(verify_orders()) == [(member.pk, "order NOSUCHORDER has entries but does not exist")]


def test_verify_when_a_key_only_looks_like_an_orders_then_it_does_not_stop_the_verification(life, member):
    ledger.spend(member.pk, points=5, key="order:odd", reference="test")

    assert verify_orders() == []


def test_verify_when_stock_was_edited_by_hand_then_the_sku_is_named(life):
    line = life["spent"].lines.get()
    tamper("UPDATE catalog_stock SET quantity = quantity + 1 WHERE sku_id = %s", line.sku_id)

    assert checks(verify_orders()) == [(None, f"stock of SKU {line.sku_id} is not the sum of its movements")]


def test_verify_when_stock_has_no_movement_at_all_then_the_sku_is_named(db):
    sku = virtual_sku(points=10, stock=0)
    tamper("INSERT INTO catalog_stock (sku_id, quantity) VALUES (%s, 7)", sku.pk)

    assert checks(verify_orders()) == [(None, f"stock of SKU {sku.pk} is not the sum of its movements")]


def test_verify_when_a_line_was_edited_then_the_goods_are_named(life, member):
    tamper("UPDATE orders_orderline SET quantity = 2, cash = cash * 2 WHERE order_id = %s", life["spent"].pk)

    assert checks(verify_orders()) == [(member.pk, f"goods of order {life['spent'].no}: take")]


def test_verify_when_there_are_more_orders_then_the_query_count_stays(life, member, django_assert_num_queries):
    with django_assert_num_queries(4):
        verify_orders([member.pk])
    place(member, virtual_sku(points=10))
    with django_assert_num_queries(4):
        verify_orders([member.pk])
