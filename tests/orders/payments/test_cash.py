"""Cash coming in: what a provider says is believed once, when signed, and never at the wrong
moment.
"""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from mall.core import clock
from orders import tasks
from orders.errors import BadNotice, BadSignature, IllegalTransition, NoSuchProvider, NoticeTooLarge
from orders.lifecycle import cancel, cancel_due, ship
from orders.models import Order, Payment, PaymentNotice, PaymentRefund
from orders.payments import cash_in, cash_out
from orders.payments.gateways import sandbox
from points.models import LedgerEntry
from tests.factories.orders import give_points, place, virtual_sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(member):
    """A pending order of 40 points and ¥9.90."""
    return place(member, virtual_sku(points=40, cash="9.90", stock=5))


def notice(payment, event="paid", /, *, at=None, **changes):
    """A signed notice, with some of what it says changed."""
    raw_body, _headers = sandbox.write_notice(payment, event)
    raw_body = json.dumps({**json.loads(raw_body), **changes}).encode()
    timestamp = str(int((at or clock.now()).timestamp()))
    return raw_body, {
        sandbox.TIMESTAMP_HEADER: timestamp,
        sandbox.SIGNATURE_HEADER: sandbox.sign(raw_body, timestamp),
    }


def state():
    """Everything a notice could change."""
    return (
        list(Order.objects.values_list("pk", "status")),
        list(Payment.objects.values_list("pk", "status", "provider_ref")),
        PaymentNotice.objects.count(),
        PaymentRefund.objects.count(),
        LedgerEntry.objects.count(),
    )


# --- starting ------------------------------------------------------------------
def test_start_when_pending_then_a_payment_of_the_cash_opens_and_is_continued(order):
    payment = cash_in.start(order, "sandbox")

    assert (payment.amount, payment.currency, payment.status) == (Decimal("9.90"), "CNY", "open")
    assert cash_in.start(order, "sandbox").pk == payment.pk


def test_start_when_the_first_failed_then_another_opens(order):
    first = cash_in.start(order, "sandbox")
    cash_in.receive_notice("sandbox", *notice(first, "failed"))

    assert cash_in.start(order, "sandbox").pk != first.pk


def test_start_when_the_order_does_not_wait_for_cash_then_it_refuses(member, order):
    with time_machine.travel(order.pay_by, tick=False), pytest.raises(IllegalTransition):
        cash_in.start(order, "sandbox")
    cancel(order, actor="test")
    for settled in (order, place(member, virtual_sku(points=1))):
        with pytest.raises(IllegalTransition):
            cash_in.start(settled, "sandbox")
    assert Payment.objects.count() == 0


@pytest.mark.parametrize("provider", ["", "alipay", "__init__", None, 7])
def test_start_when_the_provider_is_unknown_then_it_refuses(order, provider):
    with pytest.raises(NoSuchProvider):
        cash_in.start(order, provider)


# --- paid ------------------------------------------------------------------------
def test_receive_notice_when_paid_then_the_order_is_paid_and_the_points_captured(
    member, order, standing
):
    payment = cash_in.start(order, "sandbox")

    kept = cash_in.receive_notice("sandbox", *notice(payment))

    assert kept.outcome == "settled"
    assert Order.objects.get(pk=order.pk).status == "paid"
    payment.refresh_from_db()
    assert (payment.status, payment.provider_ref, payment.paid_at is not None) == (
        "paid",
        f"sbx-{payment.no}",
        True,
    )
    assert standing(member) == (60, 0)
    entry = LedgerEntry.objects.get(key=f"order:{order.no}:capture")
    assert (entry.kind, entry.delta, entry.held_delta, entry.reference) == (
        "capture",
        0,
        -40,
        f"order:{order.no}",
    )


def test_receive_notice_when_there_are_no_points_then_only_the_cash_counts(member, standing):
    order = place(member, virtual_sku(cash="1.00"))

    cash_in.receive_notice("sandbox", *notice(cash_in.start(order, "sandbox")))

    assert (Order.objects.get(pk=order.pk).status, standing(member)) == ("paid", (100, 0))


