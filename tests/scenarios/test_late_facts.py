"""Listeners commute: what follows from a fact is the same late, twice, and in any order, as inside
the fact's own transaction (docs/decisions/0033-listeners-commute.md).
"""

import json
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.registration import note_sign_in
from mall.core import clock, events
from marketing.missions import counting as missions
from marketing.missions import programme
from marketing.models import DailyActivity, Mission, MissionProgress
from orders import lifecycle
from orders.models import Coupon
from points import maturing, rules
from points.models import Grant, LedgerEntry, Rule
from tests.factories.coupons import template
from tests.factories.marketing import MissionFactory
from tests.factories.orders import pay, place, received, refund, virtual_sku
from tests.listening import withheld
from tests.scenarios.books import books_close
from tests.scenarios.evening import EVENING, numbered, standing

pytestmark = pytest.mark.django_db
FRIDAY, SATURDAY = date(2026, 12, 4), date(2026, 12, 5)
NEXT_DAY = EVENING + timedelta(hours=9)


def deliver(told, *, size=1):
    """Let what follows from facts follow, so many together in a transaction as a sweep would."""
    for batch in batched(told, size):
        with transaction.atomic():
            events.hand_over(batch)


def batched(told, size):
    told = list(told)
    return (told[start : start + size] for start in range(0, len(told), size))


def bonuses(member):
    """Return what stands of the promises, as (how-manieth order, action, points left)."""
    names = numbered(member)
    found = Grant.objects.filter(account_id=member.pk).order_by("pk")
    return sorted((names[one.reference], one.action, one.left) for one in found if one.left)


# --- the first order ------------------------------------------------------------------
def test_first_order_when_three_are_paid_before_delivery_then_one_bonus_and_two_repurchases(
    member, at
):
    sku = virtual_sku(cash="20.00")
    with withheld() as told:
        for minute in range(3):
            at(minute)
            pay(place(member, sku))

    deliver(reversed(told))

    assert bonuses(member) == [
        ("order 1", "first_order", 100),
        ("order 1", "purchase", 20),
        ("order 2", "purchase", 20),
        ("order 2", "repurchase", 50),
        ("order 3", "purchase", 20),
        ("order 3", "repurchase", 50),
    ]
    books_close()


def test_first_order_when_the_first_was_cancelled_before_the_second_then_that_has_the_bonus(
    member, at
):
    sku = virtual_sku(cash="20.00")
    with withheld() as told:
        first = pay(place(member, sku))
        at(1)
        lifecycle.cancel(first, actor="staff:1")
        at(2)
        pay(place(member, sku))

    deliver(told)

    assert bonuses(member) == [("order 2", "first_order", 100), ("order 2", "purchase", 20)]
    books_close()


def test_first_order_when_it_is_cancelled_after_the_second_then_as_when_heard_at_once(member, at):
    """Nobody begins twice: the bonus goes with the order that had it, heard before or after."""
    sku = virtual_sku(cash="20.00")
    with withheld() as told:
        first = pay(place(member, sku))
        at(1)
        pay(place(member, sku))
        at(2)
        lifecycle.cancel(first, actor="staff:1")

    deliver(told)

    assert bonuses(member) == [("order 2", "purchase", 20), ("order 2", "repurchase", 50)]
    books_close()


# --- what became of the order meanwhile -----------------------------------------------
def test_promise_when_the_order_was_cancelled_before_it_is_heard_then_none_is_kept(member, at):
    with withheld() as told:
        order = pay(place(member, virtual_sku(cash="20.00")))
        at(1)
        lifecycle.cancel(order, actor="staff:1")

    deliver([*reversed(told), *told])

    assert bonuses(member) == []
    books_close()


def test_promise_when_heard_after_the_goods_arrived_then_it_matures_all_the_same(member, at):
    with withheld() as told:
        order = pay(place(member, virtual_sku(cash="20.00")))
        at(1)
        received(order)

    deliver(reversed(told))
    at(8 * 24 * 60)
    arrived = maturing.mature_due()

    assert (arrived.grants, arrived.points) == (2, 120)
    books_close()


def test_promise_when_a_part_was_refunded_before_it_is_heard_then_the_rest_is_promised(member, at):
    with withheld() as told:
        order = pay(place(member, virtual_sku(cash="20.00"), quantity=3))
        at(1)
        refund(order, 1)

    deliver(told)

    assert bonuses(member) == [("order 1", "first_order", 100), ("order 1", "purchase", 40)]
    refund(order)
    assert bonuses(member) == []
    books_close()


def test_coupon_when_its_order_was_cancelled_before_it_is_heard_then_the_member_has_it(member, at):
    coupon = Coupon.objects.create(
        user=member,
        template=template(),
        key="gift",
        granted_at=clock.now(),
        expires_at=clock.now() + timedelta(days=30),
    )
    with withheld() as told:
        order = pay(place(member, virtual_sku(cash="200.00"), coupon=coupon.pk))
        at(1)
        lifecycle.cancel(order, actor="staff:1")

    deliver(reversed(told))

    coupon.refresh_from_db()
    assert (coupon.state, coupon.order_id) == ("granted", None)


