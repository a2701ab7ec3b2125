"""Conditions, multipliers, tiers and budgets: what a fact is worth under several rules."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mall import verification
from points import (
    budgets,
    conditions,
    grants,
    ledger,
    making,
    maturing,
    rulebook,
    rules,
    set_aside,
    wording,
)
from points.models import Grant, LedgerEntry, MemberTier, Rule, TierLevel
from points.models.rules import MULTIPLIER
from points.rules import Thing
from tests.factories.points import in_tier, member_with

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 4, tzinfo=UTC)
TEA, GREEN, CUPS = 1, 2, 3


@pytest.fixture(autouse=True)
def _friday():
    with time_machine.travel(FRIDAY, tick=False):
        yield


@pytest.fixture
def v4():
    return in_tier(member_with(), 4)


def a_rule(code, action=MULTIPLIER, *, budget=None, **numbers):
    words = {name: numbers.pop(name) for name in ("priority", "status") if name in numbers}
    words = {"status": "active", "name": code, **words}
    numbers = {"value": "percent" if action == MULTIPLIER else "fixed", **numbers}
    rule = Rule.objects.create(code=code, action=action, **words)
    if budget:
        rule.budget = budgets.set_up(rulebook.budget_code(rule), budget)
        rule.save()
    rules.publish(rule, actor="test", **numbers)
    return rule


def checked_in(member, key="checkin:2026-11-20", **words):
    entry = rules.award(member.pk, "checkin", key=key, step=1, **words)
    return entry and entry.delta


# --- what multiplies what ---------------------------------------------------------------
def test_award_when_tier_and_multiplier_meet_then_they_multiply_and_the_entry_says_so(v4):
    a_rule("friday", percent=200, weekdays=[5], tier_from=3, actions=["checkin"])

    entry = rules.award(v4.pk, "checkin", key="checkin:2026-11-20", step=1)

    names = {"friday": "Friday tea"}
    assert (entry.delta, entry.rule, entry.rule_version) == (48, "checkin", 1)
    assert wording.formula_of(entry, names) == "20 × 1.2 (V4) × 2 (Friday tea)"
    assert LedgerEntry.objects.get(pk=entry.pk).alloc["made"] == [
        ["20", [["tier", 4, 120], ["friday", 1, 200]], ""]
    ]


def offered(member, step=1):
    row = MemberTier.objects.filter(pk=member.pk).first()
    return rules.offer("checkin", member.pk, tier=row)(step=step)


@pytest.mark.django_db(transaction=True)
def test_offer_when_two_stand_on_two_tiers_then_each_is_told_their_own_again_and_again():
    first, fourth = in_tier(member_with(), 1), in_tier(member_with(), 4)

    told = [(offered(first), offered(fourth), offered(fourth, step=2)) for _turn in range(2)]

    assert told == [(20, 24, 30)] * 2


@pytest.mark.django_db(transaction=True)
def test_offer_when_a_rule_or_a_tier_is_edited_then_the_next_one_asked_is_told(v4):
    before = offered(v4)

    a_rule("double", percent=200, actions=["checkin"])
    doubled = offered(v4)
    TierLevel.objects.filter(level=4).update(earn_percent=150)
    raised = offered(v4)
    Rule.objects.filter(code="double").update(status=Rule.Status.PAUSED)

    assert (before, doubled, raised, offered(v4)) == (24, 48, 60, 30)


@pytest.mark.django_db(transaction=True)
def test_offer_when_a_rule_asks_who_then_nobody_is_told_what_another_gets(v4):
    other = in_tier(member_with(), 4)
    a_rule("more", percent=200, first_time=True, actions=["checkin"])
    before = offered(v4), offered(other)

    checked_in(v4)

    assert (before, offered(v4), offered(other)) == ((48, 48), 24, 48)


@pytest.mark.parametrize(
    ("numbers", "points"),
    [
        ({"weekdays": [6]}, 24),
        ({"tier_from": 5}, 24),
        ({"tier_to": 3}, 24),
        ({"actions": ["review"]}, 24),
        ({"amount_min": Decimal(1)}, 24),
        ({"categories": [TEA]}, 24),
        ({"segment": "nobody"}, 24),
        ({"segment": "regulars"}, 48),
        ({"first_time": True}, 48),
        ({}, 48),
    ],
)
def test_award_when_a_multiplier_asks_for_something_then_only_who_has_it_gets_more(
    v4, numbers, points, monkeypatch
):
    answer = lambda code, members, at: set(members) if code == "regulars" else set()  # noqa: E731
    monkeypatch.setattr(conditions.IN_SEGMENT, "answers", [answer])
    a_rule("more", percent=200, **numbers)

    assert checked_in(v4) == points


def test_award_when_it_is_not_the_first_time_then_no_bonus_for_that(v4):
    a_rule("begin", percent=200, first_time=True, actions=["checkin"])

    first = checked_in(v4)
    with time_machine.travel(FRIDAY + timedelta(days=1), tick=False):
        second = checked_in(v4, "checkin:2026-11-21")

    assert (first, checked_in(v4), second) == (48, 48, 24)  # a repeat is the first entry


@pytest.mark.parametrize(
    ("others", "points"),
    [
        ([("a", 200, False, 1), ("b", 300, False, 2)], 40),
        ([("a", 200, False, 2), ("b", 300, False, 1)], 60),
        ([("a", 200, True, 1), ("b", 300, True, 2)], 120),
        ([("a", 200, True, 1), ("b", 300, False, 2), ("c", 150, True, 3)], 60),
        ([("a", 200, False, 1), ("b", 300, True, 2), ("c", 150, True, 3)], 40),
    ],
)
def test_award_when_multipliers_meet_then_priority_and_stacking_decide(others, points):
    member = member_with()
    for code, percent, stackable, priority in others:
        a_rule(code, percent=percent, stackable=stackable, priority=priority)

    assert checked_in(member) == points


def test_award_when_an_action_is_a_gift_then_tiers_and_unnamed_multipliers_leave_it(v4):
    a_rule("all", percent=300)
    a_rule("gift", percent=200, actions=["register"], priority=1)

    register = rules.award(v4.pk, "register", key="register")
    profile = rules.award(v4.pk, "profile", key="profile")

    assert (register.delta, profile.delta) == (200, 30)


def test_award_when_a_rule_that_pays_is_for_some_tiers_then_the_others_get_the_next(v4):
    a_rule("high", "checkin", points=100, tier_from=4, priority=1, with_tier=False)

    assert (checked_in(v4), checked_in(member_with())) == (100, 20)
    assert rules.preview("checkin", step=1) == 20
    assert rules.preview("checkin", step=1, user_id=v4.pk) == 100


def test_award_when_a_rule_changes_then_what_happened_before_is_worth_what_it_was(v4):
    rule = a_rule("friday", percent=200)
    with time_machine.travel(FRIDAY + timedelta(hours=1), tick=False):
        rules.publish(rule, actor="test", value="percent", percent=500)
        before = checked_in(v4, at=FRIDAY)

    assert before == 48


@pytest.mark.parametrize(
    "parts",
    [
        [("20", (120, 200))],
        [("19.99", (150,)), ("0.02", (300,)), ("7", ())],
        [("333", (101, 133, 250))],
    ],
)
def test_costs_when_added_up_then_the_points_and_written_parts_read_the_same(parts):
    made = [
        making.Part(
            Fraction(base),
            tuple(making.Factor(f"r{n}", 1, percent) for n, percent in enumerate(percents)),
            str(place),
        )
        for place, (base, percents) in enumerate(parts)
    ]

    assert sum(making.costs(made).values()) == making.points_of(made)
    assert making.of_rows(making.as_rows(made)) == made
    assert making.left_of(made, {}, Fraction(1)) == 0


# --- budgets --------------------------------------------------------------------
def test_award_when_the_multipliers_budget_runs_out_then_the_rule_alone_pays():
    a_rule("double", percent=200, budget=50, actions=["checkin"])

    paid = [checked_in(member_with()) for _ in range(4)]

    budget = budgets.of("rule:double")
    assert paid == [40, 40, 20, 20]
    assert (budget.taken, budget.paused_at) == (40, FRIDAY)


def test_award_when_a_rules_budget_runs_out_then_the_next_rule_pays():
    a_rule("festival", "checkin", points=50, priority=1, budget=100)

    batch = [rules.Award(member_with().pk, "checkin", "k", FRIDAY, step=1) for _ in range(3)]
    paid = [entry.delta for entry in rules.award_all(batch)]
    again = [entry.delta for entry in rules.award_all(batch)]

    assert (paid, again) == ([50, 50, 20], [50, 50, 20])  # a repeat takes nothing
    assert budgets.of("rule:festival").taken == 100


def test_award_when_a_limit_refuses_then_the_budget_keeps_its_points():
    a_rule("once", "praise", points=30, per_day=1, budget=100)
    member = member_with()

    batch = [rules.Award(member.pk, "praise", f"p{n}", FRIDAY) for n in range(3)]
    paid = [entry and entry.delta for entry in rules.award_all(batch)]

    assert (paid, budgets.of("rule:once").taken) == ([30, None, None], 30)


def test_award_when_the_account_is_paused_then_the_budget_waits_and_gets_back_what_is_dropped():
    a_rule("praise", "praise", points=30, per_day=9, budget=100)
    member = member_with()
    ledger.freeze(member.pk, note="risk")

    rules.award(member.pk, "praise", key="p1")
    waiting = budgets.of("rule:praise").taken
    set_aside.drop(member.pk)

    assert (waiting, budgets.of("rule:praise").taken) == (30, 0)


def test_award_when_counted_then_a_tier_costs_no_statement_and_a_budget_two():
    def statements(key):
        member = in_tier(member_with(), 4)
        with CaptureQueriesContext(connection) as caught:
            checked_in(member, key)
        # what is kept in the process is read anew while a transaction changes it, as this test does
        kept = ("points_ruleversion", "points_tierlevel")
        return len([one for one in caught if not any(table in one["sql"] for table in kept)])

    TierLevel.objects.update(earn_percent=100)
    plain = statements("a")
    TierLevel.objects.filter(level=4).update(earn_percent=120)
    a_rule("friday", percent=200, actions=["checkin"])
    multiplied = statements("b")
    a_rule("more", percent=200, actions=["checkin"], budget=100, priority=1)
    with_budget = statements("c")

    assert (multiplied, with_budget) == (plain, plain + 2)  # what is under the key, and the update


def test_award_when_the_rules_budget_is_a_campaigns_then_that_is_taken_from():
    campaign = budgets.set_up("campaign:3", 50)
    for code in ("one", "two"):
        rule = a_rule(code, percent=200, stackable=True, actions=["checkin"])
        if code == "one":
            Rule.objects.filter(pk=rule.pk).update(budget=campaign)

    paid = [checked_in(member_with()) for _ in range(4)]

    assert (paid, budgets.of("campaign:3").taken) == ([80, 80, 40, 40], 40)
    assert rulebook.budgeted() == {"one": "campaign:3"}


# --- promises --------------------------------------------------------------------
def promised(member, *lines, key="order:A"):
    things = tuple(Thing(frozenset(around), Decimal(yuan), of) for of, yuan, around in lines)
    amount = sum(thing.amount for thing in things)
    words = {"reference": key, "amount": amount, "things": things}
    return grants.promise(member.pk, "purchase", key=f"{key}:purchase", **words)


def test_promise_when_a_multiplier_is_for_a_category_then_its_lines_earn_more():
    a_rule("tea", percent=200, categories=[TEA], actions=["purchase"])
    member = member_with()

    grant = promised(member, ("1", "30.50", {TEA, GREEN}), ("2", "70.00", {CUPS}))

    assert grant.points == 131
    assert grant.made == [["30.5", [["tea", 1, 200]], "1"], ["70", [], "2"]]


@pytest.mark.parametrize(
    ("kept", "share", "left"),
    [
        ({"1": Fraction(0), "2": Fraction(1)}, Fraction(3, 10), 70),  # the tea goes back
        ({"1": Fraction(1), "2": Fraction(0)}, Fraction(7, 10), 60),
        ({"1": Fraction(1, 2), "2": Fraction(1)}, Fraction(15, 100), 100),
        ({"1": Fraction(0), "2": Fraction(0)}, Fraction(1), 0),
    ],
)
def test_take_back_when_one_line_goes_back_then_by_the_numbers_of_then(kept, share, left):
    rule = a_rule("tea", percent=200, categories=[TEA], actions=["purchase"], budget=1_000)
    member = member_with()
    grant = promised(member, ("1", "30", {TEA}), ("2", "70", {CUPS}))
    grants.confirm("order:A", at=FRIDAY - timedelta(days=8))
    maturing.mature_due()
    rules.publish(rule, actor="test", value="percent", percent=900)

    words = {"reference": "order:A", "share": share, "kept": kept}
    preview = grants.preview_take_back(member.pk, **words)
    taken = grants.take_back(member.pk, key="refund", **words)

    grant.refresh_from_db()
    assert (grant.points, grant.left, taken, preview) == (130, left, taken, taken)
    assert budgets.of("rule:tea").taken == 30 - 30 * (130 - left) // 130


def test_promise_when_the_budget_has_no_room_then_without_the_multiplier():
    a_rule("double", percent=200, actions=["purchase"], budget=100)
    member = member_with()

    first = promised(member, ("1", "80", set()))
    second = promised(member, ("1", "80", set()), key="order:B")

    assert (first.points, second.points, second.made) == (160, 80, None)
    assert budgets.of("rule:double").taken == 80


def test_verify_when_points_are_not_what_multiplied_them_then_named(v4):
    checked_in(v4)
    promised(v4, ("1", "80", set()))
    Grant.objects.update(points=95)

    found = [finding.check for finding in verification.verify()]

    assert found == [f"promise {Grant.objects.get().pk} is not what multiplied it says"]
