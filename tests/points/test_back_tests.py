"""Back-tests: what a rule would have cost, against what the books say it did."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from marketing.checkin import streak
from marketing.models import CheckIn
from points import back_tests, rulebook, rules
from points.models import BackTest, LedgerEntry, Rule
from tests.factories.points import in_tier, member_with
from tests.points.test_multipliers import a_rule

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 2, 4, tzinfo=UTC)
DAYS = 21


def tried(rule, days=30, **numbers):
    said = {**rulebook.numbers_of(rule.versions.first()), **numbers}
    test = back_tests.ask(rule, said, days=days, operator=member_with())
    back_tests.carry_on()
    test.refresh_from_db()
    assert (test.status, test.problem) == (BackTest.Status.DONE, "")
    return test.result


def checked():
    """Days of a streak that a shield covered earn nothing."""
    return CheckIn.objects.filter(kind=CheckIn.Kind.CHECKED)


@pytest.fixture
def three_weeks():
    """Members of V1, V4 and V5 check in on different days, one sends the same day twice; another
    rule doubles Fridays for who is high enough.
    """
    with time_machine.travel(MONDAY - timedelta(days=40), tick=False):
        a_rule("friday", percent=200, weekdays=[5], tier_from=4, actions=["checkin"])
        members = [member_with(), in_tier(member_with(), 4), in_tier(member_with(), 5)]
    for n in range(DAYS):
        with time_machine.travel(MONDAY + timedelta(days=n), tick=False):
            for place, member in enumerate(members):
                if (n + place) % (3 + place):
                    streak.check_in(member)
    with time_machine.travel(MONDAY + timedelta(days=DAYS), tick=False):
        yield members


def test_carry_on_when_the_rule_of_today_is_replayed_then_what_the_books_say(three_weeks):
    result = tried(Rule.objects.get(code="checkin"))

    entries = LedgerEntry.objects.filter(rule="checkin")
    paid = sum(entry.worth for entry in entries)
    sides = ("points", "facts", "members", "refused", "shadowed")
    draft, today = ([result[side][name] for name in sides] for side in ("draft", "today"))
    assert draft == today == [paid, checked().count(), 3, 0, 0]
    assert (result["books"], sum(day[3] for day in result["days"])) == (paid, paid)
    assert all(draft == today == books for _day, draft, today, books in result["days"])
    assert (result["partial"], result["runs_out_on"]) == ([], None)


def test_carry_on_when_numbers_differ_then_they_cost_what_the_facts_say(three_weeks):
    rule = Rule.objects.get(code="checkin")

    flat = tried(rule, value="fixed", points=10, per_week=2, with_tier=False, budget_points=100)

    # Fridays are doubled for V4 and V5, and only two days of a week pay
    weeks = [{}, {}, {}]
    for row in checked().order_by("on"):
        paid = weeks[three_weeks.index(row.user)].setdefault(row.on.isocalendar()[1], [])
        if len(paid) < 2:
            paid.append(
                (row.on, 20 if row.on.isoweekday() == 5 and row.user != three_weeks[0] else 10)
            )
    points = [worth for member in weeks for days in member.values() for _on, worth in days]
    assert flat["draft"]["points"] == sum(points)
    assert flat["draft"]["own"] == 10 * len(points)
    assert flat["draft"]["refused"] == checked().count() - len(points)
    days = sorted(on for member in weeks for kept in member.values() for on, _worth in kept)
    assert flat["runs_out_on"] == days[9].isoformat()
    assert rule.versions.count() == 1  # nothing is published


def test_carry_on_when_a_multiplier_is_drafted_then_its_own_part_of_the_points(three_weeks):
    draft = a_rule(
        "weekend", percent=300, weekdays=[6, 7], actions=["checkin"], status="draft", tier_to=1
    )

    result = tried(draft)

    weekend = [row for row in checked().filter(user=three_weeks[0]) if row.on.isoweekday() > 5]
    more = sum(2 * rules.preview("checkin", step=row.streak) for row in weekend)
    assert more > 0
    assert result["draft"]["own"] == result["draft"]["points"] - result["today"]["points"] == more


def test_carry_on_when_another_rule_pays_first_then_it_says_so_and_of_missions_only_what_was_paid():
    with time_machine.travel(MONDAY, tick=False):
        member = member_with()
        rules.award(member.pk, "mission", key="m1", amount=Decimal(70))
    with time_machine.travel(MONDAY + timedelta(days=2), tick=False):
        draft = a_rule("late", "mission", points=5, priority=200, status="draft")

        result = tried(draft, days=90)
        test = BackTest.objects.get()

    assert (result["draft"]["points"], result["draft"]["shadowed"], result["books"]) == (70, 1, 70)
    assert result["partial"] == ["mission"]
    assert len(back_tests.said_of(test)) == 3
