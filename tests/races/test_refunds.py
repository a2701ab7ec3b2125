"""Refunds, cancellations, receipts and codes at the same moment, on real MariaDB."""

from datetime import timedelta
from uuid import uuid4

import pytest

from catalog import stock
from catalog.models import CardKey
from mall.core import clock
from mall.core.errors import Busy, DomainError
from orders import lifecycle
from orders.errors import IllegalTransition
from orders.models import Order, PaymentRefund, RefundRequest
from orders.refunds import requests as refund_requests
from orders.refunds.errors import InvalidRefund, RefundDecided
from points.models import LedgerEntry, PointAccount
from tests.factories.accounts import MemberFactory
from tests.factories.orders import ask, give_points, key_sku, pay, place, virtual_sku

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("closed_books"),
]


def patiently(verb):
    while True:
        try:
            return verb()
        except Busy:
            continue


def raised(outcomes, *expected):
    return [
        outcome
        for outcome in outcomes
        if isinstance(outcome, BaseException) and not isinstance(outcome, expected)
    ]


def test_approve_when_20_operators_approve_at_once_then_one_gives_back(member, run_threads):
    order = pay(place(member, virtual_sku(points=40, cash="9.90")))
    asked = ask(order)

    outcomes = run_threads(
        20, lambda n: patiently(lambda: refund_requests.approve(asked, actor=f"staff:{n}"))
    )

    assert not raised(outcomes, RefundDecided)
    assert sum(isinstance(outcome, RefundRequest) for outcome in outcomes) == 1
    assert LedgerEntry.objects.filter(kind="refund").count() == PaymentRefund.objects.count() == 1
    assert PointAccount.objects.get(pk=member.pk).available == 100


def test_request_when_10_ask_for_the_same_last_piece_at_once_then_one_gets_it(member, run_threads):
    order = place(member, virtual_sku(points=40))
    line = order.lines.get().pk

    def one():
        return patiently(
            lambda: refund_requests.request(
                order, lines=[(line, 1)], key=uuid4().hex, actor=f"member:{member.pk}"
            )
        )

    outcomes = run_threads(10, one)

    assert not raised(outcomes, InvalidRefund)
    assert (
        sum(isinstance(outcome, RefundRequest) for outcome in outcomes)
        == RefundRequest.objects.count()
        == 1
    )


def test_request_when_the_same_is_sent_10_times_at_once_then_one_row(member, run_threads):
    order = place(member, virtual_sku(points=40))
    line = order.lines.get().pk

    outcomes = run_threads(
        10,
        lambda: patiently(
            lambda: refund_requests.request(order, lines=[(line, 1)], key="once", actor="member:1")
        ),
    )

    assert {outcome.pk for outcome in outcomes} == {RefundRequest.objects.get().pk}


def test_approve_when_it_races_the_cancellation_then_everything_returns_once(member, run_threads):
    for _ in range(8):
        sku = virtual_sku(points=40, cash="9.90", stock=5)
        order = pay(place(member, sku))
        asked = ask(order)
        steps = [
            lambda a=asked: refund_requests.approve(a, actor="staff:1"),
            lambda o=order: lifecycle.cancel(o, actor="staff:2"),
        ]

        outcomes = run_threads(2, lambda n, steps=steps: patiently(steps[n]))

        assert not raised(outcomes, RefundDecided, IllegalTransition)
        assert len(raised(outcomes)) == 1, "one of the two comes too late"
        assert PaymentRefund.objects.filter(payment__order=order).count() == 1
        assert LedgerEntry.objects.filter(reference=order.reference, kind="refund").count() == 1
        assert PointAccount.objects.get(pk=member.pk).available == 100
        assert stock.available([sku.pk])[sku.pk] == 5


def test_complete_due_when_it_races_request_and_receipt_then_once_and_under_no_open_request(
    member, run_threads
):
    for _ in range(8):
        order = lifecycle.ship(place(member, virtual_sku(points=1)), actor="staff:1")
        Order.objects.filter(pk=order.pk).update(shipped_at=clock.now() - timedelta(days=11))
        line, me = order.lines.get().pk, f"member:{member.pk}"
        steps = [
            lambda: lifecycle.complete_due(clock.now()),
            lambda o=order, li=line, by=me: refund_requests.request(
                o, lines=[(li, 1)], key="k", actor=by
            ),
            lambda: lifecycle.complete_due(clock.now()),
        ]

        outcomes = run_threads(3, lambda n, steps=steps: patiently(steps[n]))

        assert not raised(outcomes)
        kinds = [event.what for event in order.events]
        assert kinds.count("auto_completed") <= 1
        if "auto_completed" in kinds:
            assert kinds.index("auto_completed") < kinds.index("refund_requested")
        refund_requests.withdraw(
            RefundRequest.objects.select_related("order").get(order=order), actor=me
        )


def test_approve_when_it_races_the_receipt_then_points_are_promised_for_what_is_kept_only(
    member, run_threads
):
    for _ in range(6):
        order = lifecycle.ship(
            pay(place(member, virtual_sku(cash="10.00"), quantity=2)), actor="staff:1"
        )
        asked = ask(order, 1)
        steps = [
            lambda a=asked: refund_requests.approve(a, actor="staff:1"),
            lambda o=order: lifecycle.complete(o, actor="member:1"),
        ]

        assert not raised(run_threads(2, lambda n, steps=steps: patiently(steps[n])))

        order.refresh_from_db()
        assert (order.status, order.refund_state) == ("completed", "partial")


# Trap 17: two card keys for one piece, or one for n.
def test_issue_when_20_members_buy_codes_at_once_then_each_piece_has_its_own_and_none_two(
    run_threads,
):
    sku = key_sku(points=10, keys=15)
    members = [MemberFactory() for _ in range(20)]
    for buyer in members:
        give_points(buyer, 100)

    def buy(n):
        try:
            return patiently(lambda: place(members[n], sku))
        except DomainError as refusal:
            return refusal

    outcomes = run_threads(20, buy)

    orders = [outcome for outcome in outcomes if isinstance(outcome, Order)]
    assert len(orders) == 15
    assert {outcome.code for outcome in outcomes if isinstance(outcome, DomainError)} == {
        "out_of_stock"
    }
    issued = list(CardKey.objects.filter(state="issued").values_list("line", "position"))
    assert len(set(issued)) == len(issued) == 15
    assert (stock.available([sku.pk])[sku.pk], CardKey.objects.filter(state="free").count()) == (
        0,
        0,
    )
    assert set(Order.objects.values_list("status", flat=True)) == {"completed"}
