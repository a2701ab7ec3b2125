"""What orders of treated members earn more while a campaign runs, within its budget."""

from datetime import timedelta

import pytest

from mall.core import clock
from marketing.campaigns import lifecycle, report, segments, sweep
from marketing.models import Campaign, CampaignMember
from points import budgets, rulebook
from points.models import Rule
from tests.factories.accounts import MemberFactory
from tests.factories.campaigns import CampaignFactory, operator, started, tagged
from tests.factories.points import granted

pytestmark = pytest.mark.django_db


def test_order_when_a_campaign_multiplies_then_the_treated_earn_more_until_its_budget_ends():
    tagged(60)  # drawn: of few, all may be on one side
    before = clock.now()
    campaign = started(points=0, earn_percent=250, budget_points=400, holdout_percent=40)
    sweep.carry_on()
    rows = CampaignMember.objects.filter(campaign=campaign).order_by("-is_treated", "pk")
    treated = [row.user for row in rows if row.is_treated]
    held_out = [row.user for row in rows if not row.is_treated]

    earned = [granted(member, order="order:A").points for member in treated[:3]]
    others = granted(held_out[0], order="order:B").points
    early = granted(treated[3], order="order:C", at=before - timedelta(minutes=5)).points

    assert (earned, others, early) == ([250, 250, 100], 100, 100)  # 400 - 150 - 150 leaves 100
    assert budgets.of(campaign.budget_code).taken == 300
    assert report.cost_of(campaign).points == 300
    ids = [row.user_id for row in rows]
    now = clock.now()
    assert segments.holding(campaign.reference, ids, now) == {member.pk for member in treated}


def test_move_when_a_campaign_multiplies_then_its_rule_moves_along():
    tagged(2)
    clerk = operator()
    campaign = lifecycle.schedule(
        CampaignFactory(earn_percent=200, points=0, holdout_percent=0), actor=clerk
    )
    rule = Rule.objects.get(code=campaign.rule_code)
    seen = []

    lifecycle.withdraw(campaign, actor=clerk)
    campaign = lifecycle.schedule(Campaign.objects.get(pk=campaign.pk), actor=clerk)
    lifecycle.begin_due()
    for move in (lifecycle.pause, lifecycle.resume, lifecycle.end):
        move(campaign, actor=clerk)
        rule.refresh_from_db()
        seen.append(rule.status)

    assert seen == ["paused", "scheduled", "ended"]
    assert (rule.budget.code, rule.versions.count()) == (campaign.budget_code, 1)
    assert rule.ends_at <= clock.now()


def test_change_when_rule_and_budget_are_a_campaigns_then_refused_at_every_door(client, bearer):
    clerk = MemberFactory()
    clerk.is_staff = clerk.is_superuser = True
    clerk.save()
    names = {"name_zh_hans": "挽回", "name_en": "Win back"}
    campaign = CampaignFactory(earn_percent=200, points=0, budget_points=500, **names)
    lifecycle.schedule(campaign, actor=clerk)
    rule, budget = Rule.objects.get(code=campaign.rule_code), budgets.of(campaign.budget_code)
    gift = CampaignFactory(points=5, budget_points=500, **names)
    lifecycle.schedule(gift, actor=clerk)
    before = rulebook.numbers_of(rule.versions.first())
    client.force_login(clerk)
    page, more = f"/admin/points/rule/{rule.pk}/change/", {"budget_points": "900"}

    looked = client.get(page)
    refused = client.post(page, {"status": "active", "budget_points": ""})
    told = bearer(clerk).patch(
        f"/api/v1/staff/rules/{rule.code}", {"budget_points": None}, format="json"
    )
    raised = [
        client.post(f"/admin/points/budget/{one.pk}/raise/", more)
        for one in (budget, budgets.of(gift.budget_code))
    ]

    assert looked.status_code == 200 and "× 2" in looked.content.decode()
    assert 'name="budget_points"' not in looked.content.decode()
    assert (refused.status_code, told.status_code) == (403, 409)
    assert told.json()["errors"][0]["code"] == "belongs_elsewhere"
    assert all("“挽回”" in answer.content.decode() for answer in raised)
    rule.refresh_from_db()
    assert (rule.budget, rulebook.numbers_of(rule.versions.first())) == (budget, before)
    assert [budgets.of(one.budget_code).points_max for one in (campaign, gift)] == [500, 500]
    lifecycle.raise_budget(campaign, points=900, yuan=campaign.budget_yuan, actor=clerk)
    assert budgets.of(campaign.budget_code).points_max == 900


def test_move_when_a_campaign_multiplies_no_more_then_its_old_rule_stays_ended():
    tagged(2)
    clerk = operator()
    campaign = lifecycle.schedule(
        CampaignFactory(earn_percent=200, points=0, holdout_percent=0), actor=clerk
    )
    campaign = lifecycle.withdraw(campaign, actor=clerk)
    assert campaign.conditions == {}  # a draft is about the segment as it is now
    campaign.earn_percent, campaign.points = 100, 10
    campaign = lifecycle.schedule(lifecycle.keep(campaign, actor=clerk), actor=clerk)
    lifecycle.begin_due()

    for move in (lifecycle.pause, lifecycle.resume):
        move(campaign, actor=clerk)

        assert Rule.objects.get(code=campaign.rule_code).status == "ended"
