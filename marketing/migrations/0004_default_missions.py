"""Eleven missions a new shop may start with. They are drafts: an operator looks at them, then switches them on."""

from django.db import migrations

# code, kind, event, target, points, by itself, after, icon, link, zh title and text, en title and text
MISSIONS = [
    ("first-checkin", "newcomer", "checkin", 1, 20, True, None, "calendar-check", "/checkin/",
     "第一次签到", "签到一次，认识一下每天的小习惯。", "Your first check-in", "Check in once and meet the little daily habit."),
    ("complete-profile", "newcomer", "profile", 1, 50, False, None, "person-check", "/account/profile/",
     "完善个人资料", "填写昵称和生日，并验证邮箱。", "Complete your profile", "Tell us your nickname and birthday and verify your e-mail."),
    ("first-redemption", "newcomer", "redeem", 1, 80, False, "first-checkin", "gift", "/products/",
     "第一次兑换", "用积分换一件喜欢的小东西。", "Your first swap", "Swap points for something you like."),
    ("daily-checkin", "daily", "checkin", 1, 5, True, None, "sun", "/checkin/",
     "今天也来签到", "每天签到一次，多拿一点积分。", "Check in today", "Check in once a day for a little extra."),
    ("daily-share", "daily", "share", 1, 10, False, None, "share", "/share/",
     "带一位朋友来看看", "今天有一位朋友打开你分享的链接。", "Bring a friend along", "One friend opens a link you shared today."),
    ("weekly-checkins", "weekly", "checkin", 5, 60, False, None, "calendar-week", "/checkin/",
     "一周签到五天", "从周一到周日，签到满五天。", "Five check-ins a week", "Check in on five days between Monday and Sunday."),
    ("weekly-order", "weekly", "order_paid", 1, 40, False, None, "bag-check", "/products/",
     "这周逛一逛", "这周完成一笔订单。", "One order this week", "Place and pay for an order this week."),
    ("weekly-spending", "weekly", "spend_cash", 100, 100, False, None, "cash-coin", "/products/",
     "这周满 100 元", "这周的订单现金累计满 100 元。", "¥100 this week", "Spend ¥100 in cash over the orders of this week."),
    ("first-review", "once", "review", 1, 30, False, None, "chat-square-heart", "/orders/",
     "写下第一条评价", "收到的宝贝好不好，告诉大家。", "Your first review", "Tell the others how you like what arrived."),
    ("five-reviews", "chain", "review", 5, 150, False, "first-review", "stars", "/orders/",
     "评价达人", "在第一条之后，再发表五条评价。", "A voice others trust", "Five more published reviews after your first one."),
    ("ten-orders", "chain", "order_completed", 10, 300, False, "first-redemption", "trophy", "/orders/",
     "老朋友", "第一次兑换之后，再收到十笔订单。", "An old friend of the shop", "Receive ten more orders after your first swap."),
]  # fmt: skip


def add_missions(apps, schema_editor):
    model, made = apps.get_model("marketing", "Mission"), {}
    for position, row in enumerate(MISSIONS, 1):
        (
            code,
            kind,
            event,
            target,
            points,
            by_itself,
            after,
            icon,
            link,
            title_zh,
            text_zh,
            title_en,
            text_en,
        ) = row
        made[code] = model.objects.create(
            code=code,
            kind=kind,
            event=event,
            target=target,
            points=points,
            is_automatic=by_itself,
            prerequisite=made.get(after),
            icon=icon,
            link=link,
            position=position * 10,
            title=title_zh,
            title_zh_hans=title_zh,
            title_en=title_en,
            text=text_zh,
            text_zh_hans=text_zh,
            text_en=text_en,
            status="draft",
        )


def remove_untouched(apps, schema_editor):
    """Take the drafts away again, children before parents; what members have begun stays."""
    model = apps.get_model("marketing", "Mission")
    for row in reversed(MISSIONS):
        model.objects.filter(
            code=row[0], status="draft", progress__isnull=True, following__isnull=True
        ).delete()


class Migration(migrations.Migration):
    dependencies = [("marketing", "0003_missions_shares_events")]
    operations = [migrations.RunPython(add_missions, remove_untouched)]
