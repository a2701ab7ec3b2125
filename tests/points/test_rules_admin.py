"""Rules in the back office: what multiplies, for whom, within which budget, and what it would have
cost.
"""

import html

import pytest
from django.contrib.auth.models import Permission

from catalog.models import Category
from mall.core.models import AuditRow
from points import back_tests, budgets, rulebook
from points.models import LEVELS, BackTest, Budget, Rule, RuleVersion
from points.models.rules import MULTIPLIER
from tests.factories.campaigns import SegmentFactory
from tests.factories.points import in_tier, member_with
from tests.points.test_admin import rule_answers
from tests.points.test_multipliers import a_rule, checked_in

pytestmark = pytest.mark.django_db


def said(page):
    return html.unescape(page.content.decode())


def treat(**changes):
    words = {"code": "friday", "action": "", "name_zh_hans": "周五双倍", "name_en": "Double Friday"}
    numbers = {"value": "percent", "points": "", "percent": "200", "actions": ["checkin"]}
    more = {"tier_from": "3", "tier_to": "5", "budget_points": "100", "budget_per": "month"}
    return rule_answers(**{**words, **numbers, **more, **changes})


@pytest.fixture
def clerk():
    user = member_with()
    user.is_staff = user.is_superuser = True
    user.save()
    return user


@pytest.fixture
def english(client, clerk):
    client.force_login(clerk)
    client.cookies["mall_language"] = "en"
    return client


def test_rule_when_a_multiplier_is_added_then_it_pays_and_is_said_in_one_sentence(english):
    food = Category.objects.create(slug="food", name="Food", name_en="Food")

    answer = english.post("/admin/points/rule/add/", treat(), follow=True)

    rule = Rule.objects.get(code="friday")
    assert (
        "Double Friday: × 2. For: Daily check-in; For members from V3 on; On its own: the smaller "
        "priority decides; At most 100 points a month, 0 taken."
    ) in said(answer)
    assert (rule.action, rule.versions.get().actions) == (MULTIPLIER, ["checkin"])
    assert (checked_in(in_tier(member_with(), 3)), budgets.of("rule:friday").taken) == (44, 22)

    never = english.post(f"/admin/points/rule/{rule.pk}/change/", treat(categories=[str(food.pk)]))
    assert "says nothing of goods: it would never pay" in said(never)
    changed = treat(categories=[str(food.pk)], actions=["checkin", "purchase"])
    english.post(f"/admin/points/rule/{rule.pk}/change/", changed)
    page = said(english.get(f"/admin/points/rule/{rule.pk}/change/"))

    assert rule.versions.first().categories == [food.pk]
    assert "For goods in Food" in page and "22 taken" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"percent": "100"}, "percent"),
        ({"percent": "1001"}, "percent"),
        ({"percent": "x"}, "percent"),
        ({"tier_from": "4", "tier_to": "2"}, "tier_to"),
        ({"tier_from": "9"}, "tier_from"),
        ({"amount_min": "10"}, "amount_min"),  # a check-in says nothing of yuan
        ({"amount_min": "10", "actions": ["review", "mission"]}, "amount_min"),
        ({"categories": ["999999"]}, "categories"),
        ({"actions": ["nothing"]}, "actions"),
        ({"amount_min": "-1"}, "amount_min"),
        ({"segment": "not-there"}, "segment"),
        ({"budget_points": "-5"}, "budget_points"),
        ({"budget_per": "week"}, "budget_per"),
        ({"value": "fixed", "points": "5", "action": "praise"}, "actions"),
        ({"value": "fixed", "points": "5", "actions": []}, "action"),
    ],
)
def test_rule_when_a_multiplier_makes_no_sense_then_said_at_its_field(english, wrong, field):
    answer = english.post("/admin/points/rule/add/", treat(**wrong))

    errors = answer.context["adminform"].form.errors
    assert (list(errors), len(errors[field])) == ([field], 1)
    assert not Rule.objects.filter(code="friday").exists()
    assert not Budget.objects.filter(code="rule:friday").exists()


def test_rule_when_its_page_is_opened_then_every_tier_is_meant_and_segments_are_offered(english):
    SegmentFactory(code="regulars", name_zh_hans="老客", name_en="Regulars")

    page = english.get("/admin/points/rule/add/")
    form = page.context["adminform"].form
    english.post("/admin/points/rule/add/", treat(segment="regulars"))

    assert (form["tier_from"].value(), form["tier_to"].value()) == (1, LEVELS)
    assert form.fields["segment"].choices[:2] == [("", "Everybody"), ("regulars", "Regulars")]
    assert RuleVersion.objects.get(rule__code="friday").segment == "regulars"


