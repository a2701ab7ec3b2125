"""Placing an order: happy, refused, repeated. The races stand in tests/races/test_checkout.py."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.errors import OutOfStock
from catalog.models import Product, StockMovement
from orders import pricing
from orders.checkout import place_order
from orders.errors import (
    AddressNeeded,
    IdempotencyConflict,
    InvalidKey,
    InvalidLines,
    PersonLimitReached,
    PriceChanged,
)
from orders.events import ORDER_PAID
from orders.models import CheckoutPolicy, Order, OrderEvent, OrderLine
from points import ledger
from points.errors import AccountFrozen, InsufficientPoints, TooManyHolds
from points.models import LedgerEntry
from tests.factories.orders import HOME, address_of, give_points, physical_sku, place, virtual_sku
from tests.listening import hearing

pytestmark = pytest.mark.django_db
# Kept in the process where processes share a cache, else read.
KEPT = (
    []
    if "django_redis" in settings.CACHES["default"]["BACKEND"]
    else [("SELECT", "points_exchangerate"), ("SELECT", "orders_checkoutpolicy")]
)
TABLE = re.compile(r"(?:FROM|INTO|UPDATE) [`\"]?(\w+)")


def tables(asked):
    """The statements as (verb, first table), savepoints aside."""
    sent = [query["sql"] for query in asked.captured_queries]
    return [(sql.split()[0], TABLE.search(sql)[1]) for sql in sent if TABLE.search(sql)]


def test_place_order_when_points_pay_everything_then_it_is_paid_and_all_move_by_exactly_that(
    member, standing, pieces
):
    sku = virtual_sku(points=40, stock=5)

    order = place(member, sku, quantity=2)

    assert (order.status, order.points, order.cash, order.pay_by) == (
        Order.Status.PAID,
        80,
        Decimal("0.00"),
        None,
    )
    assert order.paid_at == order.created_at
    assert standing(member) == (20, 0)
    assert pieces(sku) == 3
    entry = LedgerEntry.objects.filter(account_id=member.pk).first()
    assert (entry.kind, entry.delta, entry.key, entry.reference) == (
        "spend",
        -80,
        f"order:{order.no}:spend",
        f"order:{order.no}",
    )
    assert [
        (event.what, event.from_status, event.to_status, event.actor) for event in order.events
    ] == [
        ("placed", "", "pending", f"member:{member.pk}"),
        ("paid", "pending", "paid", f"member:{member.pk}"),
    ]
    line = order.lines.get()
    assert (line.sku_id, line.quantity, line.points, line.cash, line.unit_points) == (
        sku.pk,
        2,
        80,
        Decimal("0.00"),
        40,
    )
    assert line.names == {
        "product": {"zh-hans": sku.product.name_zh_hans, "en": sku.product.name_en},
        "sku": {"zh-hans": "", "en": ""},
    }


def test_place_order_when_cash_is_due_then_points_are_held_and_it_waits_for_the_policys_minutes(
    member, standing, pieces
):
    CheckoutPolicy.objects.update_or_create(pk=1, defaults={"payment_window_minutes": 5})
    sku = virtual_sku(points=40, cash="9.90", stock=5)

    order = place(member, sku)

    assert (order.status, order.points, order.cash) == (Order.Status.PENDING, 40, Decimal("9.90"))
    assert order.pay_by - order.created_at == timedelta(minutes=5)
    assert standing(member) == (60, 40)
    assert pieces(sku) == 4
    assert [event.what for event in order.events] == ["placed"]


def test_place_order_when_there_is_only_cash_then_no_entry_is_written(member, standing):
    entries = LedgerEntry.objects.count()

    order = place(member, virtual_sku(cash="9.90"))

    assert (order.status, order.points, standing(member)) == (Order.Status.PENDING, 0, (100, 0))
    assert LedgerEntry.objects.count() == entries


def test_place_order_when_the_discount_covers_all_cash_then_it_is_paid(member, standing):
    CheckoutPolicy.objects.update_or_create(pk=1, defaults={"discount_max_percent": 100})
    sku = virtual_sku(cash="1.00", pay_mode=Product.PayMode.CASH_POINTS)

    order = place(member, sku, points_to_use=100)

    assert (order.status, order.points, order.discount, order.cash) == (
        Order.Status.PAID,
        100,
        Decimal("1.00"),
        Decimal("0.00"),
    )
    assert standing(member) == (0, 0)


def test_place_order_when_freight_is_due_for_points_goods_then_it_waits_for_the_cash(
    member, standing
):
    CheckoutPolicy.objects.update_or_create(pk=1, defaults={"freight": Decimal("8.00")})
    address_of(member)

    order = place(member, physical_sku(points=30))

    assert (order.status, order.points, order.freight, order.cash) == (
        Order.Status.PENDING,
        30,
        Decimal("8.00"),
        Decimal("8.00"),
    )
    assert standing(member) == (70, 30)


def test_place_order_when_several_lines_then_each_is_a_row_and_sums_match(member):
    give_points(member, 1000)
    first, second = (
        virtual_sku(points=10),
        virtual_sku(cash="19.99", pay_mode=Product.PayMode.CASH_POINTS),
    )

    order = place_order(
        member, lines=[(second.pk, 3), (first.pk, 2)], key=uuid4().hex, points_to_use=900
    )

    lines = list(order.lines.all())
    assert [line.sku_id for line in lines] == [second.pk, first.pk]
    assert sum(line.points for line in lines) == order.points == 920
    assert sum(line.cash for line in lines) == order.cash == Decimal("50.97")


# --- where to ------------------------------------------------------------------
def test_place_order_when_goods_are_posted_then_the_default_address_is_kept_as_it_was(member):
    address = address_of(member)

    order = place(member, physical_sku(points=10))
    address.delete()

    stored = Order.objects.get(pk=order.pk)
    assert stored.address == HOME
    with connection.cursor() as cursor:
        cursor.execute("SELECT address_sealed FROM orders_order WHERE no = %s", [order.no])
        sealed = cursor.fetchone()[0]
    assert not any(part in sealed for part in HOME.values())


def test_place_order_when_an_address_is_named_then_it_goes_there(member):
    address_of(member)
    other = address_of(member)
    other.detail = "衡山路 2 号"
    other.save()

    assert (
        place(member, physical_sku(points=10), address=other.pk).address["detail"] == "衡山路 2 号"
    )


def test_place_order_when_goods_are_posted_and_there_is_no_own_address_then_it_refuses(
    member, other_member, standing
):
    sku = physical_sku(points=10)
    elsewhere = address_of(other_member)

    for address in (None, elsewhere.pk, 10**6):
        with pytest.raises(AddressNeeded) as refused:
            place(member, sku, address=address)
        assert (refused.value.status, refused.value.field) == (400, "address")
    assert standing(member) == (100, 0)


def test_place_order_when_goods_are_virtual_then_no_address_is_kept(member):
    address_of(member)

    assert place(member, virtual_sku(points=10)).address == {}


# --- refused ---------------------------------------------------------------------
def untouched(member, standing, pieces, sku, *, left):
    rows = [model.objects.count() for model in (Order, OrderLine, OrderEvent)]
    return (rows, standing(member), pieces(sku)) == ([0, 0, 0], (100, 0), left)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("sku", "quantity", "error"),
    [
        ({"points": 101}, 1, InsufficientPoints),
        ({"points": 101, "cash": "1.00"}, 1, InsufficientPoints),
        ({"points": 1, "stock": 2}, 3, OutOfStock),
        ({"points": 1, "cash": "1.00", "stock": 2}, 3, OutOfStock),
        ({"cash": "1.00", "stock": 2}, 3, OutOfStock),
        ({"points": 1, "limit_per_person": 2}, 3, PersonLimitReached),
        ({"points": 1}, 0, InvalidLines),
        ({"points": 1}, -1, InvalidLines),
        ({"points": 1}, 1.5, InvalidLines),
        ({"points": 1}, 10**30, InvalidLines),
    ],
)
def test_place_order_when_refused_then_nothing_is_left_behind(
    member, standing, pieces, sku, quantity, error
):
    sku = virtual_sku(**sku)
    left = pieces(sku)

    with pytest.raises(error):
        place(member, sku, quantity=quantity)

    assert untouched(member, standing, pieces, sku, left=left)


@pytest.mark.django_db(transaction=True)
def test_place_order_when_one_line_is_sold_out_then_the_others_stay_on_the_shelf(
    member, standing, pieces
):
    plenty, gone = virtual_sku(points=1, stock=9), virtual_sku(points=1, stock=0)

    with pytest.raises(OutOfStock):
        place(member, plenty, gone)

    assert untouched(member, standing, pieces, plenty, left=9)
    assert StockMovement.objects.filter(direction="take").count() == 0


def test_place_order_when_the_account_is_frozen_then_it_refuses(member):
    ledger.freeze(member.pk, note="test")

    with pytest.raises(AccountFrozen):
        place(member, virtual_sku(points=1))


def test_place_order_when_too_many_orders_wait_for_payment_then_the_ledger_says_so(member):
    sku = virtual_sku(points=1, cash="1.00", stock=500)

    with pytest.raises(TooManyHolds):
        for _ in range(200):
            place(member, sku)


@pytest.mark.parametrize(
    "key", ["", "x" * 65, "with space", "line\n", "汉字汉字汉字汉字", None, 12345678]
)
def test_place_order_when_the_key_is_none_then_it_refuses(member, key):
    with pytest.raises(InvalidKey):
        place_order(member, lines=[(virtual_sku(points=1).pk, 1)], key=key)


def test_place_order_when_the_price_changed_then_it_refuses_with_the_new_quote(member, standing):
    sku = virtual_sku(points=40, cash="9.90")
    seen = {"points": 40, "cash": "9.90"}
    type(sku).objects.filter(pk=sku.pk).update(points_price=41)

    with pytest.raises(PriceChanged) as refused:
        place(member, sku, expect=seen)

    assert refused.value.extra == {"quote": pricing.quote(member, [(sku.pk, 1)]).as_dict()}
    assert standing(member) == (100, 0)
    assert place(member, sku, expect={"points": 41, "cash": Decimal("9.9")}).points == 41


# --- repeated ----------------------------------------------------------------------
def test_place_order_when_the_same_request_comes_again_then_the_same_order_answers(
    member, standing, pieces
):
    sku = virtual_sku(points=60, stock=5)

    first = place(member, sku, key="one-time-key")
    again = place(member, sku, key="one-time-key")

    assert (again.pk, first.replayed, again.replayed) == (first.pk, False, True)
    assert (standing(member), pieces(sku), Order.objects.count()) == ((40, 0), 4, 1)


def test_place_order_when_the_first_took_the_last_points_and_pieces_then_the_repeat_still_answers(
    member,
):
    sku = virtual_sku(points=100, stock=1)

    first = place(member, sku, key="one-time-key")

    assert place(member, sku, key="one-time-key").pk == first.pk


def test_place_order_when_the_key_comes_with_another_body_then_it_is_a_conflict(
    member, other_member
):
    sku = virtual_sku(points=10, stock=5)
    place(member, sku, key="one-time-key")

    for changed in (
        {"quantity": 2},
        {"expect": {"points": 10, "cash": "0.00"}},
        {"address": 3},
        {"points_to_use": 100},
    ):
        with pytest.raises(IdempotencyConflict):
            place(member, sku, key="one-time-key", **changed)
    assert place(other_member, sku, key="one-time-key").user_id == other_member.pk
    assert Order.objects.count() == 2


# --- what it tells and what it costs --------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_place_order_when_a_listener_fails_then_nothing_is_left_behind(member, standing, pieces):
    sku = virtual_sku(points=10, stock=5)

    def fail(event):
        raise RuntimeError(event.reference)

    with hearing(ORDER_PAID, listener=fail), pytest.raises(RuntimeError):
        place(member, sku)
    assert untouched(member, standing, pieces, sku, left=5)


def test_place_order_when_sold_out_then_two_statements_say_so_and_nothing_is_written(member):
    sku = virtual_sku(points=10, stock=1)
    place(member, sku)

    with CaptureQueriesContext(connection) as asked, pytest.raises(OutOfStock) as refusal:
        place(member, sku)

    assert refusal.value.numbers == {"sku": sku.pk, "wanted": 1, "left": 0}
    assert tables(asked) == [
        ("SELECT", "points_pointaccount"),
        ("SELECT", "catalog_sku"),
        *KEPT,
    ]


def test_place_order_when_the_key_comes_again_then_one_statement_answers(member):
    sku = virtual_sku(points=10)
    first = place(member, sku, key="once")

    with CaptureQueriesContext(connection) as asked:
        again = place(member, sku, key="once")

    assert (again.pk, again.replayed) == (first.pk, True)
    assert tables(asked) == [("SELECT", "points_pointaccount")]
