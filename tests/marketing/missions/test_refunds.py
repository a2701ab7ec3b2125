"""What a refunded order leaves of missions: points, coupon and progress go back to what is kept;
one person begins once.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model

from accounts import events
from accounts.registration import register
from mall.core import clock, kept
from mall.core.events import tell
from marketing import facts
from marketing.draws.errors import NoTicket
from marketing.missions import board
from marketing.missions import counting as missions
from marketing.missions.counting import Fact, claim, lessen, note
from marketing.models import DrawTicket, Mission, MissionFact, MissionProgress
from orders.models import Coupon
from points import budgets, ledger, rules
from points.models import Grant, LedgerEntry, PointAccount, Rule
from tests.conftest import PASSWORD
from tests.factories.coupons import template
from tests.factories.draws import announced, pull
from tests.factories.marketing import MissionFactory
from tests.factories.orders import ask, give_points, pay, place, received, refund, virtual_sku
from tests.scenarios.books import books_close

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books():
    yield
    books_close()


def rewards_of(member):
    found = LedgerEntry.objects.filter(
        account_id=member.pk, reference__startswith="mission:"
    ).order_by("id")
    return list(found.values_list("key", "kind", "delta"))


def progress_of(member):
    return list(
        MissionProgress.objects.filter(user=member)
        .order_by("pk")
        .values_list("mission__code", "count", "paid", "turn")
    )


def bought(member, sku, **words):
    return pay(place(member, sku, **words))


# --- through the shop's own doors ----------------------------------------------------
def test_refund_when_the_whole_order_is_back_then_the_missions_it_completed_are_too(member):
    MissionFactory(code="paid", event="order_paid", points=40)
    MissionFactory(code="spent", event="spend_cash", target=20, points=30)
    order = bought(member, virtual_sku(cash="20.00"))
    assert rewards_of(member) == [
        ("mission:paid:once", "accrue", 40),
        ("mission:spent:once", "accrue", 30),
    ]

    refund(order)

    assert rewards_of(member)[2:] == [
        ("mission:paid:once:back", "clawback", -40),
        ("mission:spent:once:back", "clawback", -30),
    ]
    assert progress_of(member) == [("paid", 0, 0, 2), ("spent", 0, 0, 2)]
    assert PointAccount.objects.get(pk=member.pk).available == 100


def test_refund_when_a_part_is_back_then_yuan_count_for_what_is_kept_and_the_order_still_counts(
    member,
):
    MissionFactory(code="paid", event="order_paid", points=40)
    MissionFactory(code="spent", event="spend_cash", target=100, points=30)
    order = bought(member, virtual_sku(cash="20.00"), quantity=3)

    refund(order, 1)

    assert progress_of(member) == [("paid", 1, 40, 1), ("spent", 40, 0, 1)]
    assert sorted(MissionFact.objects.values_list("event", "amount")) == [
        ("order_paid", 1),
        ("spend_cash", 40),
    ]


def test_refund_when_it_came_in_parts_then_the_last_one_takes_the_rest(member):
    MissionFactory(code="paid", event="order_paid", points=40)
    MissionFactory(code="done", event="order_completed", points=20)
    MissionFactory(code="spent", event="spend_cash", target=50, points=30)
    order = received(bought(member, virtual_sku(cash="20.00"), quantity=3))
    assert progress_of(member) == [("paid", 1, 40, 1), ("spent", 50, 30, 1), ("done", 1, 20, 1)]

    refund(order, 1)
    assert progress_of(member) == [("paid", 1, 40, 1), ("spent", 40, 0, 2), ("done", 1, 20, 1)]
    refund(order)

    assert progress_of(member) == [("paid", 0, 0, 2), ("spent", 0, 0, 2), ("done", 0, 0, 2)]
    assert MissionFact.objects.exclude(event__in=["login", "register"]).count() == 0


def test_refund_when_all_its_points_are_back_then_it_is_no_redemption_any_more(member):
    MissionFactory(code="redeem", event="redeem", points=15)
    give_points(member, 200)
    order = place(member, virtual_sku(points=50))
    assert progress_of(member) == [("redeem", 1, 15, 1)]

    refund(order)

    assert progress_of(member) == [("redeem", 0, 0, 2)]
    assert PointAccount.objects.get(pk=member.pk).available == 300


def test_refund_when_the_reward_is_spent_then_it_is_owed(member):
    MissionFactory(code="paid", event="order_paid", points=40)
    order = bought(member, virtual_sku(cash="20.00"))
    ledger.spend(member.pk, points=130, key="spent", reference="test")

    refund(order)

    account = PointAccount.objects.get(pk=member.pk)
    assert (account.available, account.debt) == (0, 30)


def test_refund_when_a_later_order_stands_then_it_takes_the_place_and_nothing_goes_back(member):
    """Two orders were bought for a mission of one: the second one fulfils it as well as the first
    did.
    """
    MissionFactory(code="paid", event="order_paid", points=40)
    sku = virtual_sku(cash="20.00")
    first, second = bought(member, sku), bought(member, sku)

    refund(first)
    assert (rewards_of(member), progress_of(member)) == (
        [("mission:paid:once", "accrue", 40)],
        [("paid", 1, 40, 1)],
    )
    refund(second)

    assert progress_of(member) == [("paid", 0, 0, 2)]
    assert rewards_of(member)[1:] == [("mission:paid:once:back", "clawback", -40)]


def test_refund_when_a_later_order_had_more_yuan_than_were_needed_then_they_stand_in(member):
    MissionFactory(code="spent", event="spend_cash", target=50, points=30)
    first, second = (
        bought(member, virtual_sku(cash="40.00")),
        bought(member, virtual_sku(cash="35.00")),
    )

    refund(first)

    assert progress_of(member) == [("spent", 35, 0, 2)]
    refund(second)
    assert progress_of(member) == [("spent", 0, 0, 2)]


def test_refund_when_the_reward_was_not_collected_yet_then_there_is_none_to_collect(member):
    MissionFactory(code="tap", event="order_paid", points=40, is_automatic=False)
    order = bought(member, virtual_sku(cash="20.00"))

    refund(order)

    with pytest.raises(missions.MissionNotCompleted):
        claim(member, "tap")
    assert rewards_of(member) == []


def test_refund_when_it_is_only_asked_for_then_nothing_moves(member):
    MissionFactory(code="paid", event="order_paid", points=40)
    order = bought(member, virtual_sku(cash="20.00"))

    ask(order)

    assert progress_of(member) == [("paid", 1, 40, 1)]


# --- the coupon of a reward ---------------------------------------------------------
def test_refund_when_the_reward_was_a_coupon_then_taken_back_and_given_anew_with_the_next_order(
    member,
):
    made = template(total=1)
    MissionFactory(code="gift", event="order_paid", points=0, coupon=made)
    sku = virtual_sku(cash="20.00")

    refund(bought(member, sku))
    assert list(Coupon.objects.values_list("key", "state")) == [("mission:gift:once", "revoked")]
    bought(member, sku)

    assert sorted(Coupon.objects.values_list("key", "state")) == [
        ("mission:gift:once", "revoked"),
        ("mission:gift:once:2", "granted"),
    ]
    made.refresh_from_db()
    assert made.issued == 1


def test_refund_when_the_coupon_was_used_already_then_it_stays_and_no_second_one_comes(member):
    MissionFactory(code="gift", event="order_paid", points=10, coupon=template())
    sku = virtual_sku(cash="20.00")
    order = bought(member, sku)
    coupon = Coupon.objects.get(user=member)
    place(member, sku, coupon=coupon.pk)

    refund(order)
    again = bought(member, sku)

    assert list(Coupon.objects.values_list("key", "state")) == [("mission:gift:once", "locked")]
    assert progress_of(member) == [("gift", 1, 10, 2)]
    assert again.status == "paid"


# --- the verb ------------------------------------------------------------------------
def test_refund_when_the_reward_came_from_a_budget_then_that_gets_it_back_once(member):
    MissionFactory(code="paid", event="order_paid", points=40)
    MissionFactory(code="spent", event="spend_cash", target=20, points=30)
    budget = budgets.set_up("rule:mission", 1_000)
    Rule.objects.filter(code="mission").update(budget=budget)
    kept.forget()
    twice = Rule.objects.create(code="twice", action="multiplier", status="active", name="×2")
    twice.budget = budgets.set_up("rule:twice", 1_000)
    twice.save()
    numbers = {"value": "percent", "percent": 200, "actions": ["mission"]}
    rules.publish(twice, actor="test", **numbers)
    order = bought(member, virtual_sku(cash="20.00"), quantity=2)
    assert [row[2] for row in rewards_of(member)] == [80, 60]
    assert (budgets.of("rule:mission").taken, budgets.of("rule:twice").taken) == (70, 70)

    refund(order, 2)
    missions.bring_in_line([(member.pk, order.reference)], lambda: [])  # told once more

    assert (budgets.of("rule:mission").taken, budgets.of("rule:twice").taken) == (0, 0)
    assert [row[2] for row in rewards_of(member)][2:] == [-80, -60]


def tickets_of(member):
    found = DrawTicket.objects.filter(user=member, source="mission").order_by("pk")
    return [(row.key, row.number, row.revoked_at is None) for row in found]


def test_refund_when_the_tickets_of_a_mission_changed_since_then_all_it_gave_go_back(member):
    draw = announced(free_per_day=0)
    mission = MissionFactory(code="paid", event="order_paid", points=0, tickets=3, ticket_draw=draw)
    order = bought(member, virtual_sku(cash="20.00"))
    mission.tickets, mission.ticket_draw = 0, None
    mission.save()

    refund(order)

    assert [is_left for _key, _number, is_left in tickets_of(member)] == [False] * 3


def test_refund_when_tickets_were_drawn_then_they_stay_and_no_others_come_for_them(member):
    draw = announced(free_per_day=0)
    MissionFactory(code="paid", event="order_paid", points=0, tickets=2, ticket_draw=draw)
    for _turn in range(3):
        order = bought(member, virtual_sku(cash="20.00"))
        if DrawTicket.objects.filter(user=member, number=None, revoked_at=None).exists():
            pull(member, draw)
        refund(order)

    first, second, third = (f"mission:paid:once{turn}:ticket" for turn in ("", ":2", ":3"))
    assert tickets_of(member) == [
        (f"{first}:1", 1, True),
        (f"{first}:2", None, False),
        (f"{second}:2", 2, True),
    ]
    bought(member, virtual_sku(cash="20.00"))
    assert not DrawTicket.objects.filter(key__startswith=third).exists()
    with pytest.raises(NoTicket):
        pull(member, draw)


def test_note_when_a_fact_comes_late_then_as_many_tickets_as_when_it_happened(member):
    draw, then = announced(free_per_day=0), clock.now()
    mission = MissionFactory(code="in", event="checkin", points=0, tickets=2, ticket_draw=draw)
    Mission.objects.filter(pk=mission.pk).update(created_at=then - timedelta(days=1))
    mission.tickets = 5
    mission.save()

    note(member.pk, "checkin", key="checkin:late", at=then)

    assert len(tickets_of(member)) == 2


def test_lessen_when_said_again_then_nothing_more_goes_back(member):
    MissionFactory(code="spent", event="spend_cash", target=100, points=30)
    note(member.pk, "spend_cash", key="order:1", amount=60)

    for _time in range(3):
        lessen(member.pk, [Fact("spend_cash", "order:1", 45)])

    assert progress_of(member) == [("spent", 45, 0, 1)]


def test_lessen_when_more_is_left_than_was_counted_then_nothing_grows(member):
    MissionFactory(code="spent", event="spend_cash", target=100, points=30)
    note(member.pk, "spend_cash", key="order:1", amount=60)

    lessen(member.pk, [Fact("spend_cash", "order:1", 90)])

    assert progress_of(member) == [("spent", 60, 0, 1)]


def test_lessen_when_more_was_spent_than_needed_then_the_surplus_goes_first(member):
    MissionFactory(code="spent", event="spend_cash", target=100, points=30)
    note(member.pk, "spend_cash", key="order:1", amount=160)

    lessen(member.pk, [Fact("spend_cash", "order:1", 100)])
    assert progress_of(member) == [("spent", 100, 30, 1)]
    lessen(member.pk, [Fact("spend_cash", "order:1", 99)])

    assert progress_of(member) == [("spent", 99, 0, 2)]


def test_withdraw_when_two_facts_go_at_once_then_the_second_does_not_stand_in_for_the_first(member):
    MissionFactory(code="paid", event="order_paid", points=40)
    note(member.pk, "order_paid", key="order:1")
    note(member.pk, "order_paid", key="order:2")

    missions.withdraw(member.pk, [Fact("order_paid", "order:1"), Fact("order_paid", "order:2")])

    assert progress_of(member) == [("paid", 0, 0, 2)]
    assert MissionFact.objects.filter(event="order_paid").count() == 0


def test_lessen_when_a_daily_mission_of_another_day_is_full_then_it_gives_nothing_to_this_one(
    member,
):
    MissionFactory(code="day", kind="daily", event="order_paid", points=5)
    note(member.pk, "order_paid", key="order:1", on=date(2026, 11, 20))
    note(member.pk, "order_paid", key="order:2", on=date(2026, 11, 21))
    note(member.pk, "order_paid", key="order:3", on=date(2026, 11, 21))

    lessen(member.pk, [Fact("order_paid", "order:1", 0)])

    rows = list(MissionProgress.objects.order_by("pk").values_list("period", "count", "paid"))
    assert rows == [("2026-11-20", 0, 0), ("2026-11-21", 1, 5)]


# --- one person, one beginning ------------------------------------------------------
@pytest.fixture
def second_account(member):
    """Another account of the member's mailbox."""
    return register(username="again", email="member+again@example.com", password=PASSWORD)


