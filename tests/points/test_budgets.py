"""Budgets: what is taken, what is refused, when they pause and go on again."""

from datetime import UTC, datetime

import pytest
import time_machine

from mall.core.models import AuditRow
from points import budgets

pytestmark = pytest.mark.django_db
NOVEMBER = datetime(2026, 11, 20, 4, tzinfo=UTC)
DECEMBER = datetime(2026, 11, 30, 16, tzinfo=UTC)  # midnight in Shanghai


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel(NOVEMBER, tick=False):
        yield


def told():
    rows = AuditRow.objects.filter(target_name="draw:spring").order_by("pk")
    return [row.action.removeprefix("points.budget_") for row in rows]


def test_take_when_points_run_out_then_refused_paused_and_told_once():
    budgets.set_up("draw:spring", 100)

    taken = [budgets.take("draw:spring", points) for points in (50, 30, 30, 20)]
    told_of = [budgets.watch(), budgets.watch()]

    budget = budgets.of("draw:spring")
    assert taken == [True, True, False, False]  # the first that does not fit pauses it
    assert (budget.taken, budget.percent, budget.paused_at) == (80, 80, NOVEMBER)
    assert (told_of, told()) == ([1, 0], ["set", "out", "nearly_out"])


def test_take_when_nobody_set_a_budget_then_it_may():
    assert budgets.take("campaign:3", 1_000_000)
    assert budgets.of("campaign:3") is None


def test_take_all_when_one_of_two_has_no_room_then_neither_is_taken():
    budgets.set_up("a", 100)
    budgets.set_up("b", 10)

    refused = [budgets.take_all({"b": 20, "a": 20}), budgets.take_all({"b": 1, "a": 100})]
    taken = budgets.take_all({"b": 0, "a": 100})

    assert (refused, taken) == (["b", "b"], None)  # the first refusal has paused it
    assert [budgets.of(code).taken for code in "ab"] == [100, 0]


def test_set_up_when_a_paused_budget_is_raised_then_it_goes_on():
    budgets.set_up("draw:spring", 100)
    budgets.take("draw:spring", 90)
    budgets.take("draw:spring", 20)
    budgets.watch()

    budgets.set_up("draw:spring", 200)

    budget = budgets.of("draw:spring")
    assert budgets.take("draw:spring", 20)
    assert (budget.paused_at, budget.warned_at) == (None, None)
    with pytest.raises(budgets.BudgetBelowTaken) as refused:
        budgets.set_up("draw:spring", 109)
    with pytest.raises(budgets.BudgetHasBegun):
        budgets.set_up("draw:spring", 200, per="month")
    assert "110" in str(refused.value)


def test_take_when_a_month_begins_then_its_budget_begins_anew():
    budgets.set_up("draw:spring", 100, per="month")
    budgets.take("draw:spring", 100)
    budgets.watch()
    is_out = budgets.is_out(budgets.of("draw:spring"), NOVEMBER)

    with time_machine.travel(DECEMBER, tick=False):
        is_still_out = budgets.is_out(budgets.of("draw:spring"), DECEMBER)
        taken = budgets.take("draw:spring", 60)
        budgets.give_back("draw:spring", 60, month="2026-11")
        kept = budgets.of("draw:spring").taken
        budgets.give_back("draw:spring", 10)

    budget = budgets.of("draw:spring")
    assert (is_out, is_still_out, taken, kept) == (True, False, True, 60)
    assert (budget.taken, budget.month, budget.paused_at) == (50, "2026-12", None)


def test_take_when_counted_then_one_statement(django_assert_num_queries):
    budgets.set_up("draw:spring", 100)

    with django_assert_num_queries(1):
        budgets.take("draw:spring", 10)
