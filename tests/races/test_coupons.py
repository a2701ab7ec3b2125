"""Many hands at one coupon, one code, one template. On real MariaDB, with the server's deadlock
counter read.

Source: the issue ("one coupon used by 20 parallel orders → once; a 2-use code by 20 → twice"), trap
18 of docs/product.md.
"""

import threading

import pytest

from orders import lifecycle
from orders.coupons import handouts
from orders.coupons import lifecycle as coupons
from orders.coupons.errors import CodeUsedUp, CouponLimitReached, CouponNotUsable, CouponsGone
from orders.models import Coupon, CouponCode, CouponGrant, CouponTemplate, Order
from points.models import LedgerEntry, PointAccount
from tests.factories.coupons import code, given, template
from tests.factories.orders import give_points, place, virtual_sku
from tests.races.test_checkout import (
    forget_facts,
    members,
    orders_of,
    patiently,
    raised,
    wait_without_lock,
)

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("closed_books"),
]


def test_place_when_one_coupon_is_used_by_20_orders_at_once_then_by_exactly_one(
    member, run_threads
):
    coupon, sku = given(member), virtual_sku(cash="20.00", stock=50)

    outcomes = run_threads(20, lambda: patiently(lambda: place(member, sku, coupon=coupon.pk)))

    assert (len(orders_of(outcomes)), len(raised(outcomes, CouponNotUsable))) == (1, 19)
    coupon.refresh_from_db()
    assert (coupon.state, coupon.order_id) == ("locked", Order.objects.get().pk)


def test_place_when_a_2_use_code_is_used_by_20_members_at_once_then_by_exactly_two(run_threads):
    public, sku, racers = code(max_uses=2), virtual_sku(cash="20.00", stock=50), members(20)

    outcomes = run_threads(
        20, lambda n: patiently(lambda: place(racers[n], sku, coupon=public.code))
    )

    assert (len(orders_of(outcomes)), len(raised(outcomes, CodeUsedUp))) == (2, 18)
    assert (
        CouponCode.objects.get().uses
        == Coupon.objects.filter(state="locked").count()
        == Order.objects.count()
        == 2
    )


def test_place_when_one_member_uses_a_code_20_times_at_once_then_as_often_as_one_person_may(
    member, run_threads
):
    public, sku = code(max_uses=20, per_person=2), virtual_sku(cash="20.00", stock=50)

    outcomes = run_threads(20, lambda: patiently(lambda: place(member, sku, coupon=public.code)))

    assert (len(orders_of(outcomes)), len(raised(outcomes, CouponNotUsable))) == (2, 18)
    assert CouponCode.objects.get().uses == 2


def test_cancel_when_sent_10_times_at_once_then_a_codes_use_is_counted_back_once(
    member, run_threads
):
    public, sku = code(max_uses=5, per_person=5), virtual_sku(cash="20.00", stock=50)
    kept, order = place(member, sku, coupon=public.code), place(member, sku, coupon=public.code)

    run_threads(10, lambda: patiently(lambda: lifecycle.cancel(order, actor="test")))

    assert CouponCode.objects.get().uses == 1
    assert dict(Coupon.objects.values_list("order_id", "state")) == {
        kept.pk: "locked",
        order.pk: "revoked",
    }


def test_place_when_codes_are_used_and_given_back_at_once_then_uses_are_the_living_orders(
    run_threads,
):
    public, sku, racers = code(max_uses=6), virtual_sku(cash="20.00", stock=50), members(12)
    held = [place(racers[n], sku, coupon=public.code) for n in range(6)]

    def act(n):
        if n < 6:
            return patiently(lambda: lifecycle.cancel(held[n], actor="test"))
        return patiently(lambda: place(racers[n], sku, coupon=public.code))

    run_threads(12, act)

    living = Order.objects.exclude(status="cancelled").count()
    assert (
        CouponCode.objects.get().uses
        == Coupon.objects.filter(state="locked").count()
        == living
        <= 6
    )


def test_purchase_when_one_key_is_sent_20_times_at_once_then_one_coupon_and_one_price(
    member, run_threads
):
    made = template(price_points=40)

    outcomes = run_threads(
        20, lambda: patiently(lambda: coupons.purchase(member, made.pk, key="once"))
    )

    assert {coupon.pk for coupon in outcomes} == {Coupon.objects.get().pk}
    assert PointAccount.objects.get(pk=member.pk).available == 60
    assert (
        LedgerEntry.objects.filter(kind="spend").count() == CouponTemplate.objects.get().issued == 1
    )


