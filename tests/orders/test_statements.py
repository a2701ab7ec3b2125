"""What the steps of an order after its placing ask of the database, whole: BEGIN and COMMIT are
counted, what follows is heard later (docs/decisions/0043).
"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import lifecycle
from orders.models import Order, Payment
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from orders.refunds import requests
from points import event_delivery, rulebook
from tests.factories.orders import ask, give_points, pay, place, virtual_sku

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard_later")]
TABLE = re.compile(r"(?:FROM|INTO|UPDATE) [`\"]?(\w+)")
BEGIN, COMMIT, LOCK = ("BEGIN", ""), ("COMMIT", ""), ("SELECT", "points_pointaccount")
POSTED = [
    ("INSERT", "points_event"),
    ("INSERT", "points_ledgerentry"),
    ("UPDATE", "points_pointaccount"),
]
TOLD = [("INSERT", "points_event"), ("UPDATE", "points_pointaccount")]
CASH_ASKED = [("SELECT", "orders_paymentnotice"), ("INSERT", "orders_paymentrefund")]
ON_THE_SHELF = [("INSERT", "catalog_stockmovement"), ("UPDATE", "catalog_stock")]


def statements_of(verb):
    with CaptureQueriesContext(connection) as sent:
        verb()
    said = [query["sql"] for query in sent.captured_queries]
    return [(sql.split()[0], (TABLE.search(sql) or [0, ""])[1]) for sql in said]


@pytest.fixture
def ordered(member):
    """An order of points and cash, by a member who has bought before; all facts are heard."""
    give_points(member, 1_000)
    sku = virtual_sku(points=10, cash="9.90")
    pay(place(member, sku))
    order = place(member, sku)
    event_delivery.deliver_due()
    return order


@pytest.fixture
def paid(ordered):
    order = pay(ordered)
    event_delivery.deliver_due()
    return order


def test_receive_notice_when_it_pays_then_twelve(ordered):
    notice = sandbox.write_notice(cash_in.start(ordered, "sandbox"), "paid")

    assert statements_of(lambda: cash_in.receive_notice("sandbox", *notice)) == [
        ("SELECT", "orders_payment"),
        BEGIN,
        LOCK,  # and whether this event was told before
        ("SELECT", "orders_payment"),  # and whether the money is another payment's
        ("UPDATE", "orders_payment"),
        ("UPDATE", "orders_order"),
        *POSTED,
        ("SELECT", "orders_orderline"),  # card keys?
        ("INSERT", "orders_paymentnotice"),
        COMMIT,
    ]


def test_pay_by_api_when_it_is_the_first_payment_then_six_and_eight_when_another_failed(
    ordered, signed_in_api
):
    opened = [
        ("SELECT", "orders_order"),
        BEGIN,
        ("SELECT", "orders_order"),
        ("SELECT", "orders_payment"),
        ("INSERT", "orders_payment"),
        COMMIT,
    ]

    def pay_by_api():
        path = f"/api/v1/orders/{ordered.no}/payments"
        answer = signed_in_api.post(path, {"provider": "sandbox"}, format="json")
        assert (answer.status_code, answer.json()["refunds"]) == (201, [])

    assert statements_of(pay_by_api) == opened
    failed = sandbox.write_notice(Payment.objects.get(order=ordered), "failed")
    cash_in.receive_notice("sandbox", *failed)
    assert statements_of(pay_by_api) == [
        *opened,
        ("SELECT", "orders_payment"),  # others that are open?
        ("SELECT", "orders_paymentrefund"),
    ]


def test_cancel_when_paid_then_twenty_one_with_the_money_sent_back(member, paid):
    assert statements_of(lambda: lifecycle.cancel(paid, actor=f"member:{member.pk}")) == [
        BEGIN,
        LOCK,  # and the posting that goes back
        ("SELECT", "orders_shipment"),
        ("UPDATE", "orders_order"),
        *POSTED,
        *CASH_ASKED,
        ("SELECT", "orders_orderline"),
        ("SELECT", "orders_flashclaim"),
        *ON_THE_SHELF,
        COMMIT,
        BEGIN,
        LOCK,  # and the order as it is now
        ("UPDATE", "orders_paymentrefund"),
        ("SELECT", "orders_refundrequest"),
        *TOLD,
        COMMIT,
    ]


def test_approve_when_points_cash_and_promises_go_back_then_thirty_one(paid):
    asked = ask(Order.objects.get(pk=paid.pk), 1)
    event_delivery.deliver_due()
    rulebook.budgeted()  # kept in the process

    assert statements_of(lambda: requests.approve(asked, actor="staff:99")) == [
        BEGIN,
        LOCK,  # the posting that goes back, and the request as it is now
        ("SELECT", "orders_order"),
        ("SELECT", "orders_orderline"),
        ("SELECT", "orders_refundline"),
        ("UPDATE", "orders_orderline"),
        ("UPDATE", "orders_order"),
        *POSTED,
        *CASH_ASKED,
        ("SELECT", "points_takeback"),
        ("SELECT", "points_grant"),
        ("INSERT", "points_grant"),
        ("INSERT", "points_takeback"),
        ("UPDATE", "orders_refundrequest"),
        ("SELECT", "accounts_user"),  # the operator's name
        ("INSERT", "mall_auditrow"),
        ("UPDATE", "orders_refundline"),
        *ON_THE_SHELF,
        COMMIT,
        BEGIN,
        LOCK,
        ("UPDATE", "orders_paymentrefund"),
        ("SELECT", "orders_refundrequest"),
        ("UPDATE", "orders_refundrequest"),
        *TOLD,
        COMMIT,
    ]
