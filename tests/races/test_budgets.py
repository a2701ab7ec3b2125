"""Many threads, one budget: what is given never passes it, and what is left is given."""

import pytest

from mall.core.errors import Busy
from points import budgets, rules
from points.models import Rule
from points.models.rules import MULTIPLIER
from tests.factories.points import member_with

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
THREADS = 64


def test_take_when_sixty_four_threads_want_the_last_points_then_never_more_than_there_are(
    run_threads, closed_books
):
    budgets.set_up("draw:spring", 1_000)

    outcomes = run_threads(THREADS, lambda n: budgets.take("draw:spring", 30 + n % 3))

    given = [30 + n % 3 for n, outcome in enumerate(outcomes) if outcome is True]
    budget = budgets.of("draw:spring")
    assert set(map(type, outcomes)) == {bool}
    assert budget.taken == sum(given) <= 1_000
    assert budget.taken > 1_000 - 33 and budget.paused_at is not None


def test_award_when_sixty_four_members_share_a_multipliers_budget_then_exactly_that_is_given(
    run_threads, closed_books
):
    double = Rule.objects.create(code="double", action=MULTIPLIER, name="double", status="active")
    double.budget = budgets.set_up("rule:double", 510)
    double.save()
    rules.publish(double, actor="test", value="percent", percent=200, actions=["checkin"])
    members = [member_with() for _ in range(THREADS)]

    def check_in(n):
        for _ in range(30):
            try:
                return rules.award(members[n].pk, "checkin", key="checkin:2026-11-20", step=1)
            except Busy:  # waited too long for the budget's row: nothing changed
                continue
        raise AssertionError("busy thirty times")

    outcomes = run_threads(THREADS, check_in)

    paid = sorted(entry.delta for entry in outcomes)
    assert paid == [20] * (THREADS - 25) + [40] * 25
    budget = budgets.of("rule:double")
    assert (budget.taken, sum(paid) - 20 * THREADS, budget.paused_at is not None) == (
        500,
        500,
        True,
    )
