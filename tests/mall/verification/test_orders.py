"""Orders, points and goods answer for each other: whatever one of them lost is named."""

import json
from dataclasses import replace
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from catalog.models import CardKey, Stock, StockMovement
from mall import verification
from mall.verification.orders import verify_orders
from mall.verification.shelf import verify_shelf
from orders import lifecycle
from orders.models import Coupon, Order
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from points import event_delivery, ledger
from tests.factories.coupons import coupon_sku, given
from tests.factories.orders import (
    address_of,
    give_points,
    key_sku,
    pay,
    physical_sku,
    place,
    refund,
    virtual_sku,
)

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
    assert verification.verify() == []
    assert verification.verify(member.pk) == []
    assert verification.verify(other_member.pk) == []


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ("spent", "cancelled"),
        ("returned", "paid"),
        ("held", "paid"),
        ("released", "pending"),
        ("captured", "cancelled"),
    ],
)
def test_verify_when_a_status_lies_then_points_or_goods_say_so(life, member, order, status):
    tamper("UPDATE orders_order SET status = %s WHERE id = %s", status, life[order].pk)

    found = verify_orders()

    assert (member.pk, f"points of order {life[order].no} ({status})") in checks(found)


def test_verify_when_an_order_without_points_was_cancelled_by_hand_then_its_goods_are_missed(
    member,
):
    order = place(member, virtual_sku(cash="9.90"))
    tamper("UPDATE orders_order SET status = 'cancelled' WHERE id = %s", order.pk)

    assert checks(verify_orders([member.pk])) == [
        (member.pk, f"goods of order {order.no}: put_back")
    ]


def test_verify_when_money_came_twice_too_late_or_for_nothing_then_told_where_it_is(member):
    twice, late, undone = (place(member, virtual_sku(cash="9.90")) for _n in range(3))
    for order in (twice, late, undone):
        cash_in.start(order, "sandbox")
    lifecycle.cancel(late, actor="test")
    for order, ref in ((twice, "a"), (twice, "b"), (late, "c"), (undone, "d")):
        told = sandbox.read_notice(*sandbox.write_notice(order.payments.get(), "paid"))
        cash_in.take_in("sandbox", replace(told, event_id=ref, provider_ref=ref))
    fine = verify_orders()
    tamper("DELETE FROM orders_paymentrefund WHERE paid_ref = %s", "b")
    tamper("UPDATE orders_paymentrefund SET amount = 9 WHERE paid_ref = %s", "c")
    tamper("UPDATE orders_order SET status = 'pending' WHERE id = %s", undone.pk)

    found = [(one.check, one.expected, one.found) for one in verify_orders([member.pk])]

    assert fine == []
    assert {
        (f"cash back of order {twice.no}: second", "9.90", "0.00"),
        (f"cash back of order {late.no}: late", "9.90", "9.00"),
        (f"cash in of order {undone.no} (pending)", "0.00", "9.90"),
    } == set(found)


def test_verify_when_a_payment_is_paid_and_nobody_told_or_told_and_not_paid_then_named(member):
    by_hand, lost, fine = (place(member, virtual_sku(cash="9.90")) for _n in range(3))
    payments = [cash_in.start(order, "sandbox") for order in (by_hand, lost, fine)]
    pay(lost)
    pay(fine)
    before = verify_orders()
    tamper("UPDATE orders_payment SET status = 'paid' WHERE id = %s", payments[0].pk)
    tamper("UPDATE orders_payment SET status = 'open' WHERE id = %s", payments[1].pk)

    found = [(one.check, one.expected, one.found) for one in verify_orders()]

    assert before == []
    assert found == [
        (f"payment {payments[0].no} of order {by_hand.no}", "not paid", "paid, and nobody told"),
        (f"payment {payments[1].no} of order {lost.no}", "paid", "not"),
    ]


def test_verify_when_points_were_taken_for_no_order_then_the_entry_is_named(life, member):
    ledger.spend(member.pk, points=5, key="order:NOSUCHORDER:spend", reference="order:NOSUCHORDER")

    assert checks(verify_orders()) == [
        (member.pk, "order NOSUCHORDER has entries but does not exist")
    ]


def test_verify_when_a_key_only_looks_like_an_orders_then_it_does_not_stop_the_verification(
    life, member
):
    ledger.spend(member.pk, points=5, key="order:odd", reference="test")

    assert verify_orders() == []


def test_verify_when_stock_was_edited_by_hand_then_the_sku_is_named(life):
    line = life["spent"].lines.get()
    tamper("UPDATE catalog_stock SET quantity = quantity + 1 WHERE sku_id = %s", line.sku_id)

    assert checks(verify_shelf()) == [
        (None, f"stock of SKU {line.sku_id} is not the sum of its movements")
    ]


