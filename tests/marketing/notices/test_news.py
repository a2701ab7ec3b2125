"""What members are told of facts elsewhere in the shop."""

from datetime import timedelta

import pytest
from django.utils import translation

from mall.core import clock
from mall.core.events import tell
from marketing.models import Notification
from marketing.notices import offers
from marketing.notices.inbox import Kind, inbox
from orders import events, lifecycle
from orders.models import Coupon
from orders.payments import cash_out
from orders.refunds import requests as refund_requests
from points import batches, risk
from points.models import RiskCase
from tests.factories import orders as life
from tests.factories.coupons import template
from tests.factories.points import arrived

pytestmark = pytest.mark.django_db


def kinds(member):
    return list(inbox(member).order_by("pk").values_list("kind", flat=True))


def text_of(member, kind):
    with translation.override("en"):
        return inbox(member).get(kind=kind).wording.text


def test_order_when_paid_with_points_then_payment_and_spending_are_told(member):
    life.give_points(member, 500)
    sku = life.virtual_sku(points=300)

    order = life.place(member, sku)

    assert kinds(member)[:2] == ["order_paid", "points_spent"]
    assert text_of(member, Kind.ORDER_PAID).startswith(f"Order {order.no}. You paid 300 points.")
    assert text_of(member, Kind.POINTS_SPENT) == f"For order {order.no}."


def test_order_when_shipped_then_carrier_and_number_are_told(member):
    sku = life.physical_sku(cash="10.00")
    order = life.pay(life.place(member, sku, address=life.address_of(member)))

    lifecycle.ship(order, actor="staff:1", carrier="SF Express", number="SF123")

    assert "SF Express, number SF123." in text_of(member, Kind.ORDER_SHIPPED)


def test_refund_when_asked_approved_and_settled_then_each_is_told_once(member):
    order = life.pay(life.place(member, life.virtual_sku(cash="10.00")))
    asked = life.ask(order)
    refund_requests.approve(asked, actor="staff:1")
    cash_out.settle_due()
    cash_out.settle_due()

    told = [kind for kind in kinds(member) if "refund" in kind]
    assert told == ["refund_requested", "refund_approved", "order_refunded"]
    assert "¥10.00 came back to you." in text_of(member, Kind.ORDER_REFUNDED)


def test_refund_when_declined_then_the_reason_is_told(member):
    order = life.pay(life.place(member, life.virtual_sku(cash="10.00")))

    refund_requests.reject(life.ask(order), actor="staff:1", note="Opened already.")

    assert "Opened already." in text_of(member, Kind.REFUND_REJECTED)


def test_points_when_purchase_points_arrive_then_told_and_sign_up_is_not(member):
    arrived(member)

    row = inbox(member).get(kind=Kind.POINTS_EARNED)
    assert row.params["action"] == "purchase"
    assert Kind.POINTS_EARNED not in [kind for kind in kinds(member) if kind != row.kind]


def test_case_when_opened_and_released_then_both_are_told(member, operator):
    case = risk.open_case(
        member.pk,
        kind=RiskCase.Kind.MANUAL,
        scope=RiskCase.Scope.EARN,
        key="k",
        note="looks odd",
        actor=operator,
    )
    risk.decide(case, operator=operator, release=True, note="all well")

    assert kinds(member) == ["earning_paused", "earning_resumed"]


@pytest.mark.parametrize(
    ("kind", "scope", "title", "why"),
    [
        ("earned", "earn", "Earning points is paused", "You collected a lot of points in one day"),
        (
            "manual",
            "earn",
            "Earning points is paused",
            "Earning rests while we look at your account.",
        ),
        (
            "manual",
            "spend",
            "Spending points is paused",
            "Spending rests while we look at your account.",
        ),
        (
            "manual",
            "all",
            "Earning and spending points is paused",
            "Your points rest while we look at your account.",
        ),
        (
            "drift",
            "all",
            "Earning and spending points is paused",
            "Our nightly check found something to look at",
        ),
    ],
)
def test_case_when_opened_then_what_is_paused_and_why_is_told_as_on_the_page(
    member, operator, kind, scope, title, why
):
    risk.open_case(member.pk, kind=kind, scope=scope, key="k", note="looks odd", actor=operator)

    with translation.override("en"):
        words = inbox(member).get().wording
    assert (words.title, words.text.startswith(why)) == (title, True)


def test_case_when_upheld_then_told_that_it_stays(member, operator):
    case = risk.pause(member.pk, operator=operator, note="looks odd", scope="spend")
    risk.decide(case, operator=operator, release=False, note="indeed")

    with translation.override("en"):
        words = inbox(member).first().wording
    assert words.title == "Spending points is paused"
    assert (
        words.text
        == "A colleague has had a look, and for now it stays as it is. You can tell us what "
        "happened."
    )


def test_case_when_another_one_stands_then_only_what_is_free_again_is_told(member, operator):
    earn, everything = (
        risk.pause(member.pk, operator=operator, note="looks odd", scope=scope)
        for scope in ("earn", "all")
    )

    risk.decide(earn, operator=operator, release=True, note="well")
    assert Kind.EARNING_RESUMED not in kinds(member)
    spend = risk.pause(member.pk, operator=operator, note="still", scope="spend")
    risk.decide(everything, operator=operator, release=True, note="well")
    risk.decide(spend, operator=operator, release=True, note="well")

    with translation.override("en"):
        told = [
            row.wording.title
            for row in inbox(member).filter(kind=Kind.EARNING_RESUMED).order_by("pk")
        ]
    assert told == ["You can earn points again", "You can spend points again"]


def test_batch_when_undone_then_the_member_is_told_of_both(member, operator):
    file = b"member,points,reason\nmember,300,Sorry for the delay\n"
    batch = batches.post(
        batches.look_over(file, name="f.csv", note="delay", operator=operator), operator=operator
    )
    batches.undo(batch, operator=operator, note="wrong file")

    told = inbox(member).filter(kind=Kind.POINTS_ADJUSTED).order_by("pk")
    assert [row.params for row in told] == [
        {"points": n, "reason": "Sorry for the delay"} for n in (300, -300)
    ]


# --- coupons --------------------------------------------------------------------
def coupon(member, *, source=Coupon.Source.GIVEN, days=30, **fields):
    kind, now = template(name_zh_hans="十元券", name_en="Ten off"), clock.now()
    until = now + timedelta(days=days)
    return Coupon.objects.create(
        user=member,
        template=kind,
        key=f"k{kind.pk}",
        source=source,
        granted_at=now,
        expires_at=until,
        **fields,
    )


def test_coupons_when_given_then_told_in_the_readers_language(member):
    tell(events.coupon_granted(coupon(member)))

    row = inbox(member).get()
    with translation.override("en"):
        assert row.wording.title == "A coupon for you: Ten off"
    with translation.override("zh-hans"):
        assert "十元券" in row.wording.title


def test_coupons_when_bought_then_the_points_they_took_are_told(member):
    bought = coupon(member, source=Coupon.Source.BOUGHT, price_points=50)

    tell(events.coupon_granted(bought))

    assert (kinds(member), text_of(member, Kind.POINTS_SPENT)) == (
        ["points_spent"],
        "For the coupon “Ten off”.",
    )


def test_ending_coupons_when_three_days_are_left_then_told_once(member):
    coupon(member, days=3)
    coupon(member, days=5)

    assert (offers.of_ending_coupons(), offers.of_ending_coupons()) == (1, 0)
    assert Notification.objects.get().kind == Kind.COUPON_EXPIRING
