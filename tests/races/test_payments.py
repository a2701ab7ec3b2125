"""Notices, cancellations and the sweep at the same moment, on real MariaDB.

Source: docs/reliability.md T19.
"""

import time
from datetime import timedelta

import pytest

from catalog import stock
from mall.core import clock
from mall.core.errors import Busy
from mall.core.models import AuditRow
from orders import lifecycle
from orders.errors import IllegalTransition, NoticeConflict
from orders.models import Order, OrderEvent, Payment, PaymentNotice, PaymentRefund
from orders.payments import cash_in, cash_out, enquiries
from orders.payments.gateways import sandbox
from points.models import LedgerEntry, PointAccount
from tests.factories.orders import place, virtual_sku
from tests.orders.payments.conftest import _listening, providers  # noqa: F401 - both providers
from tests.orders.payments.test_cash import notice as told

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("closed_books"),
]


@pytest.fixture
def order(member):
    return place(member, virtual_sku(points=40, cash="9.90", stock=5))


def patiently(verb):
    """Do as a provider does whose notice was not taken: send it again."""
    while True:
        try:
            return verb()
        except Busy:
            continue


def raised(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, BaseException)]


def test_start_when_20_tabs_start_at_once_then_one_payment_opens(order, run_threads):
    outcomes = run_threads(20, lambda: patiently(lambda: cash_in.start(order, "sandbox")))

    assert {payment.pk for payment in outcomes} == {Payment.objects.get().pk}


def test_receive_notice_when_20_arrive_at_once_then_one_counts(member, order, run_threads):
    message = sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")

    outcomes = run_threads(
        20, lambda: patiently(lambda: cash_in.receive_notice("sandbox", *message))
    )

    assert {notice.pk for notice in outcomes} == {PaymentNotice.objects.get().pk}
    assert LedgerEntry.objects.filter(kind="capture").count() == 1
    assert OrderEvent.objects.filter(kind="order_paid").count() == 1
    assert PaymentRefund.objects.count() == 0


def test_receive_notice_when_one_event_names_two_orders_at_once_then_one_counts_one_is_told(
    member, other_member, run_threads
):
    for each in range(5):
        opened = [
            cash_in.start(place(user, virtual_sku(cash="9.90")), "sandbox")
            for user in (member, other_member)
        ]
        messages = [told(payment, event_id=f"e-{each}") for payment in opened]

        outcomes = run_threads(
            8,
            lambda n, messages=messages: patiently(
                lambda: cash_in.receive_notice("sandbox", *messages[n % 2])
            ),
        )

        conflicts, kept = raised(outcomes), PaymentNotice.objects.get(event_id=f"e-{each}")
        assert ({type(one) for one in conflicts}, len(conflicts)) == ({NoticeConflict}, 4)
        assert {one.pk for one in outcomes if one not in conflicts} == {kept.pk}
        for payment in opened:
            expected = "paid" if payment.pk == kept.payment_id else "pending"
            assert Order.objects.get(pk=payment.order_id).status == expected
            assert AuditRow.objects.filter(target=f"payment:{payment.no}").count() in (
                [0] if expected == "paid" else [1, 2, 3, 4]
            )
            cash_in.receive_notice("sandbox", *told(payment, event_id=f"again-{payment.no}"))
    assert Order.objects.filter(status="paid").count() == 10
    assert PaymentRefund.objects.count() == 0


# T19: the callback and the time-out meet at −1 s, 0 s and +1 s.
@pytest.mark.parametrize(
    "seconds", [0, *(pytest.param(s, marks=pytest.mark.long) for s in (-1, 1))]
)
def test_receive_notice_when_it_races_the_sweep_then_exactly_one_of_capture_and_release(
    member, run_threads, seconds
):
    sku = virtual_sku(points=10, cash="1.00", stock=50)
    for _ in range(8):
        order = place(member, sku)
        Order.objects.filter(pk=order.pk).update(pay_by=clock.now() + timedelta(minutes=1))
        payment = cash_in.start(order, "sandbox")
        Order.objects.filter(pk=order.pk).update(pay_by=clock.now() - timedelta(seconds=seconds))
        message = sandbox.write_notice(payment, "paid")
        steps = [lambda m=message: cash_in.receive_notice("sandbox", *m)] + [
            lambda: lifecycle.cancel_due(clock.now())
        ] * 3

        outcomes = run_threads(4, lambda n, steps=steps: steps[n]())

        assert not raised(outcomes)
        entries = LedgerEntry.objects.filter(
            reference=order.reference, kind__in=["capture", "release"]
        )
        is_late = outcomes[0].outcome == "refunded_late"
        assert [entry.kind for entry in entries] == ["release" if is_late else "capture"]
        assert Order.objects.get(pk=order.pk).status == ("cancelled" if is_late else "paid")
        assert sum(outcomes[1:]) == is_late
        assert PaymentRefund.objects.filter(payment=payment, status="done").count() == is_late
    live = Order.objects.filter(status="paid").count()
    assert stock.available([sku.pk])[sku.pk] == 50 - live
    assert PointAccount.objects.get(pk=member.pk).available == 100 - 10 * live