# Trap 3: a callback delivered five times.
def test_receive_notice_when_delivered_five_times_then_it_counts_once(order):
    message = notice(cash_in.start(order, "sandbox"))
    first = cash_in.receive_notice("sandbox", *message)
    after = state()

    assert {cash_in.receive_notice("sandbox", *message).pk for _ in range(5)} == {first.pk}
    assert state() == after


def test_receive_notice_when_the_same_money_is_told_under_another_event_then_it_is_known(order):
    payment = cash_in.start(order, "sandbox")
    cash_in.receive_notice("sandbox", *notice(payment))

    assert (
        cash_in.receive_notice("sandbox", *notice(payment, event_id="told-again")).outcome
        == "repeated"
    )
    assert PaymentRefund.objects.count() == 0


def test_receive_notice_when_a_failure_comes_after_the_money_then_nothing_changes(order):
    payment = cash_in.start(order, "sandbox")
    cash_in.receive_notice("sandbox", *notice(payment))

    assert cash_in.receive_notice("sandbox", *notice(payment, "failed")).outcome == "repeated"
    assert (Order.objects.get(pk=order.pk).status, Payment.objects.get().status) == ("paid", "paid")


def test_receive_notice_when_the_payment_failed_then_the_order_waits_on(order, standing, member):
    payment = cash_in.start(order, "sandbox")

    assert cash_in.receive_notice("sandbox", *notice(payment, "failed")).outcome == "failed"

    assert (Order.objects.get(pk=order.pk).status, standing(member)) == ("pending", (60, 40))
    assert order.events.last().what == "payment_failed"


def test_receive_notice_when_money_comes_for_a_failed_payment_then_it_is_taken(order):
    payment = cash_in.start(order, "sandbox")
    cash_in.receive_notice("sandbox", *notice(payment, "failed"))

    assert cash_in.receive_notice("sandbox", *notice(payment)).outcome == "settled"


# --- late and second money (trap 16) ---------------------------------------------------
def test_receive_notice_when_the_order_was_cancelled_then_late_money_goes_back_not_the_goods(
    order, member, other_member, standing, django_capture_on_commit_callbacks
):
    payment = cash_in.start(order, "sandbox")
    cancel_due(order.pay_by)
    give_points(other_member, 100)
    resold = place(other_member, order.lines.get().sku, quantity=5)

    with django_capture_on_commit_callbacks(execute=True):
        kept = cash_in.receive_notice("sandbox", *notice(payment))

    assert kept.outcome == "refunded_late"
    assert (Order.objects.get(pk=order.pk).status, Order.objects.get(pk=resold.pk).status) == (
        "cancelled",
        "pending",
    )
    assert standing(member) == (100, 0)
    refund = PaymentRefund.objects.get()
    assert (refund.amount, refund.reason, refund.status) == (Decimal("9.90"), "late", "done")
    assert refund.provider_ref == f"sbx-refund-{refund.no}"
    assert [event.what for event in order.events] == [
        "placed",
        "timed_out",
        "late_money",
        "money_returned",
    ]
    assert cash_in.receive_notice("sandbox", *notice(payment)).pk == kept.pk
    assert PaymentRefund.objects.count() == 1


def test_receive_notice_when_two_payments_are_paid_then_the_second_goes_back(
    order, standing, member
):
    first = cash_in.start(order, "sandbox")
    cash_in.receive_notice("sandbox", *notice(first, "failed"))
    second = cash_in.start(order, "sandbox")

    assert cash_in.receive_notice("sandbox", *notice(second)).outcome == "settled"
    assert cash_in.receive_notice("sandbox", *notice(first)).outcome == "refunded_second"

    assert [(refund.payment, refund.reason) for refund in PaymentRefund.objects.all()] == [
        (first, "second")
    ]
    assert (Order.objects.get(pk=order.pk).status, standing(member)) == ("paid", (60, 0))


