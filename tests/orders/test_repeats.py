"""The same key with other content is refused aloud, never answered with what another fact brought;
at every door.
"""

from decimal import Decimal

import pytest

from catalog import stock
from catalog.errors import DeliveryConflict
from catalog.models import StockMovement
from mall.core.models import AuditRow
from orders import lifecycle
from orders.coupons import handouts
from orders.coupons import lifecycle as coupons
from orders.errors import BadNotice, IdempotencyConflict, NoticeConflict
from orders.models import CouponGrant, Order, Payment, PaymentNotice, PaymentRefund
from orders.payments import cash_in, cash_out
from points import adjustments
from points.errors import KeyConflict
from points.models import Adjustment, LedgerEntry
from tests.factories.catalog import SkuFactory
from tests.factories.coupons import template
from tests.factories.orders import give_points, pay, place, virtual_sku, with_account
from tests.orders.payments.test_cash import notice

pytestmark = pytest.mark.django_db
NOTIFY = "/api/v1/payments/sandbox/notify"


def opened(user, cash="9.90"):
    """A payment of an order that waits for it."""
    return cash_in.start(place(user, virtual_sku(cash=cash)), "sandbox")


def status(payment):
    payment.refresh_from_db()
    return payment.status, Order.objects.get(pk=payment.order_id).status


def refused():
    return list(
        AuditRow.objects.filter(action=cash_in.REFUSED).values_list("actor", "target", "reason")
    )


# --- payment notices -------------------------------------------------------------
def test_receive_notice_when_the_event_was_told_of_another_order_then_refused_and_staff_hear_once(
    member, other_member
):
    first, second = opened(member), opened(other_member)
    kept = cash_in.receive_notice("sandbox", *notice(first, event_id="e-1"))

    for _ in range(3):
        with pytest.raises(NoticeConflict) as told:
            cash_in.receive_notice("sandbox", *notice(second, event_id="e-1"))

    assert (told.value.status, told.value.code) == (422, "idempotency_conflict")
    assert (status(first), status(second)) == (("paid", "paid"), ("open", "pending"))
    assert refused() == [("sandbox", f"payment:{second.no}", "idempotency_conflict")]
    assert PaymentNotice.objects.get() == kept
    assert cash_in.receive_notice("sandbox", *notice(second, event_id="e-2")).outcome == "settled"
    assert status(second) == ("paid", "paid")


def test_receive_notice_when_the_event_was_told_of_another_payment_of_the_order_then_refused(
    member,
):
    first = opened(member)
    cash_in.receive_notice("sandbox", *notice(first, "failed", event_id="e-1"))
    second = cash_in.start(first.order, "sandbox")

    with pytest.raises(NoticeConflict):
        cash_in.receive_notice("sandbox", *notice(second, event_id="e-1"))

    assert (status(first), status(second)) == (("failed", "pending"), ("open", "pending"))


@pytest.mark.parametrize(("before", "now"), [("failed", "paid"), ("paid", "failed")])
def test_receive_notice_when_the_event_said_otherwise_before_then_refused(member, before, now):
    payment = opened(member)
    cash_in.receive_notice("sandbox", *notice(payment, before, event_id="e-1"))
    as_it_was = status(payment)

    with pytest.raises(NoticeConflict):
        cash_in.receive_notice("sandbox", *notice(payment, now, event_id="e-1"))

    assert (status(payment), len(refused())) == (as_it_was, 1)


def test_receive_notice_when_the_event_named_other_money_before_then_refused(member):
    payment = opened(member)
    cash_in.receive_notice("sandbox", *notice(payment, event_id="e-1"))

    with pytest.raises(NoticeConflict):
        cash_in.receive_notice(
            "sandbox", *notice(payment, event_id="e-1", provider_ref="other-money")
        )

    assert PaymentRefund.objects.count() == 0
    assert (
        cash_in.receive_notice(
            "sandbox", *notice(payment, event_id="e-2", provider_ref="other-money")
        ).outcome
        == "refunded_second"
    )