def test_verify_when_stock_has_no_movement_at_all_then_the_sku_is_named(db):
    sku = virtual_sku(points=10, stock=0)
    tamper("INSERT INTO catalog_stock (sku_id, quantity) VALUES (%s, 7)", sku.pk)

    assert checks(verify_shelf()) == [
        (None, f"stock of SKU {sku.pk} is not the sum of its movements")
    ]


def test_verify_when_a_line_was_edited_then_the_goods_are_named(life, member):
    tamper(
        "UPDATE orders_orderline SET quantity = 2, cash = cash * 2 WHERE order_id = %s",
        life["spent"].pk,
    )

    line = life["spent"].lines.get()
    assert checks([*verify_orders(), *verify_shelf()]) == [
        (member.pk, f"points of line {line.pk} of order {line.order.no}"),
        (None, f"stock of SKU {line.sku_id} is not the sum of its movements"),
    ]


def logged_as_before(order, pieces):
    """Write the movement that releases before 0054 wrote with an order's line."""
    tamper(
        "INSERT INTO catalog_stockmovement (sku_id, direction, delta, reference, actor, note, "
        "created_at) SELECT sku_id, 'take', %s, %s, '', '', %s FROM orders_orderline "
        "WHERE order_id = %s",
        -pieces,
        order.reference,
        connection.ops.adapt_datetimefield_value(order.created_at),
        order.pk,
    )


def test_verify_when_an_earlier_release_logged_sales_then_each_counts_once(life, member):
    for name in ("spent", "returned", "held"):
        logged_as_before(life[name], 1)

    assert [*verify_orders(), *verify_shelf()] == []


def test_migrate_back_when_lines_are_no_movements_then_the_log_tells_of_each_once(life):
    logged_as_before(life["spent"], 1)
    migration = import_module("orders.migrations.0010_sales_are_lines")

    for _twice in range(2):
        migration.log_sales(apps, None)

    logged = dict(StockMovement.objects.values_list("sku").annotate(Sum("delta")))
    assert logged == dict(Stock.objects.values_list("sku", "quantity"))
    assert StockMovement.objects.filter(direction="take").count() == len(life)
    assert [*verify_orders(), *verify_shelf()] == []


def test_verify_when_the_log_of_an_earlier_release_says_other_pieces_then_it_is_named(life, member):
    logged_as_before(life["spent"], 2)

    assert checks(verify_orders()) == [(member.pk, f"goods of order {life['spent'].no}: take")]


# --- refunds, cash, keys, coupons, earned points ---------------------------------------------
@pytest.fixture
def refunded(member):
    """A paid order of two pieces, one of them refunded, and an order of two card keys."""
    give_points(member, 1_000)
    order = pay(place(member, virtual_sku(points=30, cash="9.90"), quantity=2))
    refund(order, 1)
    codes = place(member, key_sku(points=10, keys=5), quantity=2)
    refund(codes, 1)
    assert verify_orders() == []
    return order, codes


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE orders_orderline SET refunded_points = refunded_points - 1 WHERE order_id = "
            "%s", "refunds of line {line} of order {no}"),
        ("UPDATE orders_order SET refunded_pieces = 0 WHERE id = %s", "refunds of order {no}"),
        ("UPDATE orders_order SET refunded_cash = 0 WHERE id = "
            "%s", "cash back of order {no} (paid)"),
        ("UPDATE orders_paymentrefund SET amount = 1 WHERE reason = 'refund' AND %s > "
            "0", "cash back of order {no} (paid)"),
    ],
)  # fmt: skip
def test_verify_when_a_refund_was_edited_then_the_order_is_named(refunded, member, sql, what):
    order, _codes = refunded
    tamper(sql, order.pk)

    assert (member.pk, what.format(no=order.no, line=order.lines.get().pk)) in checks(
        verify_orders()
    )


def test_verify_when_refunded_points_did_not_come_back_then_the_order_is_named(refunded, member):
    order, _codes = refunded
    tamper(
        "DELETE FROM points_ledgerentry WHERE account_id = %s AND kind = 'refund' AND reference = "
        "%s",
        member.pk,
        order.reference,
    )

    assert (member.pk, f"points of order {order.no} (paid)") in checks(verify_orders())


def test_verify_when_a_key_is_lost_then_line_and_sku_are_named(refunded, member):
    _order, codes = refunded
    line = codes.lines.get()
    tamper("UPDATE catalog_cardkey SET state = 'void' WHERE line = %s", line.pk)
    tamper("UPDATE catalog_stock SET quantity = quantity - 1 WHERE sku_id = %s", line.sku_id)

    found = checks([*verify_orders(), *verify_shelf()])
    assert (member.pk, f"keys of line {line.pk} of order {codes.no}") in found
    assert (None, f"free keys of SKU {line.sku_id}") in found