def test_receive_notice_when_one_payment_is_paid_twice_then_the_second_money_goes_back_once(order):
    payment = cash_in.start(order, "sandbox")
    cash_in.receive_notice("sandbox", *notice(payment))
    again = {"provider_ref": "other-money"}

    outcomes = [
        cash_in.receive_notice("sandbox", *notice(payment, event_id=f"e{n}", **again)).outcome
        for n in range(3)
    ]

    assert outcomes == ["refunded_second", "repeated", "repeated"]
    assert [(refund.paid_ref, refund.reason) for refund in PaymentRefund.objects.all()] == [
        ("other-money", "second")
    ]


def test_cancel_when_second_money_went_back_before_then_only_the_first_returns(order):
    payment = cash_in.start(order, "sandbox")
    cash_in.receive_notice("sandbox", *notice(payment))
    cash_in.receive_notice("sandbox", *notice(payment, event_id="e2", provider_ref="other-money"))

    cancel(Order.objects.get(pk=order.pk), actor="test")

    assert set(PaymentRefund.objects.values_list("reason", "paid_ref", "amount")) == {
        ("second", "other-money", Decimal("9.90")),
        ("cancelled", f"sbx-{payment.no}", Decimal("9.90")),
    }


def test_receive_notice_when_the_order_is_on_its_way_then_more_money_goes_back(order):
    payment = cash_in.start(order, "sandbox")
    cash_in.receive_notice("sandbox", *notice(payment))
    ship(Order.objects.get(pk=order.pk), actor="test")

    assert (
        cash_in.receive_notice(
            "sandbox", *notice(payment, event_id="e2", provider_ref="more")
        ).outcome
        == "refunded_second"
    )


# --- the edge of the window (T19) ----------------------------------------------------------
@pytest.mark.parametrize("seconds", [-1, 0, 1])
@pytest.mark.parametrize("sweep_first", [True, False])
def test_receive_notice_when_it_meets_the_time_out_then_exactly_one_of_capture_and_release(
    member, order, standing, pieces, seconds, sweep_first
):
    payment = cash_in.start(order, "sandbox")
    with time_machine.travel(order.pay_by + timedelta(seconds=seconds), tick=False):
        steps = [
            tasks.cancel_unpaid_orders,
            lambda: cash_in.receive_notice("sandbox", *notice(payment)),
        ]
        for step in steps if sweep_first else reversed(steps):
            step()
        tasks.cancel_unpaid_orders()

    is_late = sweep_first and seconds >= 0
    moved = [
        kind
        for kind in LedgerEntry.objects.values_list("kind", flat=True)
        if kind in ("capture", "release")
    ]
    assert moved == ["release" if is_late else "capture"]
    assert Order.objects.get(pk=order.pk).status == ("cancelled" if is_late else "paid")
    assert standing(member) == ((100, 0) if is_late else (60, 0))
    assert pieces(order.lines.get().sku) == (5 if is_late else 4)
    assert PaymentRefund.objects.count() == (1 if is_late else 0)


# --- forged, edited, stale -------------------------------------------------------------------
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {sandbox.SIGNATURE_HEADER: ""},
        {sandbox.SIGNATURE_HEADER: "0" * 64},
        {sandbox.SIGNATURE_HEADER: "签" * 64},
        {sandbox.TIMESTAMP_HEADER: ""},
        {sandbox.TIMESTAMP_HEADER: "soon"},
        {sandbox.TIMESTAMP_HEADER: "-1"},
        {sandbox.TIMESTAMP_HEADER: "9" * 40},
        {sandbox.TIMESTAMP_HEADER: "１２３"},
    ],
)
def test_receive_notice_when_forged_then_nothing_changes(order, headers):
    raw_body, good = notice(cash_in.start(order, "sandbox"))
    before = state()

    with pytest.raises(BadSignature) as refused:
        cash_in.receive_notice("sandbox", raw_body, {**good, **headers} if headers else {})

    assert refused.value.status == 403
    assert state() == before