def test_newcomer_when_it_is_a_second_account_of_one_person_then_not_offered_and_not_moved(
    member, second_account
):
    MissionFactory(code="new", kind="newcomer", event="checkin")
    MissionFactory(code="any", event="checkin")

    note(member.pk, "checkin", key="checkin:1")
    note(second_account.pk, "checkin", key="checkin:1")

    assert [item.code for item in board.of(member)] == ["new", "any"]
    assert [item.code for item in board.of(second_account)] == ["any"]
    assert progress_of(second_account) == [("any", 1, 10, 1)]


def test_first_order_when_it_is_a_second_account_of_one_person_then_no_second_bonus(
    member, second_account
):
    sku = virtual_sku(cash="20.00")
    bought(member, sku)
    bought(second_account, sku)

    promised = Grant.objects.order_by("pk").values_list("account_id", "action")
    assert list(promised) == [
        (member.pk, "purchase"),
        (member.pk, "first_order"),
        (second_account.pk, "purchase"),
    ]


def test_profile_and_birthday_when_it_is_a_second_account_of_one_person_then_not_paid_again(
    member, second_account
):
    today = clock.today()
    born = date(1990, today.month, min(today.day, 28))
    get_user_model().objects.update(birthday=born, date_joined=datetime(2020, 1, 1, tzinfo=UTC))
    tell(events.profile_completed(second_account))
    facts.congratulate(on=today.replace(day=born.day))

    paid = LedgerEntry.objects.filter(rule__in=["profile", "birthday"]).values_list(
        "account_id", "rule"
    )
    assert list(paid) == [(member.pk, "birthday")]