def test_rule_when_somebody_may_only_look_then_read_as_a_sentence(client, clerk):
    clerk.is_superuser = False
    clerk.save()
    clerk.user_permissions.add(Permission.objects.get(codename="view_rule"))
    client.force_login(clerk)
    client.cookies["mall_language"] = "en"

    for code in ("checkin", "purchase"):
        page = client.get(f"/admin/points/rule/{Rule.objects.get(code=code).pk}/change/")
        assert page.status_code == 200 and 'name="priority"' not in said(page)
    assert "1 point per yuan" in said(page)


def test_rule_when_its_budget_would_be_less_than_was_given_then_refused_at_the_field(english):
    english.post("/admin/points/rule/add/", treat())
    checked_in(in_tier(member_with(), 3))
    rule = Rule.objects.get(code="friday")
    address = f"/admin/points/rule/{rule.pk}/change/"

    less = english.post(address, treat() | {"budget_points": "21"})
    other = english.post(address, treat() | {"budget_per": "total"})
    none = english.post(address, treat() | {"budget_points": ""})

    rule.refresh_from_db()
    errors = [answer.context["adminform"].form.errors for answer in (less, other)]
    assert [list(found) for found in errors] == [["budget_points"], ["budget_per"]]
    assert "22 points are given already" in errors[0]["budget_points"][0]
    assert (none.status_code, rule.budget) == (302, None)


def test_rule_when_multipliers_exclude_each_other_then_warned(english):
    a_rule("one", percent=200, tier_from=3)
    rival = a_rule("two", percent=300, tier_from=2, weekdays=[5], actions=["checkin"])
    apart = a_rule("three", percent=300, tier_to=1)

    page = said(english.get(f"/admin/points/rule/{rival.pk}/change/"))
    alone = said(english.get(f"/admin/points/rule/{apart.pk}/change/"))

    assert "“one” multiplies the same at the same time. Only “one” does" in page
    assert "multiplies the same" not in alone


def test_back_test_when_asked_for_then_it_runs_and_nothing_is_published(english, clerk):
    checked_in(in_tier(member_with(), 4))
    rule = Rule.objects.get(code="checkin")
    form = english.get(f"/admin/points/rule/{rule.pk}/back-test/")
    numbers = {
        name: value
        for name, value in form.context["form"].initial.items()
        if value not in (None, [], False)
    }

    wrong = english.post(
        f"/admin/points/rule/{rule.pk}/back-test/", {**numbers, "days": "30", "table": "x"}
    )
    sent = english.post(
        f"/admin/points/rule/{rule.pk}/back-test/",
        {**numbers, "table": "100", "days": "90", "budget_points": "50"},
    )
    test = BackTest.objects.get()
    waiting = said(english.get(sent.url))
    back_tests.carry_on()
    page = said(english.get(sent.url))
    listed = english.get("/admin/points/backtest/")

    assert list(wrong.context["form"].errors) == ["table"]
    assert (sent.url, test.days, test.made_by) == (test.get_absolute_url(), 90, clerk)
    assert "looks again by itself" in waiting and "What it would have cost" in page
    assert "A budget of 50 points would have sufficed." in page  # today is not over
    assert (listed.status_code, rule.versions.count()) == (200, 1)
    assert AuditRow.objects.filter(action="points.back_test").count() == 1


def test_budget_when_nearly_spent_then_on_the_start_page_and_raised_it_goes_on(english):
    budgets.set_up("draw:spring", 100)
    budgets.take("draw:spring", 90)
    budgets.take("draw:spring", 20)
    budget = budgets.of("draw:spring")
    address = f"/admin/points/budget/{budget.pk}/"

    start = said(english.get("/admin/"))
    listed = said(english.get("/admin/points/budget/?state=out"))
    page = said(english.get(f"{address}change/"))
    less = english.post(f"{address}raise/", {"budget_points": "80"})
    english.post(f"{address}raise/", {"budget_points": "200"})

    assert "Budgets spent" in start and "draw:spring" in listed and "90 %" in page
    assert "90 points are given already" in less.context["form"].errors["budget_points"][0]
    assert budgets.take("draw:spring", 20)
    assert rulebook.budgeted() == {}
