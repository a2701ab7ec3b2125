"""The staff API of rules: written by the same verb as in the admin, refusals at their fields."""

import pytest
from django.contrib.auth.models import Permission

from catalog.models import Category
from mall.core.models import AuditRow
from points import back_tests, budgets, rulebook
from points.models import Budget, Rule
from tests.factories.points import in_tier, member_with
from tests.points.test_multipliers import checked_in

pytestmark = pytest.mark.django_db
RULES = "/api/v1/staff/rules"
TREAT = {
    "code": "friday",
    "name_zh_hans": "周五双倍",
    "name_en": "Double Friday",
    "value": "percent",
    "percent": 200,
    "actions": ["checkin"],
    "tier_from": 3,
    "status": "active",
    "budget_points": 100,
    "budget_per": "month",
}
PAYS = {"code": "praise", "name_zh_hans": "夸奖", "name_en": "Praise", "value": "fixed"}
PAYS |= {"action": "event:praise", "points": 5}


@pytest.fixture
def clerk():
    user = member_with()
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_rule", "change_rule")))
    return user


@pytest.fixture
def staff(api_of, clerk):
    return api_of(clerk)


def sent(staff, **changes):
    return staff.post(RULES, {**TREAT, **changes}, format="json")


def patched(staff, code="friday", **changes):
    return staff.patch(f"{RULES}/{code}", changes, format="json")


def test_add_when_it_multiplies_then_it_pays_and_the_answer_says_it_in_words(staff, clerk):
    answer = sent(staff)

    said, rule = answer.json(), Rule.objects.get(code="friday")
    assert (answer.status_code, said["action"], said["number"]) == (201, "multiplier", 1)
    assert "V3" in said["sentence"]
    assert said["budget"] | {"paused_at": None} == {
        "points": 100, "per": "month", "taken": 0, "percent": 0, "paused_at": None,
    }  # fmt: skip
    assert rule.versions.get().created_by == f"staff:{clerk.pk}"
    assert AuditRow.objects.filter(action="points.rule_add").count() == 1
    assert checked_in(in_tier(member_with(), 3)) == 44
    assert budgets.of("rule:friday").taken == 22


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"percent": 100}, "percent"),
        ({"percent": 1001}, "percent"),
        ({"percent": "x"}, "percent"),
        ({"tier_from": 4, "tier_to": 2}, "tier_to"),
        ({"tier_from": 9}, "tier_from"),
        ({"categories": [999_999]}, "categories"),
        ({"actions": ["nothing"]}, "actions"),
        ({"amount_min": "-1"}, "amount_min"),
        ({"segment": "no blanks"}, "segment"),
        ({"budget_points": -5}, "budget_points"),
        ({"budget_per": "week"}, "budget_per"),
        ({"first_time": "yes"}, "first_time"),
        ({"value": "fixed", "points": 5, "action": "praise"}, "actions"),
        ({"value": "fixed", "points": 5, "actions": []}, "action"),
        ({"value": "table", "actions": [], "action": "checkin", "table": []}, "table"),
        ({"code": "checkin"}, "code"),
        ({"starts_at": "2026-12-02T00:00Z", "ends_at": "2026-12-01T00:00Z"}, "ends_at"),
        ({"speed": 3}, "speed"),
    ],
)
def test_add_when_it_makes_no_sense_then_said_at_its_field_and_nothing_kept(staff, wrong, field):
    answer = sent(staff, **wrong)

    assert answer.status_code == 400
    assert {one["attr"].partition(".")[0] for one in answer.json()["errors"]} == {field}
    assert not Rule.objects.filter(code="friday").exists()
    assert not Budget.objects.filter(code="rule:friday").exists()


def test_change_when_numbers_differ_then_a_version_more_and_what_was_left_out_stays(staff):
    food = Category.objects.create(slug="food", name="Food", name_en="Food")
    first = sent(staff).json()

    never = patched(staff, categories=[food.pk])  # a check-in says nothing of goods
    more = {"categories": [food.pk], "actions": ["checkin", "purchase"]}
    answer = patched(staff, percent=300, **more, version=first["version"])
    same = patched(staff, percent=300)

    said, version = answer.json(), Rule.objects.get(code="friday").versions.first()
    assert (never.status_code, never.json()["errors"][0]["attr"]) == (400, "categories")
    assert (answer.status_code, said["number"], same.json()["number"]) == (200, 2, 2)
    assert (version.percent, version.categories, version.tier_from) == (300, [food.pk], 3)
    assert said["budget"]["points"] == 100 and said["name_en"] == "Double Friday"


def test_change_when_it_was_changed_since_it_was_read_then_409_and_nothing_done(staff):
    first = sent(staff).json()
    patched(staff, status="paused")

    answer = patched(staff, percent=500, version=first["version"])

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "changed_meanwhile")
    rule = Rule.objects.get(code="friday")
    assert (rule.status, rule.versions.count()) == ("paused", 1)


def test_change_when_the_budget_would_be_less_than_was_given_then_refused_at_its_field(staff):
    sent(staff)
    checked_in(in_tier(member_with(), 3))

    less, other = patched(staff, budget_points=21), patched(staff, budget_per="total")
    none = patched(staff, budget_points=None)

    assert [one.json()["errors"][0]["attr"] for one in (less, other)] == [
        "budget_points",
        "budget_per",
    ]
    assert (less.status_code, none.status_code, none.json()["budget"]) == (409, 200, None)


def test_add_when_certain_steps_earn_then_kept_by_rising_step(staff):
    steps = [{"step": 30, "points": 200}, {"step": 14, "points": 100}]
    words = {**PAYS, "value": "steps", "action": "checkin_milestone", "code": "more"}

    answer = staff.post(RULES, {**words, "steps": steps}, format="json")
    twice = staff.post(RULES, {**words, "code": "x", "steps": [steps[0]] * 2}, format="json")

    assert answer.json()["numbers"]["table"] == [[14, 100], [30, 200]]
    assert twice.json()["errors"][0]["attr"] == "steps"


def test_back_test_when_numbers_are_tried_then_the_clock_does_it_and_nothing_is_in_force(staff):
    checked_in(member_with())
    tried = {"table": [50], "value": "table", "days": 30}

    asked = staff.post(f"{RULES}/checkin/back-tests", tried, format="json")
    back_tests.carry_on()
    done = staff.get(f"/api/v1/staff/back-tests/{asked.json()['id']}").json()

    assert (asked.status_code, asked.json()["result"]) == (201, None)
    assert (done["status"], done["numbers"]["table"]) == ("done", [50])
    assert rulebook.active("checkin").number == 1


def test_rules_when_a_clerk_may_only_look_then_lists_and_no_more(api_of, clerk):
    clerk.user_permissions.set(Permission.objects.filter(codename="view_rule"))
    caller = api_of(type(clerk).objects.get(pk=clerk.pk))

    listed = caller.get(f"{RULES}?status=active")

    assert {one["status"] for one in listed.json()["results"]} == {"active"}
    assert [sent(caller).status_code, patched(caller, "checkin").status_code] == [403, 403]
    assert caller.get(f"{RULES}?status=odd").status_code == 400
