"""Campaigns behind the counter, by page and by API: made, looked at, moved on, read."""

from datetime import timedelta

import pytest
from django.urls import reverse

from mall.core import clock
from marketing.campaigns import sweep
from marketing.models import Campaign, CampaignMember, MemberTag, Segment
from tests.factories import coupons
from tests.factories.campaigns import TAG, CampaignFactory, SegmentFactory, started, tagged

pytestmark = pytest.mark.django_db
SEGMENT = {"name_zh_hans": "茶客", "name_en": "Tea lovers", "code": "tea-lovers"}
CHANGE = "admin:marketing_campaign_change"


@pytest.fixture
def office(client, operator):
    client.force_login(operator)
    client.cookies["mall_language"] = "en"
    return client


@pytest.fixture
def staff_api(bearer, operator):
    return bearer(operator)


def draft(segment, **words):
    now = clock.now().astimezone(clock.SHOP_ZONE)
    days = {"starts_at": now, "ends_at": now + timedelta(days=7)}
    said = {
        "name_zh_hans": "回来", "name_en": "Come back", "code": "come-back", "segment": segment.pk,
        "points": 10, "earn_percent": 100, "title_en": "For you", "text_en": "Ten points.",
        "reason_en": "You were away.", "link": "/products/", "budget_points": 1000,
        "budget_yuan": "0.00", "holdout_percent": 20, "goal": "back_30", "smallest_uplift": "2.0",
        "margin_percent": 100,
    }  # fmt: skip
    for name, at in days.items():
        said |= {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M:%S}"}
    return {**said, **words}


def test_make_a_segment_when_conditions_are_wrong_then_said_beside_them_and_nothing_is_lost(office):
    address = reverse("admin:marketing_segment_add")
    typed = {**SEGMENT, "tier_from": "9", "tags": "vip, 老友", "orders_days": "30"}

    page = office.post(address, typed)

    text = page.content.decode()
    assert page.status_code == 200 and not Segment.objects.filter(code="tea-lovers").exists()
    assert "A whole number from 1 to 5, please." in text
    assert "This says nothing alone" in text and 'value="vip, 老友"' in text
    # when: put right
    member = tagged(1, tag="vip")[0]
    office.post(address, {**SEGMENT, "tags": "vip, 老友", "category_bought": ""})
    segment = Segment.objects.get(code="tea-lovers")
    assert segment.conditions == {"tags": ["vip", "老友"]}
    shown = office.get(reverse("admin:marketing_segment_change", args=[segment.pk]))
    assert "tagged vip, 老友" in shown.content.decode()
    assert member.username in shown.content.decode()


def test_tag_members_when_names_are_pasted_then_those_who_exist(office):
    address, member = reverse("admin:marketing_membertag_add"), tagged(1)[0]

    refused = office.post(address, {"tag": "Tea", "names": f"{member.username}, nobody-here"})
    office.post(address, {"tag": "Tea", "names": member.username})

    assert refused.status_code == 400 and "nobody-here" in refused.content.decode()
    assert set(MemberTag.objects.values_list("user", "tag")) == {
        (member.pk, TAG),
        (member.pk, "tea"),
    }


def test_campaign_when_made_started_and_followed_then_each_page_says_what_it_comes_to(office):
    segment = SegmentFactory()
    tagged(8)
    address = reverse("admin:marketing_campaign_add")

    refused = office.post(address, draft(segment, budget_points=9, reason_en=""))
    office.post(address, draft(segment))

    assert "The budget must be enough for one member at least." in refused.content.decode()
    assert "Members should read why they get it." in refused.content.decode()
    campaign = Campaign.objects.get(code="come-back")
    page = office.get(reverse(CHANGE, args=[campaign.pk])).content.decode()
    assert "Members now: 8; to get it: 6; held out: 2." in page
    assert "20 % of them, drawn at random, get nothing" in page
    schedule = f"/admin/marketing/campaign/{campaign.pk}/schedule/"
    asked = office.get(schedule)
    office.post(schedule, {"version": asked.context["version"]})
    sweep.carry_on()
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.RUNNING
    given = CampaignMember.objects.filter(campaign=campaign, state="given").count()
    report = office.get(f"/admin/marketing/campaign/{campaign.pk}/report/")
    assert "Cannot tell yet: 38 more days." in report.content.decode()
    assert f"{given * 10} points" in report.content.decode()
    table = office.get(f"/admin/marketing/campaign/{campaign.pk}/report/?csv=1")
    assert b"".join(table.streaming_content).decode().count("\n") == 8
    # a running one is not edited any more
    office.post(reverse(CHANGE, args=[campaign.pk]), draft(segment, points=99))
    assert Campaign.objects.get(pk=campaign.pk).points == 10


def test_hand_out_when_a_saved_segment_is_chosen_then_its_members(office):
    template, segment = coupons.template(), SegmentFactory()
    tagged(3)
    address = f"/admin/orders/coupontemplate/{template.pk}/hand-out/"

    page = office.post(address, {"key": "k" * 32, "segment": "saved", "saved": segment.code})

    assert "3 members are in this segment now." in page.content.decode()


def test_move_when_its_state_forbids_it_then_409_and_a_closed_door_for_members(
    staff_api, signed_in_api
):
    campaign = started()
    moves = f"/api/v1/staff/campaigns/{campaign.code}/moves"

    assert staff_api.post(moves, {"move": "withdraw"}, format="json").status_code == 409
    assert staff_api.post(moves, {"move": "fly"}, format="json").status_code == 400
    assert staff_api.post(moves, {"move": "pause"}, format="json").json()["status"] == "paused"
    assert signed_in_api.post(moves, {"move": "resume"}, format="json").status_code == 403


def test_make_by_api_when_something_lacks_then_400_beside_the_field(staff_api):
    now = clock.now()
    sent = {
        "code": "x", "name_zh_hans": "x", "name_en": "x", "segment": SegmentFactory().code,
        "starts_at": now.isoformat(), "ends_at": now.isoformat(), "points": 10,
    }  # fmt: skip

    answer = staff_api.post("/api/v1/staff/campaigns", sent, format="json")

    assert answer.status_code == 400
    assert {error["attr"] for error in answer.json()["errors"]} == {
        "title_zh_hans", "ends_at", "budget_points",
    }  # fmt: skip
    said = {"conditions": {"tier_from": 4, "tier_to": 2}}
    wrong = staff_api.post("/api/v1/staff/segments/count", said, format="json").json()["errors"]
    assert [error["attr"] for error in wrong] == ["conditions.tier_to"]
    assert not CampaignFactory._meta.model.objects.filter(code="x").exists()
