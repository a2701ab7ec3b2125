"""The life of an order after it was placed: every step happy, refused, repeated."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from mall.core import clock
from mall.core.append_only import AppendOnlyError
from orders import lifecycle, tasks
from orders.errors import CarrierNeeded, IllegalTransition
from orders.events import (
    ORDER_CANCELLED,
    ORDER_COMPLETED,
    ORDER_PAID,
    ORDER_SHIPPED,
    ORDER_TIMED_OUT,
)
from orders.lifecycle import TRANSITIONS, cancel, cancel_due, complete, mark_paid, ship
from orders.models import Order, OrderEvent, PaymentRefund
from orders.payments import cash_in, gateways
from orders.payments.gateways import sandbox
from points.models import LedgerEntry, PointAccount
from tests.factories.orders import address_of, give_points, physical_sku, place, virtual_sku
from tests.listening import hearing

pytestmark = pytest.mark.django_db
STATUSES = list(Order.Status)


def pay(order):
    """Pay an order in the sandbox and return it as it is then."""
    cash_in.receive_notice(
        "sandbox", *sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")
    )
    return Order.objects.get(pk=order.pk)


def kinds(user):
    return list(
        LedgerEntry.objects.filter(account_id=user.pk)
        .order_by("seq")
        .values_list("kind", "delta", "held_delta")
    )


# --- cancelling ----------------------------------------------------------------
def test_cancel_when_pending_then_the_hold_and_the_goods_go_back(member, standing, pieces):
    sku = virtual_sku(points=40, cash="9.90", stock=5)
    order = place(member, sku, quantity=2)

    cancelled = cancel(order, actor="member:1")

    assert (cancelled.status, Order.objects.get(pk=order.pk).status) == ("cancelled", "cancelled")
    assert (standing(member), pieces(sku)) == ((100, 0), 5)
    assert kinds(member)[-2:] == [("hold", -80, 80), ("release", 80, -80)]
    assert order.status == "pending", "the order passed in stays as it was seen"


def test_cancel_when_paid_with_points_then_they_return_with_the_days_they_had(
    member, standing, pieces
):
    early = give_points(member, 30, expires_on=date(2099, 3, 31)).alloc["lots"]
    before = PointAccount.objects.get(pk=member.pk).lots
    order = place(member, virtual_sku(points=120))

    cancel(order, actor="member:1")

    assert standing(member) == (130, 0)
    assert PointAccount.objects.get(pk=member.pk).lots == before
    assert early[0] in before


def test_cancel_when_a_mixed_order_is_paid_then_points_return_and_the_cash_is_sent_back(
    member, standing, pieces, django_capture_on_commit_callbacks
):
    sku = virtual_sku(points=40, cash="9.90", stock=5)
    order = pay(place(member, sku))
    assert (order.status, standing(member)) == ("paid", (60, 0))

    with django_capture_on_commit_callbacks(execute=True):
        cancel(order, actor="staff:1", note="damaged in the warehouse")

    assert (standing(member), pieces(sku)) == ((100, 0), 5)
    refund = PaymentRefund.objects.get()
    assert (refund.amount, refund.reason, refund.status, refund.paid_ref) == (
        Decimal("9.90"),
        "cancelled",
        "done",
        refund.payment.provider_ref,
    )
    assert [event.what for event in order.events] == [
        "placed",
        "paid",
        "cancelled",
        "money_returned",
    ]
    assert order.events.all()[2].note == "damaged in the warehouse"


def test_cancel_when_done_twice_then_everything_returned_once(member, standing, pieces):
    sku = virtual_sku(points=40, stock=5)
    order = place(member, sku)
    cancel(order, actor="member:1")

    for seen in (order, Order.objects.get(pk=order.pk)):
        with pytest.raises(IllegalTransition):
            cancel(seen, actor="member:1")

    assert (standing(member), pieces(sku)) == ((100, 0), 5)


# Trap 5: used points not returned, then returned twice.
@pytest.mark.parametrize("first", ["shopper", "operator", "sweep"])
@pytest.mark.parametrize("second", ["shopper", "operator", "sweep", "payment failed", "stale copy"])
def test_cancel_when_everybody_cancels_in_any_order_then_points_and_goods_return_once(
    member, standing, pieces, first, second
):
    sku = virtual_sku(points=40, cash="9.90", stock=5)
    order = place(member, sku)
    payment = cash_in.start(order, "sandbox")
    later = order.pay_by + timedelta(seconds=1)
    ways = {
        "shopper": lambda: cancel(Order.objects.get(pk=order.pk), actor=f"member:{member.pk}"),
        "operator": lambda: cancel(Order.objects.get(pk=order.pk), actor="staff:1"),
        "sweep": lambda: cancel_due(later),
        "payment failed": lambda: cash_in.receive_notice(
            "sandbox", *sandbox.write_notice(payment, "failed")
        ),
        "stale copy": lambda: cancel(order, actor="staff:1"),
    }

    ways[first]()
    for _ in range(2):
        try:
            ways[second]()
        except IllegalTransition:
            continue

    assert Order.objects.get(pk=order.pk).status == "cancelled"
    assert (standing(member), pieces(sku)) == ((100, 0), 5)
    assert [kind for kind, *_ in kinds(member)].count("release") == 1


# --- the table -------------------------------------------------------------------
STEPS = {
    "paid": lambda order: mark_paid(order, actor="test"),
    "shipped": lambda order: ship(order, actor="test", carrier="SF", number="1"),
    "completed": lambda order: complete(order, actor="test"),
    "cancelled": lambda order: cancel(order, actor="test"),
}


def order_in(member, status):
    order = place(member, virtual_sku(points=1, cash="1.00"))
    if status == "cancelled":
        return cancel(order, actor="test")
    for step in {
        "pending": [],
        "paid": ["paid"],
        "shipped": ["paid", "shipped"],
        "completed": ["paid", "shipped", "completed"],
    }[status]:
        order = pay(order) if step == "paid" else STEPS[step](order)
    return order


@pytest.mark.parametrize("to", STEPS)
@pytest.mark.parametrize("status", STATUSES)
def test_every_step_when_taken_from_every_state_then_only_the_tables_moves_happen(
    member, standing, status, to
):
    order = order_in(member, status)
    before = (standing(member), list(order.events.values_list("pk", flat=True)))

    if to in TRANSITIONS[status]:
        assert STEPS[to](order).status == to
        assert Order.objects.get(pk=order.pk).status == to
        last = order.events.last()
        assert (last.from_status, last.to_status, last.actor) == (status, to, "test")
    else:
        with pytest.raises(IllegalTransition) as refused:
            STEPS[to](order)
        assert refused.value.numbers == {"status": status}
        assert Order.objects.get(pk=order.pk).status == status
        assert (standing(member), list(order.events.values_list("pk", flat=True))) == before


@pytest.mark.parametrize("to", STEPS)
def test_every_step_when_the_order_moved_on_since_it_was_read_then_it_refuses(member, to):
    seen = {"paid": "pending", "shipped": "paid", "completed": "shipped", "cancelled": "pending"}[
        to
    ]
    order = order_in(member, seen)
    stale = Order.objects.get(pk=order.pk)
    STEPS["cancelled" if seen in ("pending", "paid") else "completed"](order)

    with pytest.raises(IllegalTransition):
        STEPS[to](stale)


# --- shipping and receipt -----------------------------------------------------------
def test_ship_when_goods_are_posted_then_carrier_and_number_are_needed_and_kept(member):
    address_of(member)
    order = place(member, physical_sku(points=10))

    for carrier, number in (("", ""), ("SF", " "), (" ", "123")):
        with pytest.raises(CarrierNeeded):
            ship(order, actor="staff:1", carrier=carrier, number=number)
    shipped = ship(order, actor="staff:1", carrier=" SF Express ", number=" SF123 ")

    stored = Order.objects.get(pk=order.pk)
    assert (stored.carrier, stored.tracking_number, stored.shipped_at) == (
        "SF Express",
        "SF123",
        shipped.shipped_at,
    )
    assert order.events.last().note == "SF Express SF123"


def test_ship_when_goods_are_virtual_then_no_carrier_is_needed(member):
    assert ship(place(member, virtual_sku(points=10)), actor="staff:1").status == "shipped"


def test_complete_when_received_then_the_time_is_kept(member):
    order = complete(ship(place(member, virtual_sku(points=10)), actor="staff:1"), actor="member:1")

    assert Order.objects.get(pk=order.pk).completed_at == order.completed_at is not None


# --- telling ----------------------------------------------------------------------------
def test_every_step_when_taken_then_it_is_told_once_inside_the_transaction(member):
    heard = []

    def listen(event):
        status = Order.objects.get(no=event.data["no"]).status
        heard.append((event.kind.removeprefix("order_"), status))

    with hearing(ORDER_PAID, ORDER_SHIPPED, ORDER_COMPLETED, ORDER_CANCELLED, listener=listen):
        order_in(member, "completed")
        order_in(member, "cancelled")
        place(member, virtual_sku(points=1))

    assert heard == [
        ("paid", "paid"),
        ("shipped", "shipped"),
        ("completed", "completed"),
        ("cancelled", "cancelled"),
        ("paid", "paid"),
    ]


def test_events_when_edited_or_deleted_then_they_refuse(member):
    event = place(member, virtual_sku(points=1)).events.first()

    for attack in (
        event.save,
        event.delete,
        OrderEvent.objects.all().delete,
        lambda: OrderEvent.objects.update(note="x"),
    ):
        with pytest.raises(AppendOnlyError):
            attack()


# --- the sweep ------------------------------------------------------------------------------
def test_cancel_due_when_the_window_is_over_then_everything_returns_once_and_never_before(
    member, standing, pieces
):
    sku = virtual_sku(points=20, cash="1.00", stock=5)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        order = place(member, sku)
        place(member, virtual_sku(points=10))

        traveller.move_to(order.pay_by - timedelta(seconds=1))
        assert tasks.cancel_unpaid_orders() == 0
        traveller.move_to(order.pay_by)
        assert [tasks.cancel_unpaid_orders() for _ in range(4)] == [1, 0, 0, 0]

    assert (standing(member), pieces(sku)) == ((90, 0), 5)
    assert order.events.last().what == "timed_out"


@pytest.mark.django_db(transaction=True)
def test_cancel_due_when_one_order_is_stuck_then_the_others_flow(member, monkeypatch):
    first, second = (place(member, virtual_sku(points=10, cash="1.00")) for _ in range(2))
    monkeypatch.setattr(lifecycle, "BATCH", 1)

    def refuse(event):
        if event.reference == first.reference:
            raise CarrierNeeded

    with hearing(ORDER_TIMED_OUT, listener=refuse):
        assert cancel_due(first.pay_by + timedelta(minutes=1)) == 1
    assert [Order.objects.get(pk=order.pk).status for order in (first, second)] == [
        "pending",
        "cancelled",
    ]


def test_gateways_when_the_provider_is_not_offered_then_it_is_refused(settings):
    settings.PAYMENT_PROVIDERS = []

    with pytest.raises(gateways.NoSuchProvider):
        gateways.get("sandbox")