def test_receive_notice_when_edited_after_signing_then_nothing_changes(order):
    raw_body, headers = notice(cash_in.start(order, "sandbox"))
    before = state()

    for edited in (raw_body.replace(b"9.90", b"0.01"), raw_body + b" ", raw_body[:-1], b""):
        with pytest.raises(BadSignature):
            cash_in.receive_notice("sandbox", edited, headers)
    assert state() == before


@pytest.mark.parametrize(
    ("seconds", "is_good"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)]
)
def test_receive_notice_when_signed_at_another_time_then_five_minutes_are_allowed(
    order, seconds, is_good
):
    payment = cash_in.start(order, "sandbox")
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        message = notice(payment, at=clock.now() + timedelta(seconds=seconds))
        if is_good:
            assert cash_in.receive_notice("sandbox", *message).outcome == "settled"
        else:
            with pytest.raises(BadSignature):
                cash_in.receive_notice("sandbox", *message)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "9.89"}, {"amount": "9.91"}, {"amount": "-9.90"}, {"amount": "NaN"},
        {"amount": "1e1"}, {"amount": "Infinity"},
        {"amount": 9.9}, {"amount": None}, {"currency": "USD"}, {"merchant": "somebody-else"},
        {"payment": "20261120-0000000000000"},
        {"payment": []},         {"event": "refunded"}, {"event": None}, {"event_id": ""},
        {"event_id": "x" * 65}, {"provider_ref": {}},
    ],
)  # fmt: skip
def test_receive_notice_when_signed_but_not_ours_then_nothing_changes(order, changes):
    payment = cash_in.start(order, "sandbox")
    before = state()

    with pytest.raises(BadNotice) as refused:
        cash_in.receive_notice("sandbox", *notice(payment, **changes))

    assert refused.value.status == 400
    assert state() == before


def test_receive_notice_when_the_money_belongs_to_another_payment_then_nothing_changes(
    member, order
):
    first = cash_in.start(order, "sandbox")
    cash_in.receive_notice("sandbox", *notice(first))
    other = cash_in.start(place(member, virtual_sku(cash="9.90")), "sandbox")
    before = state()

    with pytest.raises(BadNotice):
        cash_in.receive_notice("sandbox", *notice(other, provider_ref=f"sbx-{first.no}"))
    assert state() == before


@pytest.mark.parametrize(
    "raw_body", [b"[]", b"null", b"1", b'"x"', b"{", b"\xff\xfe", b"[" * 60_000]
)
def test_receive_notice_when_signed_but_no_notice_then_nothing_changes(raw_body):
    timestamp = str(int(clock.now().timestamp()))

    with pytest.raises(BadNotice):
        cash_in.receive_notice(
            "sandbox",
            raw_body,
            {
                sandbox.TIMESTAMP_HEADER: timestamp,
                sandbox.SIGNATURE_HEADER: sandbox.sign(raw_body, timestamp),
            },
        )


def test_receive_notice_when_larger_than_64_kib_then_it_is_not_read():
    with pytest.raises(NoticeTooLarge):
        cash_in.receive_notice("sandbox", b"x" * (64 * 1024 + 1), {})


# --- money going back --------------------------------------------------------------------------
def test_settle_due_when_the_short_cut_never_ran_then_the_sweep_returns_the_money_once(order):
    cash_in.receive_notice("sandbox", *notice(cash_in.start(order, "sandbox")))
    cancel(Order.objects.get(pk=order.pk), actor="test")
    assert PaymentRefund.objects.get().status == "requested"

    assert [tasks.settle_refunds() for _ in range(3)] == [1, 0, 0]

    refund = PaymentRefund.objects.get()
    assert (refund.status, refund.done_at is not None) == ("done", True)
    assert not cash_out.settle(refund)
    assert [event.what for event in order.events].count("money_returned") == 1


def test_settle_due_when_the_provider_is_gone_then_the_refund_waits(order, settings):
    cash_in.receive_notice("sandbox", *notice(cash_in.start(order, "sandbox")))
    cancel(Order.objects.get(pk=order.pk), actor="test")
    settings.PAYMENT_PROVIDERS = []

    assert tasks.settle_refunds() == 0
    assert PaymentRefund.objects.get().status == "requested"