def test_verify_when_a_coupon_that_was_paid_for_is_missing_or_too_many_then_the_line_is_named(
    member,
):
    give_points(member, 1_000)
    kept, gone = (place(member, coupon_sku(), quantity=2) for _n in range(2))
    refund(kept, 1)
    waiting = place(member, coupon_sku(points=0, cash="3.00"))
    undone = lifecycle.cancel(place(member, coupon_sku(), virtual_sku(points=1)), actor="test")
    whole = verify_orders()
    lost, early = gone.lines.get().pk, waiting.lines.get().pk

    Coupon.objects.filter(key=f"line:{lost}:2").update(state=Coupon.State.REVOKED)
    more = Coupon.objects.filter(pk=given(member).pk)
    more.update(source=Coupon.Source.GOODS, key=f"line:{early}:1")

    assert (whole, undone.status) == ([], "cancelled")
    assert [(one.check, one.expected, one.found) for one in verify_orders()] == [
        (f"coupons of line {lost} of order {gone.no}", "2", "1"),
        (f"coupons of line {early} of order {waiting.no}", "0", "1"),
    ]


@pytest.mark.parametrize("cell", ["v1:00000000:AAAA", "not a sealed text at all"])
def test_verify_when_no_key_opens_an_address_then_a_finding_and_the_rest_is_compared(
    member, cell, capsys
):
    give_points(member, 100)
    address_of(member)
    lost, other = (place(member, physical_sku(points=10)) for _ in range(2))
    tamper("UPDATE orders_order SET address_sealed = %s WHERE id = %s", cell, lost.pk)
    sku = other.lines.get().sku_id
    tamper("UPDATE catalog_stock SET quantity = quantity - 1 WHERE sku_id = %s", sku)

    found = checks(verification.verify())

    assert found == [
        (None, f"address of order {lost.no} cannot be read with the keys there are"),
        (None, f"stock of SKU {sku} is not the sum of its movements"),
    ]
    with pytest.raises(SystemExit):
        call_command("verify_ledger", "--json")
    assert json.loads(capsys.readouterr().out)["frozen"] == []


def test_verify_when_no_key_opens_a_card_key_then_a_finding_and_the_rest_is_compared(refunded):
    _order, codes = refunded
    key = CardKey.objects.filter(reference=codes.reference).first()
    tamper("UPDATE catalog_cardkey SET secret = 'v1:00000000:AAAA' WHERE id = %s", key.pk)

    assert checks(verification.verify()) == [
        (None, f"card key {key.pk} cannot be read with the keys there are")
    ]


def test_verify_when_a_coupon_was_not_given_back_then_the_order_is_named(member):
    coupon = given(member)
    order = place(member, virtual_sku(cash="100.00"), coupon=coupon.pk)
    assert verify_orders() == []
    tamper("UPDATE orders_coupon SET state = 'used' WHERE id = %s", coupon.pk)
    assert (member.pk, f"coupon of order {order.no} (pending)") in checks(verify_orders())


def test_verify_when_an_undone_order_still_earns_then_it_is_named(member):
    order = pay(place(member, virtual_sku(cash="10.00")))
    refund(order)
    assert verify_orders() == []
    tamper(
        "UPDATE points_grant SET taken_back = 9 WHERE reference = %s AND action = 'purchase'",
        order.reference,
    )

    assert checks(verify_orders()) == [
        (member.pk, f"points earned by order {order.no}, which was undone")
    ]


def test_verify_when_there_are_more_orders_then_the_query_count_stays(
    life, member, django_assert_num_queries
):
    with django_assert_num_queries(13):
        verify_orders([member.pk])
    place(member, virtual_sku(points=10))
    with django_assert_num_queries(13):
        verify_orders([member.pk])


# --- facts that wait ------------------------------------------------------------------
def test_verify_when_a_coupons_order_was_just_paid_then_nothing_is_found_before_or_after(
    member, heard_later
):
    order = pay(place(member, virtual_sku(cash="30.00"), coupon=given(member).pk))
    assert order.coupon_discount

    assert verification.verify() == []
    event_delivery.deliver_due()
    assert verification.verify() == []


def test_verify_when_an_order_was_just_cancelled_then_nothing_is_found_before_or_after(
    member, heard_later
):
    order = pay(place(member, virtual_sku(cash="30.00")))
    event_delivery.deliver_due()
    lifecycle.cancel(order, actor=f"member:{member.pk}")

    assert verification.verify() == []
    event_delivery.deliver_due()
    assert verification.verify() == []


def test_verify_when_what_followed_is_undone_by_hand_then_it_is_found(member):
    order = pay(place(member, virtual_sku(cash="30.00"), coupon=given(member).pk))
    Coupon.objects.filter(order=order).update(state=Coupon.State.LOCKED)

    assert [finding.check for finding in verification.verify()] == [
        f"coupon of order {order.no} (paid)"
    ]
