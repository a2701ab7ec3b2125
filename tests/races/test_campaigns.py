"""Sweeps of campaigns at the same moment, and members who earn meanwhile from the same budget."""

import pytest

from marketing.campaigns import gifts, sweep
from marketing.models import Campaign, CampaignMember
from orders.models import Coupon
from points import budgets
from points.models import LedgerEntry
from tests.factories import coupons
from tests.factories.campaigns import started, tagged

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
THREADS, MEMBERS = 8, 40


def test_carry_on_when_eight_sweeps_run_at_once_then_once_each_and_no_budget_is_passed(
    run_threads, closed_books, monkeypatch
):
    members = {member.pk for member in tagged(MEMBERS)}
    monkeypatch.setattr(sweep, "BATCH", 7)
    monkeypatch.setattr(gifts, "BATCH", 5)
    words = {"coupon": coupons.template(amount="5.00"), "budget_yuan": "130.00"}
    campaign = started(holdout_percent=10, budget_points=270, **words)

    def act(n):
        if n % 2:
            return sweep.carry_on()
        return budgets.take(campaign.budget_code, 1)

    run_threads(THREADS, act)
    sweep.carry_on()

    drawn = CampaignMember.objects.filter(campaign=campaign)
    assert set(drawn.values_list("user_id", flat=True)) == members
    given = drawn.filter(state="given").count()
    posted = LedgerEntry.objects.filter(key=campaign.reference)
    assert given == posted.count() == Coupon.objects.count()
    budget = budgets.of(campaign.budget_code)
    assert budget.taken == 10 * given + THREADS // 2 <= 270
    campaign = Campaign.objects.get(pk=campaign.pk)
    assert (campaign.spent_yuan, campaign.paused_for) == (5 * given, "budget")
    assert given == 26  # of 266 points and ¥130
