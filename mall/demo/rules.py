"""The demo shop's rules beyond the ones every shop begins with: a multiplier that runs within a
budget, and a draft with its back-test.
"""

from django.conf import settings

from accounts.models import User
from catalog.models import Category
from mall.core.transactions import transactional
from mall.demo.members import ADMIN
from points import back_tests, budgets, rulebook
from points.models import BackTest, Rule, RuleVersion
from points.models.rules import MULTIPLIER

FRIDAY, WEEKEND = 5, (6, 7)
TREAT = {
    "code": "friday-treats",
    "name_zh_hans": "周五茶点双倍",
    "name_en": "Friday treats count double",
}
PICNIC = {
    "code": "weekend-check-in",
    "name_zh_hans": "周末签到一倍半",
    "name_en": "Weekend check-ins, half as much again",
}
BUDGET_POINTS = 20_000


@transactional
def lay_out() -> int:
    """Make the rules; returns how many are new. A second call adds nothing."""
    clerk = User.objects.filter(username=ADMIN[0]).first()
    food = Category.objects.filter(slug="food").first()
    if not settings.DEMO_SIGN_INS or clerk is None or food is None:
        return 0
    if Rule.objects.filter(action=MULTIPLIER).exists():
        return 0
    percent = {"value": RuleVersion.Value.PERCENT, "percent": 200}
    treat = _make(
        TREAT,
        Rule.Status.ACTIVE,
        clerk,
        **percent,
        actions=["purchase"],
        categories=[food.pk],
        weekdays=[FRIDAY],
        tier_from=3,
    )
    code = rulebook.budget_code(treat)
    treat.budget = budgets.set_up(code, BUDGET_POINTS, per="month", actor=clerk)
    treat.save(update_fields=["budget"])
    draft = {**percent, "percent": 150, "actions": ["checkin"], "weekdays": list(WEEKEND)}
    picnic = _make(PICNIC, Rule.Status.DRAFT, clerk, **draft)
    tried = {**rulebook.numbers_of(picnic.versions.first()), "budget_points": BUDGET_POINTS}
    back_tests.ask(picnic, tried, days=BackTest.Days.MONTH, operator=clerk)
    return 2


def _make(names, status, clerk, **numbers) -> Rule:
    rule = Rule.objects.create(**names, action=MULTIPLIER, status=status)
    rulebook.publish(rule, actor=f"staff:{clerk.pk}", **numbers)
    return rule