# --- before midnight, heard after it --------------------------------------------------
def test_paid_when_a_second_before_midnight_and_heard_after_rules_changed_then_as_it_was_paid(
    member, at, after_midnight
):
    MissionFactory(code="day", kind="daily", event="order_paid", points=5)
    MissionFactory(code="once", event="spend_cash", target=15, points=30)
    with withheld() as told:
        at(10 - 1 / 60)
        pay(place(member, virtual_sku(cash="20.00")))

    after_midnight()
    deliver(told)

    assert bonuses(member) == [("order 1", "first_order", 100), ("order 1", "purchase", 20)]
    assert set(Grant.objects.values_list("on", flat=True)) == {FRIDAY}
    rows = MissionProgress.objects.order_by("pk").values_list("period", "count", "target", "paid")
    assert list(rows) == [("2026-12-04", 1, 1, 5), ("once", 15, 15, 30)]
    books_close()


def test_paid_when_a_mission_was_opened_after_it_then_it_counts_for_nothing(member, at):
    mission = MissionFactory(code="day", event="order_paid", status=Mission.Status.DRAFT)
    with withheld() as told:
        pay(place(member, virtual_sku(cash="20.00")))

    at(30)
    programme.change_status(mission, Mission.Status.ACTIVE, actor=None)
    deliver(told)

    assert not MissionProgress.objects.exists()


def test_sign_in_when_heard_after_midnight_then_it_belongs_to_its_day(member, at):
    MissionFactory(code="day", kind="daily", event="login", points=5)
    with withheld() as told:
        note_sign_in(member)

    at(60)
    deliver(told)

    assert DailyActivity.objects.get(user=member, action="sign_in").on == FRIDAY
    assert MissionProgress.objects.get().period == "2026-12-04"


def test_limit_when_two_orders_fill_it_before_midnight_then_the_third_finds_it_empty_the_next_day(
    member, at
):
    """A rule's slots are those of the day on which the fact happened."""
    rule = Rule.objects.get(code="purchase")
    numbers = {**rules.numbers_of(rule.versions.first()), "per_day": 2}
    rules.publish(rule, actor="staff:1", **numbers)
    sku = virtual_sku(cash="20.00")
    with withheld() as told:
        for minute in (1, 2, 3, 11):
            at(minute)
            pay(place(member, sku))

    at(60)
    deliver(told)

    days = Grant.objects.filter(action="purchase").order_by("pk").values_list("on", flat=True)
    assert list(days) == [FRIDAY, FRIDAY, SATURDAY]


def test_points_when_they_would_be_dead_by_the_time_they_are_heard_of_then_good_for_that_day(
    member, at
):
    """A rule whose points live to the end of the year, on its last evening."""
    rule = Rule.objects.get(code="mission")
    numbers = {**rules.numbers_of(rule.versions.first()), "validity": "year_end"}
    rules.publish(rule, actor="staff:1", **numbers)
    MissionFactory(code="once", event="login", points=30)
    at(27 * 24 * 60)
    with withheld() as told:
        note_sign_in(member)

    at(27 * 24 * 60 + 60)
    deliver(told)

    assert clock.today() == date(2027, 1, 1)
    entry = LedgerEntry.objects.get(rule="mission")
    assert (entry.delta, entry.alloc["lots"]) == (30, [["2027-01-01", 30]])


# --- missions in any order ------------------------------------------------------------
def test_chain_when_the_second_step_is_heard_first_then_it_counts_once_the_first_is_done(
    member, at
):
    first = MissionFactory(code="first", event="checkin", points=5)
    MissionFactory(code="second", kind="chain", event="share", prerequisite=first, points=7)

    missions.note(member.pk, "share", key="share:1", at=EVENING)
    missions.note(member.pk, "share", key="share:2", at=EVENING + timedelta(minutes=2))
    missions.note(member.pk, "checkin", key="c:1", at=EVENING + timedelta(minutes=1))

    rows = MissionProgress.objects.order_by("pk").values_list("mission__code", "count", "paid")
    assert list(rows) == [("first", 1, 5), ("second", 1, 7)]
    assert MissionProgress.objects.get(mission__code="second").completed_at == EVENING + timedelta(
        minutes=2
    )


def test_mission_when_it_was_changed_between_two_facts_then_the_first_decides_heard_last(
    member, at
):
    mission = MissionFactory(code="once", event="share", target=2, points=10)
    at(5)
    mission.target, mission.points = 1, 50
    mission.save()
    at(9)

    missions.note(member.pk, "share", key="share:2", at=EVENING + timedelta(minutes=6))
    missions.note(member.pk, "share", key="share:1", at=EVENING + timedelta(minutes=1))

    row = MissionProgress.objects.get()
    assert (row.count, row.target, row.points, row.paid) == (2, 2, 10, 10)


# --- everything, in every order -------------------------------------------------------
def test_listeners_when_events_come_late_in_any_order_and_twice_then_the_same_rows(evenings):
    oracle, member, told = evenings
    assert len(told) >= 13

    @settings(
        max_examples=10,
        phases=[Phase.generate],  # each example is forty deliveries: no hundreds of them to shrink
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.permutations([*range(len(told))] * 2), st.sampled_from([1, 5, len(told) * 2]))
    def in_this_order(order, size):
        with transaction.atomic():
            deliver([told[number] for number in order], size=size)
            found = standing(member)
            transaction.set_rollback(True)
        assert found == oracle

    in_this_order()
    deliver(told)
    assert standing(member) == oracle
    books_close()


def test_events_when_told_then_they_hold_plain_values_that_need_not_be_forgotten(evenings):
    _oracle, member, told = evenings

    for event in told:
        assert json.loads(json.dumps(event.data)) == event.data
        assert event.member == member.pk
        assert event.at.tzinfo is not None
        said = json.dumps(event.data, ensure_ascii=False)
        assert member.email not in said and member.username not in said
