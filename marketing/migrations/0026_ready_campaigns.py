"""Four campaigns a new shop may start with, and their segments. They are drafts: an operator looks at them, sets the days, then schedules them."""

from datetime import timedelta

from django.db import migrations
from django.utils import timezone

DAYS = 14
# code, zh name, en name, conditions
SEGMENTS = [
    ("win-back", "久未下单", "Have not ordered for a while",
     {"silent_days": 60, "orders_from": 1}),
    ("second-order", "只买过一次", "Bought once",
     {"orders_from": 1, "orders_to": 1, "ordered_days": 30}),
    ("expiring-points", "积分快到期", "About to lose points",
     {"expiring_points": 100, "expiring_days": 30}),
    ("tier-within-reach", "离升级不远", "Close to the next tier",
     {"next_tier_within": 200}),
]  # fmt: skip
# code of the segment too, zh name, en name, what it gives, zh and en title, text, reason, link
CAMPAIGNS = [
    ("win-back", "召回老朋友", "Win back",
     {"points": 100, "budget_points": 100_000, "goal": "back_30"},
     "送你 100 积分，回来看看", "100 points for you",
     "好久不见，积分已经放进你的账户。", "It has been a while. The points are in your account.",
     "因为你已经有一阵子没下单了。", "Because you have not ordered for a while.", "/products/"),
    ("second-order", "第二单双倍积分", "Second order",
     {"earn_percent": 200, "budget_points": 50_000, "goal": "buys_90"},
     "下一单，积分翻倍", "Double points for your next order",
     "活动期间下单，积分按双倍计算。", "Orders of these days earn twice as much.",
     "因为这是你的第二单。", "Because it would be your second order.", "/products/"),
    ("expiring-points", "积分到期提醒", "Expiring points",
     {"goal": "buys_90"},
     "别让积分白白过期", "Use your points in time",
     "看看现在能换什么。", "Have a look at what they can buy now.",
     "因为你有积分快要到期了。", "Because some of your points expire soon.", "/products/"),
    ("tier-within-reach", "再努力一点就升级", "Tier within reach",
     {"goal": "back_7"},
     "离下一级只差一点点", "The next tier is close",
     "签到、任务和购物都能攒成长积分。", "Check-ins, missions and orders bring you there.",
     "因为你离下一个等级不远了。", "Because you are close to the next tier.", "/missions/"),
]  # fmt: skip


def add_drafts(apps, schema_editor):
    segment_model, campaign_model = (
        apps.get_model("marketing", "Segment"),
        apps.get_model("marketing", "Campaign"),
    )
    starts_at, made = timezone.now(), {}
    for code, zh, en, conditions in SEGMENTS:
        words = {"name": zh, "name_zh_hans": zh, "name_en": en, "conditions": conditions}
        made[code], _new = segment_model.objects.get_or_create(code=code, defaults=words)
    for code, zh, en, gives, title, title_en, text, text_en, reason, reason_en, link in CAMPAIGNS:
        words = {"name": zh, "name_zh_hans": zh, "name_en": en}
        words |= {"title": title, "title_zh_hans": title, "title_en": title_en}
        words |= {"text": text, "text_zh_hans": text, "text_en": text_en}
        words |= {"reason": reason, "reason_zh_hans": reason, "reason_en": reason_en}
        words |= {"starts_at": starts_at, "ends_at": starts_at + timedelta(days=DAYS)}
        campaign_model.objects.get_or_create(
            code=code, defaults={"segment": made[code], "link": link, **words, **gives}
        )


def remove_untouched(apps, schema_editor):
    """Take the drafts away again, and segments no campaign names; what was scheduled stays."""
    campaigns = apps.get_model("marketing", "Campaign").objects
    campaigns.filter(code__in=[row[0] for row in CAMPAIGNS], status="draft").delete()
    segments = apps.get_model("marketing", "Segment").objects
    segments.filter(code__in=[row[0] for row in SEGMENTS], campaigns__isnull=True).delete()


class Migration(migrations.Migration):
    dependencies = [("marketing", "0025_referrals")]
    operations = [migrations.RunPython(add_drafts, remove_untouched)]
