"""The demo shop's members: ``demo`` with a life worth looking at, and a dozen others."""

from datetime import date, timedelta

from django.conf import settings

from accounts import registration
from accounts.models import User
from catalog import popularity
from mall.core import clock
from mall.core.transactions import transactional
from mall.demo import early_days, missions, streaks
from mall.demo.lives import days_ago, moment, plan_ordinary_life
from mall.demo.shop import OPENED_DAYS_AGO
from mall.demo.story import Shopper, Story, give_address, offers
from marketing.notices import reminders
from points import event_delivery, ledger

DEMO = ("demo", "demo-points-mall", "小满")
ADMIN = ("admin", "admin-points-mall", "店长")
# Username, nickname, days since they joined, share of days they come by, orders they placed.
CAST = (
    ("ahe", "阿禾", 55, 0.8, 8),
    ("lintang", "林棠", 52, 0.55, 5),
    ("zhouzhou", "周周不上班", 49, 0.9, 11),
    ("nanfeng", "南风知我意", 44, 0.35, 2),
    ("taozi", "桃子汽水", 41, 0.75, 7),
    ("laochen", "老陈爱喝茶", 38, 0.95, 6),
    ("yuanyuan", "圆圆", 33, 0.5, 3),
    ("beiyu", "北屿", 27, 0.65, 5),
    ("qiuqiu", "秋秋在路上", 21, 0.7, 4),
    ("mumian", "木棉", 14, 0.85, 4),
    ("dashan", "大山", 9, 0.6, 2),
    ("xiaolu", "小鹿乱撞", 4, 0.9, 1),
)


def open_with_cast(progress=iter) -> int:
    """Let the cast live through the time since the shop opened; return how many members are new.

    One transaction, told in the order of time. Who finds any of the cast already there leaves all
    as it is. The sign-ins ``demo`` and ``admin`` have public passwords: they are made only where
    ``settings.DEMO_SIGN_INS`` says so.
    """
    names = [DEMO[0], ADMIN[0]] if settings.DEMO_SIGN_INS else []
    names += [username for username, *_rest in (*CAST, *early_days.FRIENDS)]
    if User.objects.filter(username__in=names).exists():
        return 0
    _tell_of_the_cast(progress)
    return len(names)


@transactional
def _tell_of_the_cast(progress):
    now = clock.now()
    clerk = "system"
    if settings.DEMO_SIGN_INS:
        with clock.at(moment(days_ago(OPENED_DAYS_AGO), "08:30")):
            clerk = f"staff:{_make_admin().pk}"
    story = Story(offers(), until=now, clerk=clerk)
    for username, nickname, joined, share, orders in CAST:
        plan_ordinary_life(
            story, Shopper(username, nickname), days=joined, share=share, orders=orders
        )
    early_days.plan(story)
    if settings.DEMO_SIGN_INS:
        demo = _plan_life_of_demo(story, clerk)
    story.then(moment(days_ago(missions.OPENED_DAYS_AGO), "07:00"), missions.open_all)
    for days in range(6, 0, -1):
        story.then(moment(days_ago(days), "19:00"), reminders.remind_streaks)
    # what follows bears the day of its fact: notices of months ago are no news of today
    story.tell(progress, at_dusk=event_delivery.hear_opened)
    if settings.DEMO_SIGN_INS:
        _bring_demo_to_today(story, demo)
    popularity.refresh()


def _make_admin() -> User:
    username, password, nickname = ADMIN
    admin = registration.register(
        username, f"{username}@example.com", password, nickname=nickname, email_verified=True
    )
    User.objects.filter(pk=admin.pk).update(
        is_staff=True, is_superuser=True, date_joined=clock.now()
    )
    return admin


# --- the life of demo -----------------------------------------------------------
JOINED = 47
# Days ago without a visit; the last ones, more than the tier has shields for, begin the streak that
# ended yesterday.
MISSED = {41, 40, 33, 26, 25, 19, 12, 11, 7, 6, 5}
# The other visits are in the morning; these come after the evening's reminder.
LATE = {15, 3, 1}


def _plan_life_of_demo(story, clerk) -> Shopper:
    demo = Shopper(DEMO[0], DEMO[2])
    joined = moment(days_ago(JOINED), "20:12")
    story.then(joined, story.join, demo, password=DEMO[1])
    story.then(joined + timedelta(minutes=1), story.check_in, demo)
    story.then(joined + timedelta(minutes=5), _furnish, demo)
    for days in sorted(set(range(1, JOINED)) - MISSED, reverse=True):
        visit = moment(days_ago(days), "20:3{}" if days in LATE else "08:1{}", days % 10)
        story.then(visit, story.visit, demo)
        story.then(visit + timedelta(minutes=1), story.check_in, demo)
    for days, at, slug, words in (
        (39, "12:20", "dish-sponge", {"quantity": 2}),
        (29, "13:05", "acacia-honey", {}),
        (18, "21:40", "cedar-candle", {"outcome": "forgets"}),
        (16, "09:30", "brass-bookmark", {"outcome": "cancels"}),
        (10, "12:45", "dark-chocolate", {}),
        (5, "12:30", "milk-tea-voucher", {}),
        (2, "13:10", "handmade-soap", {}),
        (1, "20:50", "plant-a-tree", {"outcome": "waits"}),
    ):
        story.then(moment(days_ago(days), at), story.order, demo, slug, **words)
    for days, points, good_for, what in (
        (20, 2600, 38, "开箱测评奖励"),
        (9, 300, None, "物流延误补偿"),
        (8, -100, None, "更正重复补偿"),
    ):
        story.then(moment(days_ago(days), "15:00"), _adjust, demo, points, good_for, what, clerk)
    streaks.plan(story, demo, clerk)
    return demo


def _furnish(demo):
    User.objects.filter(pk=demo.user.pk).update(birthday=date(1995, 5, 20))
    give_address(
        demo,
        recipient="林小满",
        phone="13800138000",
        region="上海市 徐汇区",
        detail="梧桐路 88 号 3 栋 502 室",
    )
    give_address(
        demo,
        recipient="林先生（公司）",
        phone="13900139000",
        region="上海市 浦东新区",
        detail="世纪大道 100 号 27 层前台",
    )


def _adjust(shopper, points, good_for, what, clerk):
    expires_on = clock.today() + timedelta(days=good_for) if good_for else ledger.DEFAULT
    key = f"adjust:demo-{clock.today()}"
    ledger.adjust(
        shopper.user.pk,
        points=points,
        key=key,
        actor=clerk,
        note=what,
        description=what,
        expires_on=expires_on,
    )


def _bring_demo_to_today(story, demo):
    """Leave today to whoever tries the shop: one order just placed and waiting for its payment, the
    check-in open.
    """
    story.order(demo, "anc-headphones", points_to_use=300, outcome="waits")
