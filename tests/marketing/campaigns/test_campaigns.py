"""A campaign from its draft to its end: who is drawn, who gets what, and within which budget."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from mall.core import clock
from mall.core.models import AuditRow
from marketing.campaigns import gifts, lifecycle, planning, readings, sweep
from marketing.campaigns.assignment import is_held_out
from marketing.campaigns.errors import CampaignFixed, CampaignMoved, CampaignNotReady
from marketing.models import Campaign, CampaignMember, Notification
from orders.models import Coupon, CouponTemplate
from points import budgets, ledger
from points.models import LedgerEntry
from tests.factories import coupons
from tests.factories.campaigns import CampaignFactory, operator, started, tagged

pytestmark = pytest.mark.django_db
Status = Campaign.Status


def arms(campaign):
    rows = CampaignMember.objects.filter(campaign=campaign).order_by("user_id")
    return {row.user_id: row for row in rows}


def entries(campaign):
    found = LedgerEntry.objects.filter(key=campaign.reference)
    return dict(found.values_list("account_id", "delta"))


def test_draw_when_twenty_thousand_then_the_share_and_no_link_to_another_campaign():
    held = [is_held_out("a" * 64, member, 20) for member in range(20_000)]
    other = [is_held_out("b" * 64, member, 20) for member in range(20_000)]

    both = sum(one and two for one, two in zip(held, other, strict=True))

    assert 3_800 < sum(held) < 4_200 and 680 < both < 920
    assert not any(is_held_out("a" * 64, member, 0) for member in range(1000))


def test_carry_on_when_a_campaign_runs_then_the_treated_get_it_once_and_the_held_out_nothing():
    template = coupons.template(amount="5.00", total=100)
    members = tagged(24)
    campaign = started(coupon=template, budget_yuan="500.00", budget_points=500)

    done = [sweep.carry_on() for _each in range(2)]

    rows = arms(campaign)
    treated = {pk for pk, row in rows.items() if row.is_treated}
    assert set(rows) == {member.pk for member in members} and 0 < len(treated) < 24
    assert done[0] == {"drawn": 24, "given": len(treated), "read": 0}
    assert done[1] == {"drawn": 0, "given": 0, "read": 0}
    assert entries(campaign) == dict.fromkeys(treated, 10)
    assert set(Coupon.objects.values_list("user_id", flat=True)) == treated
    told = Notification.objects.filter(key=campaign.reference)
    assert set(told.values_list("user_id", flat=True)) == treated
    with translation.override("en"):
        wording = told.first().wording
    assert (wording.title, wording.text) == (
        "10 points for you",
        "Have a look. Because you have been away.",
    )
    assert not Notification.objects.exclude(user_id__in=treated).exists()
    assert budgets.of(campaign.budget_code).taken == 10 * len(treated)
    campaign.refresh_from_db()
    assert campaign.spent_yuan == Decimal("5.00") * len(treated)
    assert CouponTemplate.objects.get(pk=template.pk).issued == len(treated)
    for row in rows.values():
        held_out = is_held_out(campaign.secret, row.user_id, campaign.holdout_percent)
        assert row.is_treated is not held_out


def test_carry_on_when_members_enter_later_then_they_are_drawn_on_entry():
    first, campaign = tagged(3), started(holdout_percent=0)
    sweep.carry_on()
    later = tagged(2)

    assert sweep.carry_on()["drawn"] == 0  # looked through a moment ago
    Campaign.objects.update(look_at=clock.now())
    sweep.carry_on()

    assert set(entries(campaign)) == {member.pk for member in (*first, *later)}


def test_carry_on_when_the_sweep_dies_between_batches_then_it_is_carried_on(monkeypatch):
    members, campaign = tagged(7), started(holdout_percent=0)
    monkeypatch.setattr(sweep, "BATCH", 3)
    monkeypatch.setattr(gifts, "BATCH", 2)

    assert sweep.draw_batch(campaign.pk) == 3
    assert gifts.give_batch(campaign.pk) == 2
    sweep.carry_on()

    assert entries(campaign) == dict.fromkeys((member.pk for member in members), 10)


def test_give_when_the_budget_ends_then_it_pauses_at_exactly_all_of_it_and_goes_on_when_raised():
    members = tagged(5)
    campaign = started(holdout_percent=0, budget_points=30)

    sweep.carry_on()

    campaign.refresh_from_db()
    assert (campaign.status, campaign.paused_for) == (Status.PAUSED, "budget")
    assert sum(entries(campaign).values()) == budgets.of(campaign.budget_code).taken == 30
    lifecycle.raise_budget(campaign, points=1000, yuan=Decimal(0), actor=operator())
    lifecycle.resume(campaign, actor=operator())
    sweep.carry_on()
    assert entries(campaign) == dict.fromkeys((member.pk for member in members), 10)


def test_give_when_yuan_or_coupons_end_then_no_coupon_passes_either():
    tagged(4)
    few, dear = coupons.template(total=2), coupons.template(amount="40.00")
    by_number = started(holdout_percent=0, points=0, coupon=few, budget_yuan="999.00")
    by_yuan = started(holdout_percent=0, points=0, coupon=dear, budget_yuan="100.00")

    sweep.carry_on()

    assert Coupon.objects.filter(template=few).count() == 2
    assert Coupon.objects.filter(template=dear).count() == 2
    for campaign in (by_number, by_yuan):
        campaign.refresh_from_db()
        assert (campaign.status, campaign.paused_for) == (Status.PAUSED, "budget")
    assert by_yuan.spent_yuan == Decimal("80.00")


def test_give_when_coupons_reach_80_percent_then_told_once_and_at_all_of_it_paused():
    """Ten coupons of ¥12.50 in ¥125: the eighth is exactly 80 %, the eleventh does not fit."""
    tagged(7)
    words = {"holdout_percent": 0, "points": 0, "budget_points": 0}
    campaign = started(coupon=coupons.template(amount="12.50"), budget_yuan="125.00", **words)

    def given_to(more):
        if more:
            tagged(more)
            Campaign.objects.filter(pk=campaign.pk).update(look_at=None)
        sweep.carry_on()
        campaign.refresh_from_db()
        warned = AuditRow.objects.filter(action="campaigns.budget_nearly_out")
        return campaign.spent_yuan, warned.count(), campaign.status, campaign.paused_for

    assert given_to(0) == (Decimal("87.50"), 0, Status.RUNNING, "")
    assert given_to(1) == (Decimal("100.00"), 1, Status.RUNNING, "")
    assert given_to(1) == (Decimal("112.50"), 1, Status.RUNNING, "")
    assert given_to(3) == (Decimal("125.00"), 1, Status.PAUSED, "budget")
    assert Coupon.objects.filter(key=campaign.reference).count() == 10
    told = AuditRow.objects.get(action="campaigns.budget_nearly_out").after
    assert told == {"spent": "100.00", "budget": "125.00"}


def test_give_when_a_member_may_not_earn_or_left_then_nothing_of_it_and_the_reason_stands():
    frozen, gone, well = tagged(3)
    ledger.freeze(frozen.pk, note="test")
    campaign = started(holdout_percent=0)
    sweep.draw_batch(campaign.pk)
    gone.is_active = False
    gone.save()

    sweep.carry_on()

    found = {pk: (row.state, row.refusal) for pk, row in arms(campaign).items()}
    assert found == {
        frozen.pk: ("refused", "account_paused"),
        gone.pk: ("refused", "left"),
        well.pk: ("given", ""),
    }
    assert set(entries(campaign)) == {well.pk}
    assert set(Notification.objects.values_list("user_id", flat=True)) == {well.pk}


def test_schedule_when_something_lacks_then_refused_and_a_fixed_one_is_not_changed():
    clerk = operator()
    for words, field in (
        ({"points": 0, "title_zh_hans": "", "title_en": ""}, "points"),
        ({"budget_points": 9}, "budget_points"),
        ({"reason_zh_hans": "", "reason_en": ""}, "reason_zh_hans"),
        ({"earn_percent": 200, "points": 0, "budget_points": 0}, "budget_points"),
        ({"coupon": coupons.template(status="paused"), "budget_yuan": 100}, "coupon"),
        ({"coupon": coupons.template(), "budget_yuan": "4.99"}, "budget_yuan"),
    ):
        draft = CampaignFactory(**words)
        with pytest.raises(CampaignNotReady) as refusal:
            lifecycle.schedule(draft, actor=clerk)
        assert refusal.value.field == field

    campaign = lifecycle.schedule(CampaignFactory(), actor=clerk)
    with pytest.raises(CampaignFixed):
        lifecycle.keep(campaign, actor=clerk)
    with pytest.raises(CampaignMoved):
        lifecycle.schedule(campaign, actor=clerk)
    assert lifecycle.withdraw(campaign, actor=clerk).status == Status.DRAFT


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"ends_at": timedelta(days=6)}, "ends before the campaign"),
        ({"total": 3, "issued": 3}, "are given out"),
        ({"status": "paused"}, "open it first"),
        ({"ends_at": timedelta(days=8), "total": 3, "issued": 2}, None),
    ],
)
def test_schedule_when_its_coupon_could_not_be_given_to_the_end_then_refused_beside_it(words, said):
    if "ends_at" in words:
        words = {**words, "ends_at": clock.now() + words["ends_at"]}
    made = CampaignFactory(coupon=coupons.template(**words), budget_yuan=100)
    campaign = Campaign.objects.get(pk=made.pk)

    with translation.override("en"):
        wrong = planning.lacking(campaign)

    assert (wrong == {}) if said is None else (said in wrong["coupon"])


def test_end_when_time_is_over_then_nobody_gets_anything_more_and_figures_wait_for_their_day():
    tagged(4)
    campaign = started(holdout_percent=50)
    lifecycle.pause(campaign, actor=operator())
    assert sweep.carry_on()["drawn"] == 0
    lifecycle.resume(campaign, actor=operator())
    sweep.draw_batch(campaign.pk)
    Campaign.objects.update(starts_at=clock.now() - timedelta(2), ends_at=clock.now())

    done = sweep.carry_on()

    campaign.refresh_from_db()
    assert (campaign.status, done["given"], done["read"]) == (Status.ENDED, 0, 0)
    assert campaign.readings == {} and entries(campaign) == {}
    assert readings.last_drawn(campaign) == clock.today()


def test_schedule_when_a_campaign_would_end_in_decades_then_refused_beside_its_end():
    campaign = CampaignFactory(ends_at=clock.now() + timedelta(days=800))

    with pytest.raises(CampaignNotReady) as refusal:
        lifecycle.schedule(campaign, actor=operator())

    assert refusal.value.field == "ends_at"