def test_receive_notice_when_it_races_a_cancellation_then_money_and_points_end_on_one_side(
    member, run_threads
):
    for _ in range(12):
        order = place(member, virtual_sku(points=10, cash="1.00"))
        message = sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")
        steps = [
            lambda m=message: cash_in.receive_notice("sandbox", *m),
            lambda o=order: lifecycle.cancel(o, actor="test"),
        ]

        notice, cancelled = run_threads(2, lambda n, steps=steps: steps[n]())

        if isinstance(cancelled, IllegalTransition):
            assert (notice.outcome, Order.objects.get(pk=order.pk).status) == ("settled", "paid")
            lifecycle.cancel(Order.objects.get(pk=order.pk), actor="test")
        else:
            assert (notice.outcome, cancelled.status) == ("refunded_late", "cancelled")
        assert PointAccount.objects.get(pk=member.pk).available == 100


def test_settle_when_8_sweeps_ask_at_once_then_the_money_returns_once(
    order, run_threads, monkeypatch
):
    monkeypatch.setattr(cash_out, "settle", lambda refund: False)
    payment = cash_in.start(order, "sandbox")
    cash_in.receive_notice("sandbox", *sandbox.write_notice(payment, "paid"))
    lifecycle.cancel(Order.objects.get(pk=order.pk), actor="test")
    monkeypatch.undo()

    outcomes = run_threads(8, cash_out.settle_due)

    assert sum(outcomes) == 1
    assert OrderEvent.objects.filter(kind="order_money_returned").count() == 1


def test_verbs_when_one_member_does_everything_at_once_then_no_deadlock(member, run_threads):
    """Placing, paying, cancelling and the sweep on one account, for two seconds."""
    sku = virtual_sku(points=1, cash="1.00", stock=10_000)
    until = time.monotonic() + 2

    def live(n):
        while time.monotonic() < until:
            order = place(member, sku)
            payment = cash_in.start(order, "sandbox")
            if n % 2:
                cash_in.receive_notice("sandbox", *sandbox.write_notice(payment, "paid"))
            else:
                lifecycle.cancel_due(order.pay_by)
            current = Order.objects.get(pk=order.pk)
            if current.status in ("pending", "paid"):
                try:
                    lifecycle.cancel(current, actor="test")
                except IllegalTransition:
                    continue

    assert not raised(run_threads(8, live))
    assert PointAccount.objects.get(pk=member.pk).available == 100
    assert stock.available([sku.pk])[sku.pk] == 10_000


@pytest.mark.parametrize("provider", ["alipay", "wechat"])
@pytest.mark.parametrize("cancels", [False, True], ids=["alone", "and a cancellation"])
def test_poll_when_it_races_the_notice_then_the_money_counts_once_or_goes_back_once(
    member,
    run_threads,
    providers,  # noqa: F811
    provider,
    cancels,
):
    sku = virtual_sku(points=10, cash="1.00", stock=50)
    for _ in range(4):
        order = place(member, sku)
        payment = cash_in.start(order, provider)
        cash_in.begin(payment, cash_in.Payer())
        providers.pay(payment)
        message = getattr(providers, f"{provider}_notice")(payment)
        polled = Payment.objects.select_related("order").get(pk=payment.pk)
        steps = [
            lambda message=message: cash_in.receive_notice(provider, *message),
            lambda polled=polled: enquiries.ask(polled),
        ] * 3
        if cancels:
            steps[2] = lambda order=order: lifecycle.cancel(order, actor="test")

        outcomes = run_threads(6, lambda n, steps=steps: patiently(steps[n]))

        assert {type(one) for one in raised(outcomes)} <= {IllegalTransition}
        cash_out.settle_due()
        order.refresh_from_db()
        entries = LedgerEntry.objects.filter(
            reference=order.reference, kind__in=["capture", "release"]
        )
        back = PaymentRefund.objects.filter(payment=payment)
        facts = OrderEvent.objects.about(order).filter(kind="order_paid")
        is_paid = order.status == "paid"
        assert order.status in (["paid", "cancelled"] if cancels else ["paid"])
        assert [entry.kind for entry in entries] in (
            [["capture"]] if is_paid else [["release"], ["capture"]]
        )
        assert (back.count(), Payment.objects.get(pk=payment.pk).status) == (not is_paid, "paid")
        assert facts.count() == (entries[0].kind == "capture")
        money = [one.outcome for one in payment.notices.all() if one.outcome != "repeated"]
        assert len(money) == 1