def test_purchase_when_20_members_want_the_last_3_then_three_have_one(run_threads):
    made, racers = template(price_points=40, total=3), members(20)

    outcomes = run_threads(
        20, lambda n: patiently(lambda: coupons.purchase(racers[n], made.pk, key="mine"))
    )

    assert (
        len(raised(outcomes, CouponsGone)),
        Coupon.objects.count(),
        CouponTemplate.objects.get().issued,
    ) == (17, 3, 3)
    assert LedgerEntry.objects.filter(kind="spend").count() == 3


def test_purchase_when_one_member_buys_20_at_once_then_as_many_as_one_person_may(
    member, run_threads
):
    made = template(price_points=10, per_person=2)

    outcomes = run_threads(
        20, lambda n: patiently(lambda: coupons.purchase(member, made.pk, key=f"key-{n}"))
    )

    assert (
        len(raised(outcomes, CouponLimitReached)),
        Coupon.objects.count(),
        CouponTemplate.objects.get().issued,
    ) == (18, 2, 2)


def test_grant_when_one_fact_is_told_20_times_at_once_then_one_coupon(member, run_threads):
    made = template(total=5)

    run_threads(20, lambda: patiently(lambda: coupons.grant(member.pk, made, key="birthday:2026")))

    assert (Coupon.objects.count(), CouponTemplate.objects.get().issued) == (1, 1)


def test_revoke_when_the_coupon_is_used_at_the_same_time_then_one_of_both_happens(
    member, operator, run_threads
):
    sku = virtual_sku(cash="20.00", stock=50)
    mine = [given(member) for _ in range(8)]

    def act(n):
        coupon = mine[n // 2]
        if n % 2:
            return patiently(lambda: place(member, sku, coupon=coupon.pk))
        return patiently(lambda: coupons.revoke(coupon, actor=operator, reason="race"))

    run_threads(16, act)

    states = list(Coupon.objects.values_list("state", flat=True))
    assert set(states) <= {"locked", "revoked"}
    assert states.count("locked") == Order.objects.count()


def test_hand_out_when_4_sweeps_run_while_members_buy_then_once_each_and_within_every_limit(
    operator, run_threads
):
    racers = members(40)
    for user in racers[:8]:
        give_points(user, 10)
    made = template(per_person=1, price_points=10, total=30)
    handouts.BATCH, batch = 5, handouts.BATCH
    try:
        handouts.order(made, segment="all", numbers={}, actor=operator, key="once")

        def act(n):
            if n < 4:
                return patiently(handouts.carry_on)
            return patiently(lambda: coupons.purchase(racers[n - 4], made.pk, key="mine"))

        run_threads(12, act)
        handouts.carry_on()
    finally:
        handouts.BATCH = batch

    holders = list(Coupon.objects.values_list("user_id", flat=True))
    assert len(holders) == len(set(holders)) == CouponTemplate.objects.get().issued == 30


def test_harness_when_the_members_lock_is_off_then_a_limit_breaks_and_one_coupon_does_not(
    member, run_threads, monkeypatch
):
    """T0: without the mutex two tabs count the same uses, so the races above are able to fail; a
    coupon's own row still referees.
    """
    sku, public, coupon = (
        virtual_sku(cash="20.00", stock=64),
        code(max_uses=64, per_person=1),
        given(member),
    )

    wait_without_lock(monkeypatch, threading.Barrier(8))
    by_code = run_threads(8, lambda n: place(member, sku, coupon=public.code))
    by_coupon = run_threads(8, lambda n: place(member, sku, coupon=coupon.pk))

    forget_facts()
    assert len(orders_of(by_code)) > 1
    assert len(orders_of(by_coupon)) == 1


def test_hand_out_when_pressed_8_times_at_once_then_one_is_ordered(operator, run_threads):
    made = template()

    outcomes = run_threads(
        8,
        lambda: patiently(
            lambda: handouts.order(made, segment="all", numbers={}, actor=operator, key="once")
        ),
    )

    assert {grant.pk for grant in outcomes} == {CouponGrant.objects.get().pk}