def test_receive_notice_when_the_first_was_kept_without_its_words_then_a_repeat_is_a_repeat(
    member,
):
    payment = opened(member)
    kept = cash_in.receive_notice("sandbox", *notice(payment))
    PaymentNotice.objects.update(is_paid=None)

    assert cash_in.receive_notice("sandbox", *notice(payment)).pk == kept.pk


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "9.89"},
        {"currency": "USD"},
        {"merchant": "other"},
        {"payment": "20261120-0000000000000"},
    ],
)
def test_receive_notice_when_signed_money_fits_nothing_then_staff_hear_of_it(member, changes):
    payment = opened(member)

    for _ in range(2):
        with pytest.raises(BadNotice):
            cash_in.receive_notice("sandbox", *notice(payment, **changes))

    assert refused() == [("sandbox", f"payment:{changes.get('payment', payment.no)}", "bad_notice")]
    assert AuditRow.objects.get(action=cash_in.REFUSED).after["amount"] == changes.get(
        "amount", "9.90"
    )


def test_notify_when_the_event_was_told_of_another_order_then_422_and_no_outcome(api, member):
    for payment, event, expected in (
        (opened(member), "e-1", 200),
        (opened(member), "e-1", 422),
        (opened(member), "\ud800", 400),
    ):
        raw_body, headers = notice(payment, event_id=event)

        answer = api.generic(
            "POST", NOTIFY, raw_body, content_type="application/json", headers=headers
        )

        assert answer.status_code == expected, answer.content
        assert ("outcome" in answer.json()) == (expected == 200)
    assert Order.objects.filter(status="paid").count() == 1


# --- the siblings ------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [{"amount": Decimal("9.89")}, {"paid_ref": "other"}, {"reason": PaymentRefund.Reason.REFUND}],
)
def test_refund_when_the_key_gave_back_something_else_then_refused(member, change):
    lifecycle.cancel(pay(place(member, virtual_sku(cash="9.90"))), actor="test")
    first, payment = PaymentRefund.objects.get(), Payment.objects.get()
    said = {
        "key": first.key,
        "reason": first.reason,
        "amount": first.amount,
        "paid_ref": first.paid_ref,
    }

    assert with_account(member, cash_out.request, payment, **said).pk == first.pk
    with pytest.raises(IdempotencyConflict):
        with_account(member, cash_out.request, payment, **{**said, **change})


@pytest.mark.parametrize(
    "change", [{"note": "another reason"}, {"description": "another word"}, {"points": 51}]
)
def test_adjust_when_the_ticket_said_something_else_then_refused(member, operator, change):
    said = {
        "points": 50,
        "ticket": "t-1",
        "operator": operator,
        "note": "why",
        "description": "Sorry",
    }
    adjustments.ask(member.pk, **said)

    with pytest.raises(KeyConflict):
        adjustments.ask(member.pk, **{**said, **change})
    assert (adjustments.ask(member.pk, **said).points, Adjustment.objects.count()) == (50, 1)


def test_deliver_when_the_key_was_another_skus_then_refused():
    one, other = SkuFactory(stock=0), SkuFactory(stock=0)
    stock.deliver(one.pk, key="d-1", quantity=5, actor="test", note="delivery 7")

    with pytest.raises(DeliveryConflict):
        stock.deliver(other.pk, key="d-1", quantity=5, actor="test", note="delivery 7")

    assert StockMovement.objects.count() == 1
    assert stock.available([one.pk, other.pk]) == {one.pk: 5, other.pk: 0}


@pytest.mark.parametrize(
    "change", [{"segment": "tier", "numbers": {"tier": 2}}, {"note": "another"}, {"template": None}]
)
def test_hand_out_when_the_key_ordered_another_then_refused(operator, change):
    said = {
        "template": template(),
        "segment": "all",
        "numbers": {},
        "actor": operator,
        "key": "once",
        "note": "thanks",
    }

    def order(template, **words):
        return handouts.order(template, **words)

    first = order(**said)

    assert order(**said).pk == first.pk
    with pytest.raises(IdempotencyConflict):
        order(**{**said, **{name: value or template() for name, value in change.items()}})
    assert CouponGrant.objects.count() == 1


def test_purchase_when_the_key_bought_another_coupon_then_refused(member):
    give_points(member, 100)
    one, other = template(price_points=10), template(price_points=10)
    coupons.purchase(member, one.pk, key="b-1")

    with pytest.raises(IdempotencyConflict):
        coupons.purchase(member, other.pk, key="b-1")
    assert LedgerEntry.objects.filter(kind="spend").count() == 1
