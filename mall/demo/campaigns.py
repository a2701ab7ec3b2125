"""The demo shop's campaigns: one that ended so long ago that all its figures are read, one that
runs, and the drafts every shop begins with.
"""

from datetime import timedelta
from decimal import Decimal

from accounts.models import User
from mall.core import clock
from mall.core.transactions import transactional
from mall.demo.early_days import FRIENDS
from mall.demo.members import ADMIN, CAST
from marketing.campaigns import gifts, lifecycle, readings, segments, sweep, tags
from marketing.models import Campaign, Segment
from orders.models import CouponTemplate

OVER, RUNNING = "hello-again", "thank-you-week"
TAG = "老客"
DAYS_AGO, LASTS = 100, timedelta(days=2)


@transactional
def lay_out() -> int:
    """Run both campaigns; return how many are new. A second call adds nothing, and without the
    demo's clerk nobody could have made them.
    """
    clerk = User.objects.filter(username=ADMIN[0]).first()
    coupon = CouponTemplate.objects.filter(name_en="Nice to meet you").first()
    if clerk is None or coupon is None or Campaign.objects.filter(code=OVER).exists():
        return 0
    names = [username for username, *_rest in (*CAST, *FRIENDS)]
    cast = User.objects.filter(username__in=names)
    now = clock.now()
    segment = Segment(code="regulars", name_zh_hans="老客", name_en="Regulars")
    segment.conditions = {"tags": [TAG]}
    with clock.at(now - timedelta(days=DAYS_AGO)):
        known = cast.filter(date_joined__lt=clock.now()).values_list("pk", flat=True)
        tags.give(list(known), TAG, actor=clerk)
        over = _schedule(_over(segments.save(segment, actor=clerk), coupon), clerk)
    with clock.at(over.ends_at):
        lifecycle.end_due()
    readings.read_due()
    tags.give(list(cast.values_list("pk", flat=True)), TAG, actor=clerk)
    _schedule(_running(segment), clerk)
    return 2


def _schedule(campaign, clerk) -> Campaign:
    """Start a campaign at once, draw its arms and give what is planned."""
    campaign = lifecycle.schedule(lifecycle.keep(campaign, actor=clerk), actor=clerk)
    lifecycle.begin_due()
    sweep.draw_batch(campaign.pk)
    gifts.give_batch(campaign.pk)
    return campaign


def _over(segment, coupon) -> Campaign:
    now = clock.now()
    return Campaign(
        code=OVER,
        name_zh_hans="好久不见",
        name_en="Hello again",
        segment=segment,
        starts_at=now,
        ends_at=now + LASTS,
        coupon=coupon,
        budget_yuan=Decimal("400.00"),
        title_zh_hans="一张见面礼送给你",
        title_en="A small coupon for you",
        text_zh_hans="下次结算时可以用。",
        text_en="Use it at your next checkout.",
        reason_zh_hans="因为你常来。",
        reason_en="Because you come by often.",
        holdout_percent=40,
        secret=segment.code,  # every demo shop draws the same
        goal=Campaign.Goal.BACK_7,
    )


def _running(segment) -> Campaign:
    now = clock.now()
    return Campaign(
        code=RUNNING,
        name_zh_hans="感谢周",
        name_en="Thank-you week",
        segment=segment,
        starts_at=now,
        ends_at=now + timedelta(days=7),
        points=20,
        budget_points=1000,
        title_zh_hans="送你 20 积分",
        title_en="20 points for you",
        text_zh_hans="谢谢一路相伴。",
        text_en="Thank you for staying with us.",
        reason_zh_hans="因为你是老客。",
        reason_en="Because you are one of our regulars.",
        holdout_percent=25,
        secret=OVER,
        goal=Campaign.Goal.BACK_30,
    )
