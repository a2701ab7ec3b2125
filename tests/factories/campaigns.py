"""The least valid segments and campaigns, and what it takes for one to have run."""

from datetime import timedelta

import factory

from mall.core import clock
from marketing.campaigns import lifecycle, tags
from marketing.models import Campaign, Segment
from tests.factories.points import MemberFactory, member_with

TAG = "chosen"


class SegmentFactory(factory.django.DjangoModelFactory):
    """Those who were tagged ``TAG``."""

    class Meta:
        model = Segment

    code = factory.Sequence(lambda n: f"segment-{n}")
    name_zh_hans = factory.Sequence(lambda n: f"分群 {n}")
    name_en = factory.Sequence(lambda n: f"Segment {n}")
    conditions = factory.LazyFunction(lambda: {"tags": [TAG]})


class CampaignFactory(factory.django.DjangoModelFactory):
    """A draft of ten points and a message for those tagged, a week long, a fifth held out."""

    class Meta:
        model = Campaign

    code = factory.Sequence(lambda n: f"campaign-{n}")
    name_zh_hans = name_en = "Come back"
    segment = factory.SubFactory(SegmentFactory)
    starts_at = factory.LazyFunction(clock.now)
    ends_at = factory.LazyFunction(lambda: clock.now() + timedelta(days=7))
    points = 10
    budget_points = 100_000
    title_zh_hans, title_en = "送你 10 积分", "10 points for you"
    text_zh_hans, text_en = "回来看看吧。", "Have a look."
    reason_zh_hans, reason_en = "因为你好久没来了。", "Because you have been away."


def tagged(number, *, tag=TAG):
    """Return so many members with an account of points and a tag."""
    members = [member_with(0) for _each in range(number)]
    tags.give([member.pk for member in members], tag, actor=operator())
    return members


def operator():
    """Return somebody behind the counter."""
    return MemberFactory(is_staff=True)


def started(**words):
    """Return a campaign that was scheduled and begun."""
    campaign = lifecycle.schedule(CampaignFactory(**words), actor=operator())
    lifecycle.begin_due()
    return Campaign.objects.get(pk=campaign.pk)
