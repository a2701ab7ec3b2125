"""What somebody tries who wants points for nothing, across the rooms: each way in ends with books
that close.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import transaction

from accounts import closing, profile
from accounts.models import User
from accounts.registration import register
from catalog.errors import KeyAlreadySeen
from catalog.models import Review
from mall.core import clock
from marketing import facts
from marketing.missions import board
from marketing.models import Mission, MissionProgress
from orders import delivery, lifecycle
from orders.coupons import lifecycle as coupons
from orders.models import Coupon, Order, RefundRequest
from orders.refunds import requests as refund_requests
from orders.refunds.errors import OwnOrder
from orders.reviews import lines as reviews
from orders.reviews.errors import LineReturned
from points import batches
from points.adjustments import OwnAccount
from points.models import Adjustment, AdjustmentBatch, Grant, LedgerEntry, PointAccount
from tests.conftest import PASSWORD
from tests.factories import coupons as paper
from tests.factories import orders as life
from tests.factories.marketing import MissionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_close")]
EARNED_ONCE = ("profile", "birthday", "first_order", "mission")


def available(member):
    return PointAccount.objects.get(pk=member.pk).available


def bought(member, *, cash="100.00", quantity=1, shipped=True):
    """A paid order of one line, received unless told otherwise."""
    sku = life.virtual_sku(cash=cash)
    order = life.pay(life.place(member, sku, quantity=quantity))
    return Order.objects.get(pk=life.received(order).pk) if shipped else order


def rewarded(member, mission):
    return list(
        MissionProgress.objects.filter(user=member, mission=mission).values_list("count", "paid")
    )


# --- missions: buy, collect, send back -------------------------------------------------
@pytest.mark.parametrize("event", ["order_paid", "order_completed", "spend_cash"])
def test_mission_when_the_order_is_refunded_whole_then_its_reward_goes_back(member, event):
    mission = MissionFactory(code="buy", event=event, points=40)
    before = available(member)
    order = bought(member)
    assert available(member) == before + 40

    life.refund(order)

    assert (available(member), rewarded(member, mission)) == (before, [(0, 0)])


def test_mission_when_bought_and_sent_back_three_times_then_nothing_is_earned(member):
    MissionFactory(code="buy", event="order_paid", points=40)
    before = available(member)

    for _time in range(3):
        life.refund(bought(member))

    assert available(member) == before


def test_mission_when_only_a_part_is_kept_then_spending_counts_that_part(member):
    mission = MissionFactory(code="spend", event="spend_cash", target=100, points=40)
    before = available(member)
    order = bought(member, cash="50.00", quantity=3)
    assert rewarded(member, mission) == [(100, 40)]

    life.refund(order, 1)
    assert (available(member), rewarded(member, mission)) == (before + 40, [(100, 40)])
    life.refund(order, 1)
    assert (available(member), rewarded(member, mission)) == (before, [(50, 0)])
    bought(member, cash="50.00")

    assert (available(member), rewarded(member, mission)) == (before + 40, [(100, 40)])


def test_mission_when_the_points_of_an_order_are_back_then_it_redeemed_nothing(member):
    mission = MissionFactory(code="redeem", event="redeem", points=40)
    life.give_points(member, 100)
    pieces = [life.virtual_sku(points=50), life.virtual_sku(cash="9.00")]
    order = life.pay(life.place(member, *pieces))
    assert rewarded(member, mission) == [(1, 40)]

    life.refund(order, 1, 0)

    assert rewarded(member, mission) == [(0, 0)]


@pytest.mark.parametrize("undo", ["cancel", "refund"])
def test_mission_when_its_coupon_is_unused_then_it_goes_back_with_the_order(member, undo):
    MissionFactory(code="buy", event="order_paid", points=0, coupon=paper.template())
    order = bought(member, shipped=False)
    assert Coupon.objects.get(user=member).state == Coupon.State.GRANTED

    life.refund(order) if undo == "refund" else lifecycle.cancel(order, actor=f"member:{member.pk}")
    assert Coupon.objects.get(user=member).state == Coupon.State.REVOKED
    bought(member)

    assert list(
        Coupon.objects.filter(user=member).order_by("pk").values_list("state", flat=True)
    ) == ["revoked", "granted"]


def test_mission_when_its_coupon_was_used_then_no_second_one_comes(member):
    MissionFactory(code="buy", event="order_paid", points=0, coupon=paper.template())
    first = bought(member, shipped=False)
    life.pay(
        life.place(
            member, life.virtual_sku(cash="50.00"), coupon=Coupon.objects.get(user=member).pk
        )
    )

    lifecycle.cancel(first, actor=f"member:{member.pk}")
    bought(member)

    assert Coupon.objects.filter(user=member).count() == 1


# --- one person, many accounts ------------------------------------------------------
def settle_in(member):
    """Do what a newcomer is paid for: a profile, a birthday today, a first order, a newcomers'
    mission.
    """
    EmailAddress.objects.filter(user=member).update(verified=True)
    profile.change_profile(
        member,
        nickname="小满",
        birthday=date(1990, clock.today().month, min(clock.today().day, 28)),
    )
    # said on the day itself it would pay a year later
    User.objects.filter(pk=member.pk).update(birthday_set_on=clock.today() - timedelta(days=1))
    facts.congratulate(on=date(clock.today().year, clock.today().month, min(clock.today().day, 28)))
    bought(member)


def earned(member):
    """What was paid or promised for being new."""
    paid = LedgerEntry.objects.filter(account_id=member.pk, rule__in=EARNED_ONCE).values_list(
        "rule", flat=True
    )
    return {
        *paid,
        *Grant.objects.filter(account_id=member.pk, action__in=EARNED_ONCE).values_list(
            "action", flat=True
        ),
    }


@pytest.fixture
def welcome_mission():
    return MissionFactory(code="welcome", kind=Mission.Kind.NEWCOMER, event="profile", points=30)


@pytest.mark.parametrize("leaves", [True, False], ids=["came back", "beside the first"])
def test_person_when_a_second_account_is_opened_then_newcomers_gifts_come_once(
    leaves, welcome_mission, time_machine_noon
):
    first = register(username="first", email="lili@example.com", password=PASSWORD)
    settle_in(first)
    assert earned(first) == set(EARNED_ONCE)
    if leaves:
        closing.close(first)

    second = register(
        username="second",
        email="lili@example.com" if leaves else "Lili+2@example.com",
        password=PASSWORD,
    )
    settle_in(second)

    assert earned(second) == set()
    assert available(second) == 0
    assert board.of(second) == []


@pytest.fixture
def time_machine_noon():
    with time_machine.travel("2026-11-20T12:00:00+08:00", tick=False):
        yield


# --- reviews ---------------------------------------------------------------------------
def test_review_when_the_line_was_refunded_then_nothing_is_left_to_review(member):
    order = bought(member)
    line = order.lines.get()
    life.refund(order)

    with pytest.raises(LineReturned):
        reviews.write(
            member,
            no=order.no,
            line=line.pk,
            stars=5,
            text="Paid for by somebody else, so very good.",
        )

    assert list(reviews.waiting_lines(member)) == []
    assert reviews.rows_of(order, list(order.lines.all())) == []
    assert not Review.objects.exists()


def test_review_when_a_piece_is_kept_then_it_may_be_reviewed(member):
    order = bought(member, quantity=2)
    life.refund(order, 1)

    reviews.write(
        member,
        no=order.no,
        line=order.lines.get().pk,
        stars=4,
        text="One went back, the other one is fine.",
    )

    assert Review.objects.count() == 1


# --- colleagues who are shoppers -------------------------------------------------------
@pytest.fixture
def clerk(other_member):
    other_member.is_staff = other_member.is_superuser = True
    other_member.save()
    return other_member


def test_refund_when_the_order_is_the_operators_own_then_a_colleague_decides(clerk):
    asked = life.ask(bought(clerk), actor=f"staff:{clerk.pk}")

    with pytest.raises(OwnOrder):
        refund_requests.approve(asked, actor=f"staff:{clerk.pk}", at_fault=True)
    with pytest.raises(OwnOrder):
        refund_requests.reject(asked, actor=f"staff:{clerk.pk}", note="no")

    assert RefundRequest.objects.get().status == RefundRequest.Status.REQUESTED
    refund_requests.approve(asked, actor="staff:999")


def test_cancel_when_staff_saw_the_codes_of_an_own_order_then_refused_as_any_shopper(clerk):
    key, parcel = life.key_sku(cash="10.00"), life.physical_sku(cash="10.00")
    order = life.pay(life.place(clerk, key, parcel, address=life.address_of(clerk)))
    delivery.reveal(order, user=clerk, password=PASSWORD)

    with pytest.raises(KeyAlreadySeen), transaction.atomic():
        lifecycle.cancel(order, actor=f"staff:{clerk.pk}")


def test_undo_when_a_line_is_the_operators_own_then_refused(clerk, member):
    boss = register(username="boss", email="boss@example.com", password=PASSWORD)
    life.give_points(clerk, 500)
    lines = f"member,points,reason\n{clerk.username},-300,Fine\n{member.username},10,Sorry\n"
    batch = batches.look_over(lines.encode(), name="fines.csv", note="fines", operator=boss)
    batch = batches.post(batch, operator=boss)
    before = available(clerk)

    with pytest.raises(OwnAccount):
        batches.undo(batch, operator=clerk, note="mine again")

    assert available(clerk) == before
    assert AdjustmentBatch.objects.get().status == AdjustmentBatch.Status.POSTED
    assert Adjustment.objects.filter(undo_seq__isnull=False).count() == 0


# --- coupons ------------------------------------------------------------------------
def test_coupon_when_it_pays_everything_then_paid_at_once_and_nothing_is_earned_by_the_yuan(member):
    coupon = paper.given(member, amount="50.00")

    order = life.place(member, life.virtual_sku(cash="20.00"), coupon=coupon.pk)

    assert (order.status, order.cash, order.pay_by) == (Order.Status.PAID, Decimal(0), None)
    assert not Grant.objects.filter(
        account_id=member.pk, action__in=["purchase", "repurchase"]
    ).exists()
    assert Coupon.objects.get().state == Coupon.State.USED
    life.refund(order)
    assert Coupon.objects.get().state == Coupon.State.GRANTED


@pytest.mark.parametrize("quantity", [1, 3, 7])
def test_coupon_when_refunded_piece_by_piece_then_the_sum_is_what_was_paid_to_the_fen(
    member, quantity
):
    goods = [
        life.virtual_sku(cash="3.33"),
        life.virtual_sku(cash="0.01"),
        life.virtual_sku(cash="19.99", points=7),
    ]
    life.give_points(member, 1000)
    coupon = paper.given(member, percent=33)
    order = life.pay(life.place(member, *goods, quantity=quantity, coupon=coupon.pk))

    for place in range(3):
        for _piece in range(quantity):
            life.refund(order, *[int(place == n) for n in range(3)])

    row = Order.objects.get(pk=order.pk)
    assert (row.refunded_cash, row.refunded_points) == (row.cash, row.points)
    assert sum(asked.cash for asked in row.refund_requests.all()) == row.cash
    assert Coupon.objects.get().state == Coupon.State.GRANTED


def test_coupon_when_it_expires_while_the_order_waits_then_paying_works_and_cancelling_ends_it(
    member,
):
    coupon = paper.given(member)
    paid, dropped = (
        life.place(member, life.virtual_sku(cash="20.00"), coupon=coupon.pk),
        paper.given(member),
    )
    left = life.place(member, life.virtual_sku(cash="20.00"), coupon=dropped.pk)
    Coupon.objects.update(expires_at=clock.now() - timedelta(days=1))

    life.pay(paid)
    lifecycle.cancel(left, actor=f"member:{member.pk}")
    coupons.expire_due(clock.now())

    assert dict(Coupon.objects.values_list("pk", "state")) == {
        coupon.pk: "used",
        dropped.pk: "expired",
    }
