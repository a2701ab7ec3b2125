"""Refunds by line and quantity: what goes back, to whom, how often. Every verb happy, refused,
repeated.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from catalog.errors import KeyAlreadySeen
from mall.core import clock
from mall.core.models import AuditRow
from orders import delivery, lifecycle
from orders.errors import IdempotencyConflict, IllegalTransition, InvalidKey
from orders.events import ORDER_REFUNDED
from orders.models import CheckoutPolicy, Order, PaymentRefund, RefundRequest
from orders.payments import cash_out
from orders.refunds import preview as refund_preview
from orders.refunds import requests as refund_requests
from orders.refunds.errors import (
    InvalidRefund,
    NothingLeft,
    NotRefundable,
    RefundDecided,
    RefundOpen,
    RefundTooLate,
)
from points.grants import TakenBack
from points.maturing import mature_due
from points.models import Grant, LedgerEntry, PointAccount
from tests.factories.accounts import PASSWORD
from tests.factories.orders import (
    address_of,
    ask,
    give_points,
    key_sku,
    pay,
    physical_sku,
    place,
    received,
    refund,
    virtual_sku,
)
from tests.listening import hearing

pytestmark = pytest.mark.django_db

SPANS = ("day", "week", "month", "life")


def fresh(order):
    return Order.objects.get(pk=order.pk)


def sent_back(order):
    return [
        str(amount)
        for amount in PaymentRefund.objects.filter(payment__order=order)
        .order_by("pk")
        .values_list("amount", flat=True)
    ]


# --- what goes back ----------------------------------------------------------------
# Trap 4: buy, earn, refund, keep the points.
def test_approve_when_all_is_refunded_after_the_points_arrived_then_the_balance_from_before(
    member, standing, pieces
):
    sku = virtual_sku(points=40, cash="30.00", stock=5)
    before, lots = standing(member), PointAccount.objects.get(pk=member.pk).lots
    order = received(pay(place(member, sku)))
    with time_machine.travel(order.completed_at + timedelta(days=7, seconds=1), tick=False):
        mature_due(clock.now())
        assert standing(member) == (60 + 30 + 100, 0), (
            "30 by the yuan and the bonus of a first order"
        )

        asked = refund_requests.approve(ask(order, actor="staff:1"), actor="staff:1")

    assert standing(member) == before
    assert PointAccount.objects.get(pk=member.pk).lots == lots
    assert (asked.points, asked.cash, asked.taken_points, asked.taken_debt) == (
        40,
        Decimal("30.00"),
        130,
        0,
    )
    assert fresh(order).refund_state == "whole"
    assert sent_back(order) == ["30.00"]


# Trap 6: the points share refunded as money.
def test_approve_when_points_paid_a_part_then_the_cash_back_is_the_cash_paid_for_that_line(
    member, standing
):
    give_points(member, 1_000)
    sku, other = virtual_sku(cash="20.00", pay_mode="cash_points"), virtual_sku(cash="5.00")
    order = pay(place(member, sku, other, points_to_use=1_000))
    assert [(line.points, line.cash) for line in order.lines.all()] == [
        (1_000, Decimal("10.00")),
        (0, Decimal("5.00")),
    ]

    asked = refund(order, 1, 0)

    assert (asked.points, asked.cash) == (1_000, Decimal("10.00"))
    assert sent_back(order) == ["10.00"]
    assert standing(member) == (1_100, 0)


# Trap 7: partial refunds re-charge points, or give more than there was.
def test_approve_when_refunded_20_percent_twice_then_40_percent_is_back_and_never_more_than_all(
    member, standing
):
    give_points(member, 900)
    order = pay(place(member, virtual_sku(points=100, cash="10.01"), quantity=5))

    first, second = refund(order, 1), refund(order, 1)

    assert (first.points + second.points, first.cash + second.cash) == (200, Decimal("20.02"))
    assert (
        fresh(order).refunded_points,
        fresh(order).refunded_cash,
        fresh(order).refund_state,
    ) == (200, Decimal("20.02"), "partial")
    with pytest.raises(InvalidRefund) as refused:
        ask(order, 4)
    assert refused.value.numbers == {"left": 3}
    assert standing(member) == (1_000 - 500 + 200, 0)


def test_approve_when_shares_do_not_divide_then_the_last_piece_takes_the_exact_rest(
    member, standing
):
    give_points(member, 900)
    sku = virtual_sku(cash="3.35", pay_mode="cash_points")
    # 10.05 − 4.00 = 6.05 and 400 points over 3 pieces
    order = pay(place(member, sku, quantity=3, points_to_use=400))

    parts = [refund(order, 1) for _ in range(3)]

    assert [str(part.cash) for part in parts] == ["2.01", "2.02", "2.02"]
    assert [part.points for part in parts] == [133, 133, 134]
    assert standing(member) == (1_000, 0)
    assert fresh(order).refund_state == "whole"
    with pytest.raises(NothingLeft):
        ask(order)


def test_approve_when_points_come_back_then_to_the_days_they_had(member):
    give_points(member, 30, expires_on=date(2099, 3, 31))
    before = PointAccount.objects.get(pk=member.pk).lots
    order = place(member, virtual_sku(points=60), quantity=2)
    order_line = order.lines.get().pk
    previews = [refund_preview.show(order, [(order_line, 1)])]
    refund(order, 1)
    after_one = PointAccount.objects.get(pk=member.pk).lots
    previews.append(refund_preview.show(order, [(order_line, 1)]))
    refund(order, 1)

    shown = [
        [[lot.expires_on.isoformat(), lot.points] for lot in preview.lots] for preview in previews
    ]
    early, late = before[0][0], "2099-03-31"
    assert shown == [[[early, 40], [late, 20]], [[early, 60]]]
    assert after_one == [[early, 40], [late, 30]]
    assert PointAccount.objects.get(pk=member.pk).lots == before


def test_approve_when_the_day_of_the_points_has_passed_then_they_expire_unless_the_shop_erred(
    member, standing
):
    expiring = clock.today() + timedelta(days=3)
    give_points(member, 100, expires_on=expiring)
    orders = [place(member, virtual_sku(points=50)) for _ in range(2)]
    with time_machine.travel(clock.end_of(expiring) + timedelta(hours=1), tick=False):
        left = standing(member)[0]
        lots = refund_preview.show(orders[0]).lots
        assert [(lot.points, lot.is_over) for lot in lots] == [(50, True)]

        refund(orders[0])
        assert standing(member)[0] == left
        refund(orders[1], at_fault=True)
        assert standing(member)[0] == left + 50


def test_approve_when_nothing_was_sent_then_freight_goes_back_with_the_last_piece_only(member):
    CheckoutPolicy.objects.update(freight="8.00")
    address_of(member)
    order = pay(place(member, physical_sku(cash="10.00"), quantity=2))

    first, last = refund(order, 1), refund(order, 1)

    assert (first.cash, last.cash, last.freight) == (
        Decimal("10.00"),
        Decimal("18.00"),
        Decimal("8.00"),
    )
    assert fresh(order).refunded_cash == order.cash


def test_approve_when_it_was_sent_then_freight_stays(member):
    CheckoutPolicy.objects.update(freight="8.00")
    address_of(member)
    order = pay(place(member, physical_sku(cash="10.00")))
    lifecycle.ship(order, actor="staff:1", carrier="SF", number="1")

    assert refund(order).cash == Decimal("10.00")


@pytest.mark.parametrize(("restock", "left"), [(True, 5), (False, 4)])
def test_approve_when_goods_were_sent_then_the_operator_says_whether_they_are_sold_again(
    member, pieces, restock, left
):
    address_of(member)
    sku = physical_sku(points=10, stock=5)
    order = received(place(member, sku))

    refund(order, restock=restock)

    assert pieces(sku) == left


def test_approve_when_pieces_were_not_sent_then_they_are_back_on_the_shelf_and_never_sent(
    member, pieces
):
    address_of(member)
    sku, other = physical_sku(points=10, stock=5), physical_sku(points=10, stock=5)
    order = place(member, sku, other, quantity=2)

    refund(order, 2, 1)
    sent = lifecycle.ship(order, actor="staff:1", carrier="SF", number="1")

    assert (pieces(sku), pieces(other)) == (5, 4)
    assert [(row.line.sku_id, row.quantity) for row in sent.shipments.get().lines.all()] == [
        (other.pk, 1)
    ]


def test_approve_when_the_whole_order_is_back_then_it_is_not_sent_received_or_cancelled_any_more(
    member,
):
    order = place(member, virtual_sku(points=10))
    refund(order)

    for step in (
        lambda o: lifecycle.ship(o, actor="staff:1"),
        lambda o: lifecycle.cancel(o, actor="staff:1"),
    ):
        for seen in (order, fresh(order)):
            with pytest.raises(IllegalTransition):
                step(seen)
    assert fresh(order).status == "paid"


def test_approve_when_the_rest_was_sent_before_then_the_order_is_shipped(member):
    address_of(member)
    order = place(member, physical_sku(points=10), physical_sku(points=10))
    first, _second = order.lines.all()
    lifecycle.ship(order, actor="staff:1", carrier="SF", number="1", pieces={first.pk: 1})
    assert fresh(order).status == "paid"

    refund(order, 0, 1)

    assert fresh(order).status == "shipped"


# --- points that the order earned -------------------------------------------------------
def test_approve_when_a_part_is_refunded_before_the_points_arrive_then_they_shrink_in_proportion(
    member,
):
    order = received(pay(place(member, virtual_sku(cash="10.00"), quantity=5)))

    asked = refund(order, 2)

    purchase, bonus = (
        Grant.objects.get(key=f"{order.reference}:purchase"),
        Grant.objects.get(key=f"{order.reference}:first_order"),
    )
    assert (asked.taken_pending, purchase.left, bonus.left) == (20, 30, 100)


def test_approve_when_all_cash_is_back_and_goods_for_points_are_kept_then_the_bonus_stays(member):
    order = pay(place(member, virtual_sku(cash="10.00"), virtual_sku(points=10)))

    refund(order, 1, 0)

    assert sorted(
        Grant.objects.filter(reference=order.reference).values_list("action", "taken_back")
    ) == [
        ("first_order", 0),
        ("purchase", 10),
    ]


# Trap 8: clawback recomputed with today's rules.
def test_approve_when_the_rule_changed_since_then_the_original_points_are_taken_back(
    member, standing
):
    from points import rules
    from points.models import Rule

    order = received(pay(place(member, virtual_sku(cash="30.00"))))
    with time_machine.travel(order.completed_at + timedelta(days=7, seconds=1), tick=False):
        mature_due(clock.now())
        rule = Rule.objects.get(action="purchase")
        version = rule.versions.first()
        limits = {f"per_{span}": getattr(version, f"per_{span}") for span in SPANS}
        rules.publish(
            rule, actor="test", value="per_yuan", points=5, matures_after_days=7, **limits
        )

        asked = refund_requests.approve(ask(order, actor="staff:1"), actor="staff:1")

    assert asked.taken_points == 130
    assert standing(member) == (100, 0)


def test_approve_when_the_earned_points_are_spent_then_they_are_owed(member):
    order = received(pay(place(member, virtual_sku(cash="30.00"))))
    with time_machine.travel(order.completed_at + timedelta(days=7, seconds=1), tick=False):
        mature_due(clock.now())
        place(member, virtual_sku(points=220))
        preview = refund_preview.show(order, by_staff=True)

        asked = refund_requests.approve(ask(order, actor="staff:1"), actor="staff:1")

    assert preview.taken == TakenBack(0, 10, 120)
    assert (asked.taken_pending, asked.taken_points, asked.taken_debt) == (0, 10, 120)
    assert PointAccount.objects.values_list("available", "debt").get(pk=member.pk) == (0, 120)


# --- asking ---------------------------------------------------------------------------
def test_request_when_sent_twice_then_the_same_row_and_another_body_is_a_conflict(member):
    order = place(member, virtual_sku(points=10), quantity=3)

    first, again = ask(order, 1, key="once"), ask(order, 1, key="once")

    assert (first.pk, first.replayed, again.replayed) == (again.pk, False, True)
    with pytest.raises(IdempotencyConflict):
        ask(order, 2, key="once")
    with pytest.raises(InvalidKey):
        ask(order, 1, key="not a key")
    assert RefundRequest.objects.count() == 1


def test_request_when_pieces_are_asked_for_already_then_they_are_not_asked_for_twice(member):
    order = place(member, virtual_sku(points=10), quantity=3)
    first = ask(order, 2)

    with pytest.raises(InvalidRefund):
        ask(order, 2)
    refund_requests.withdraw(first, actor=f"member:{member.pk}")

    assert ask(order, 2).number == 2


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [(0, 1)],
        [("line", 0)],
        [("line", -1)],
        [("line", 4)],
        [("line", True)],
        [("line", 1), ("line", 1)],
    ],
)
def test_request_when_the_pieces_are_nonsense_then_nothing_is_written(member, pieces):
    order = place(member, virtual_sku(points=10), quantity=3)
    line = order.lines.get().pk

    with pytest.raises(InvalidRefund):
        refund_requests.request(
            order,
            lines=[(line if pk == "line" else pk, n) for pk, n in pieces],
            key="k",
            actor="member:1",
        )
    assert RefundRequest.objects.count() == 0


def test_request_when_unpaid_or_cancelled_then_there_is_nothing_to_refund(member):
    pending = place(member, virtual_sku(points=10, cash="1.00"))
    cancelled = lifecycle.cancel(place(member, virtual_sku(points=10)), actor="test")

    for order in (pending, cancelled):
        with pytest.raises(NotRefundable):
            ask(order)


def test_request_when_the_days_are_over_then_only_staff_may_ask(member):
    order = received(place(member, virtual_sku(points=10)))
    last = order.completed_at + timedelta(days=CheckoutPolicy.current().refund_days)

    with time_machine.travel(last + timedelta(seconds=1), tick=False):
        with pytest.raises(RefundTooLate):
            ask(order)
        assert ask(order, actor="staff:1").is_waiting
    with time_machine.travel(last, tick=False):
        refund_requests.withdraw(RefundRequest.objects.get(), actor="staff:1")
        assert ask(order).is_waiting


# --- deciding ----------------------------------------------------------------------------
def test_decide_when_decided_before_then_refused_and_nothing_changes(member, standing):
    order = place(member, virtual_sku(points=10), quantity=4)
    decided = {
        "refunded": refund(order, 1),
        "rejected": refund_requests.reject(ask(order, 1), actor="staff:1", note="used"),
        "withdrawn": refund_requests.withdraw(ask(order, 1), actor="member:1"),
    }
    before = standing(member)

    for status, asked in decided.items():
        assert asked.status == status
        for verb in (
            lambda row: refund_requests.approve(row, actor="staff:1"),
            lambda row: refund_requests.reject(row, actor="staff:1", note="no"),
            lambda row: refund_requests.withdraw(row, actor="member:1"),
        ):
            with pytest.raises(RefundDecided):
                verb(asked)
    assert standing(member) == before


def test_approve_when_cash_is_on_its_way_then_approved_and_refunded_once_the_provider_paid(
    member, django_capture_on_commit_callbacks
):
    order = pay(place(member, virtual_sku(cash="9.90")))

    asked = refund(order)
    assert (asked.status, asked.refunded_at) == ("approved", None)
    assert [cash_out.settle_due() for _ in range(2)] == [1, 0]

    asked.refresh_from_db()
    assert (asked.status, asked.refunded_at is not None) == ("refunded", True)
    kinds = [event.what for event in order.events]
    assert kinds == ["placed", "paid", "refund_requested", "refund_approved", "money_returned"]


def test_decide_when_done_by_staff_then_the_audit_log_and_the_rooms_above_hear_of_it_once(member):
    with hearing(ORDER_REFUNDED) as told:
        order = place(member, virtual_sku(points=10), quantity=2)
        refund(order, 1)
        refund(order, 1)
        refund_requests.reject(
            ask(place(member, virtual_sku(points=10))), actor="staff:7", note="worn"
        )

    assert [(event.reference, event.data["number"]) for event in told] == [
        (order.reference, 1),
        (order.reference, 2),
    ]
    rows = AuditRow.objects.filter(action__startswith="orders.").order_by("pk")
    assert list(rows.values_list("action", "actor", "reason")) == [
        ("orders.approve_refund", "staff:1", ""),
        ("orders.approve_refund", "staff:1", ""),
        ("orders.reject_refund", "staff:7", "worn"),
    ]


def test_cancel_when_a_request_waits_then_it_is_closed_and_when_a_part_is_back_then_it_is_refused(
    member, standing
):
    order = place(member, virtual_sku(points=10), quantity=2)
    asked = ask(order, 1)
    lifecycle.cancel(order, actor="member:1")
    asked.refresh_from_db()
    assert (asked.status, standing(member)) == ("withdrawn", (100, 0))

    order = place(member, virtual_sku(points=10), quantity=2)
    refund(order, 1)
    for seen in (order, fresh(order)):
        with pytest.raises(IllegalTransition):
            lifecycle.cancel(seen, actor="member:1")
    assert LedgerEntry.objects.filter(key__startswith=f"{order.reference}:refund").count() == 1


# --- time ------------------------------------------------------------------------------------
def test_complete_due_when_a_request_waits_then_the_clock_stands_still(member):
    order = lifecycle.ship(place(member, virtual_sku(points=10), quantity=2), actor="staff:1")
    other = lifecycle.ship(place(member, virtual_sku(points=10)), actor="staff:1")
    asked = ask(order, 1)
    due = max(order.shipped_at, other.shipped_at) + timedelta(days=10)

    with time_machine.travel(due, tick=False):
        assert lifecycle.complete_due(clock.now() - timedelta(seconds=5)) == 0
        assert [lifecycle.complete_due(clock.now()) for _ in range(2)] == [1, 0]
        with pytest.raises(RefundOpen):
            lifecycle.assume_receipt(fresh(order))
        refund_requests.reject(asked, actor="staff:1", note="no")
        assert lifecycle.complete_due(clock.now()) == 1

    assert {fresh(order).status, fresh(other).status} == {"completed"}
    assert order.events.last().what == "auto_completed"


# --- codes ------------------------------------------------------------------------------------
def test_request_when_codes_were_shown_then_only_staff_may_refund_them_and_they_become_void(
    member, pieces
):
    sku = key_sku(points=10, keys=5)
    order = place(member, sku, quantity=3)
    asked = refund(order, 1)
    assert (asked.lines.get().restocked, pieces(sku)) == (1, 3)
    delivery.reveal(order, user=member, password=PASSWORD)

    with pytest.raises(KeyAlreadySeen):
        ask(order, 1)
    asked = refund_requests.approve(ask(order, 1, actor="staff:1"), actor="staff:1", restock=True)

    assert (asked.lines.get().restocked, pieces(sku)) == (0, 3)
    assert len(delivery.keys_of(order)) == 1


def test_reveal_when_the_codes_are_asked_to_be_refunded_then_they_are_not_shown(member):
    order = place(member, key_sku(points=10))
    asked = ask(order)

    with pytest.raises(RefundOpen):
        delivery.reveal(order, user=member, password=PASSWORD)
    refund_requests.withdraw(asked, actor=f"member:{member.pk}")

    assert len(delivery.reveal(order, user=member, password=PASSWORD)) == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("\u200b \ufeff", ""), (" broken\u200b at\u3000the handle ", "broken at the handle")],
)
def test_request_when_the_reason_holds_what_nobody_sees_then_kept_as_it_reads(member, typed, kept):
    give_points(member, 10)
    order = place(member, virtual_sku(points=10))
    line = order.lines.get().pk
    again = {"lines": [(line, 1)], "key": "once", "actor": f"member:{member.pk}", "reason": typed}

    asked = refund_requests.request(order, **again)

    assert asked.reason == kept
    assert refund_requests.request(order, **again).replayed
