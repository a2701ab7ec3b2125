"""What placing an order asks of the database, whole and at the API, BEGIN and COMMIT counted; what
follows from it is heard later.
"""

import re
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.registration import register
from catalog import freight
from orders import group
from orders.models import CheckoutPolicy
from points import event_delivery, rates, rules
from tests.factories.coupons import given
from tests.factories.orders import (
    address_of,
    give_points,
    key_sku,
    physical_sku,
    place,
    virtual_sku,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard_later")]
TABLE = re.compile(r"(?:FROM|INTO|UPDATE) [`\"]?(\w+)")
# Kept in the process where processes share a cache, else read.
IS_KEPT = "django_redis" in settings.CACHES["default"]["BACKEND"]
RATE_AND_POLICY = (
    [] if IS_KEPT else [("SELECT", "points_exchangerate"), ("SELECT", "orders_checkoutpolicy")]
)
BEGIN, COMMIT, ROLLBACK = ("BEGIN", ""), ("COMMIT", ""), ("ROLLBACK", "")
READ = [
    ("SELECT", "points_pointaccount"),  # the lock, and whether this key placed an order before
    ("SELECT", "catalog_sku"),  # the SKUs with their products and what is left of them
]
WRITTEN = [
    ("INSERT", "points_event"),
    ("INSERT", "points_ledgerentry"),
    ("UPDATE", "points_pointaccount"),
    ("INSERT", "orders_order"),
    ("INSERT", "orders_orderline"),
]
# MySQL does not tell the ids of several rows: they are asked for
NUMBERED = {True: [], False: [("SELECT", "orders_order")]}
TAKEN = ("UPDATE", "catalog_stock")  # the hot row last
TAKEN_OF_MANY = ("INSERT", "catalog_stock")


def read_kept_facts():
    """Have the process read what it keeps, as with any earlier request."""
    rates.current()
    CheckoutPolicy.current()
    rules.preview("purchase", amount=1)
    freight.templates()


def members(count):
    """So many members with points."""
    made = [
        register(username=f"guest{n}", email=f"guest{n}@example.com", password="x" * 12)
        for n in range(count)
    ]
    for user in made:
        give_points(user, 100)
    return made


@pytest.fixture
def asked(member):
    """asked(sku, …, status=201, **body): (verb, table) of each statement of a redemption."""
    give_points(member, 1_000)
    caller = APIClient()
    caller.force_authenticate(member)

    def redeem(*skus, status=201, **body):
        event_delivery.deliver_due()
        read_kept_facts()
        body["lines"] = [{"sku": sku.pk, "quantity": 1} for sku in skus]
        key = {"HTTP_IDEMPOTENCY_KEY": uuid4().hex}
        with CaptureQueriesContext(connection) as sent:
            answer = caller.post("/api/v1/orders", body, format="json", **key)
        assert answer.status_code == status, answer.content
        said = [query["sql"] for query in sent.captured_queries]
        return [(sql.split()[0], (TABLE.search(sql) or [0, ""])[1]) for sql in said]

    return redeem


def test_place_order_when_points_pay_then_ten_statements(asked):
    sku = virtual_sku(points=10)

    assert asked(sku) == [BEGIN, *READ, *RATE_AND_POLICY, *WRITTEN, TAKEN, COMMIT]


def test_place_order_when_it_needs_more_then_each_need_has_its_statement(asked, member):
    home, coupon = address_of(member), given(member)
    limited = virtual_sku(points=10, limit_per_person=3)
    sent, couponed = physical_sku(points=10), virtual_sku(points=10, cash="20.00")

    assert asked(limited) == [
        BEGIN,
        *READ,
        ("SELECT", "orders_orderline"),  # had before, because one person may have so many
        *RATE_AND_POLICY,
        *WRITTEN,
        TAKEN,
        COMMIT,
    ]
    assert asked(sent, address=home.pk) == [
        BEGIN,
        *READ,
        *RATE_AND_POLICY,
        ("SELECT", "accounts_address"),
        *WRITTEN,
        TAKEN,
        COMMIT,
    ]
    assert asked(couponed, coupon=coupon.pk) == [
        BEGIN,
        *READ,
        *RATE_AND_POLICY[:1],
        ("SELECT", "orders_coupon"),
        *RATE_AND_POLICY[1:],
        *WRITTEN,
        ("UPDATE", "orders_coupon"),
        TAKEN,
        COMMIT,
    ]


def test_place_order_when_card_keys_are_issued_then_twelve_more(asked):
    sku = key_sku(points=10)

    assert asked(sku) == [
        BEGIN,
        *READ,
        *RATE_AND_POLICY,
        *WRITTEN,
        ("SELECT", "orders_orderline"),  # those of card keys
        ("SELECT", "catalog_cardkey"),  # free ones, locked
        ("SELECT", "catalog_cardkey"),
        ("UPDATE", "catalog_cardkey"),
        ("INSERT", "catalog_cardkeyevent"),
        ("UPDATE", "orders_orderline"),
        ("SELECT", "orders_orderline"),  # does anything wait to be sent?
        ("UPDATE", "orders_order"),
        ("INSERT", "points_event"),
        ("UPDATE", "orders_order"),
        ("INSERT", "points_event"),
        TAKEN,
        ("UPDATE", "points_pointaccount"),
        COMMIT,
        ("SELECT", "orders_orderline"),  # for the answer
    ]


def test_place_order_when_sold_out_then_four_and_nothing_is_written(asked):
    sku = virtual_sku(points=10, stock=0)

    assert asked(sku, status=409) == [BEGIN, *READ, *RATE_AND_POLICY, ROLLBACK]


@pytest.mark.parametrize(("count", "goods"), [(2, 1), (8, 1), (8, 3)])
def test_place_when_members_are_served_together_then_as_many_statements_as_for_one(count, goods):
    guests, skus = members(count), [virtual_sku(points=10) for _n in range(goods)]
    event_delivery.deliver_due()
    read_kept_facts()
    requests = [
        group.Request(user, skus[n % goods].pk, 1, uuid4().hex, "", 0, None, None)
        for n, user in enumerate(guests)
    ]

    with CaptureQueriesContext(connection) as sent:
        placed = group.place(requests)

    assert [order.user_id for order in placed] == [user.pk for user in guests]
    said = [query["sql"] for query in sent.captured_queries]
    assert (
        [(sql.split()[0], (TABLE.search(sql) or [0, ""])[1]) for sql in said]
        == [
            BEGIN,
            ("SELECT", "points_pointaccount"),  # the locks
            ("SELECT", "orders_order"),  # whether these keys placed an order before
            ("SELECT", "catalog_sku"),
            *RATE_AND_POLICY * (1 if IS_KEPT else count),
            *WRITTEN[:2],
            ("INSERT", "points_pointaccount"),  # an upsert
            WRITTEN[3],
            *NUMBERED[connection.features.can_return_rows_from_bulk_insert],
            WRITTEN[4],
            # of several the locks by ascending id, then an upsert
            *([("SELECT", "catalog_stock"), TAKEN_OF_MANY] if goods > 1 else [TAKEN]),
            COMMIT,
        ]
    )


@pytest.mark.usefixtures("mariadb_only")
def test_place_order_when_ids_step_by_seven_then_each_line_is_its_orders(member):
    give_points(member, 100)
    skus = [virtual_sku(points=n) for n in (1, 2, 3)]
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION auto_increment_increment = 7")
    try:
        orders = [place(member, *skus) for _ in range(2)]
    finally:
        connection.close()

    for order in orders:
        # None where the server does not tell the ids of many rows (MySQL)
        lines = order.lines.all() if order.written_lines is None else order.written_lines
        known = [(line.pk, line.sku_id, line.points) for line in lines]
        stored = order.lines.order_by("pk").values_list("pk", "sku_id", "points")
        assert sorted(known) == list(stored)
        assert [points for _pk, _sku, points in stored] == [1, 2, 3]
    assert orders[1].pk - orders[0].pk == 7
