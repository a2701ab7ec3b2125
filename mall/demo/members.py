"""The demo shop's members: ``demo`` with a life worth looking at, a dozen others, and a crowd on
request.
"""

from datetime import date, datetime, time, timedelta

from django.conf import settings

from accounts import registration
from accounts.models import User
from catalog import popularity, stock
from mall.core import clock
from mall.core.transactions import transactional
from mall.demo import missions
from mall.demo.shop import OPENED_DAYS_AGO
from mall.demo.story import Shopper, Story, give_address, offers
from marketing.analytics import rollup
from marketing.notices import inbox, reminders
from points import ledger

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
REGIONS = (
    "上海市 徐汇区",
    "浙江省 杭州市 西湖区",
    "四川省 成都市 武侯区",
    "广东省 广州市 天河区",
    "北京市 朝阳区",
    "江苏省 南京市 鼓楼区",
)
STREETS = ("梧桐路", "望江街", "青年路", "桂花巷", "学院路", "滨河大道")
FAMILY_NAMES = "王李张刘陈杨赵黄周吴徐孙"
GIVEN_NAMES = ("悦然", "子墨", "思源", "雨桐", "嘉树", "清和", "明远", "若溪")
FIRST_HALVES = ("云朵", "柚子", "海盐", "松果", "月亮", "橘子", "山茶", "麦芽", "星星", "薄荷")
CROWD = "member"
LONGEST_LOOK = timedelta(minutes=20)
DELIVERED_PER_ORDER = 12
SECOND_HALVES = (
    "汽水",
    "收藏家",
    "邮局",
    "先生",
    "同学",
    "不加糖",
    "慢慢走",
    "在路上",
    "小铺",
    "观察员",
)


def open_with_cast(progress=iter) -> int:
    """Let the cast live through the weeks since the shop opened; return how many members are new.

    One transaction, told in the order of time. Who finds any of the cast already there leaves all
    as it is. The sign-ins ``demo`` and ``admin`` have public passwords: they are made only where
    ``settings.DEMO_SIGN_INS`` says so.
    """
    names = [DEMO[0], ADMIN[0]] if settings.DEMO_SIGN_INS else []
    names += [username for username, *_rest in CAST]
    if User.objects.filter(username__in=names).exists():
        return 0
    _tell_of_the_cast(progress)
    return len(names)


@transactional
def _tell_of_the_cast(progress):
    now = clock.now()
    clerk = "system"
    if settings.DEMO_SIGN_INS:
        with clock.at(_moment(_days_ago(OPENED_DAYS_AGO), "08:30")):
            clerk = f"staff:{_make_admin().pk}"
    story = Story(offers(), until=now, clerk=clerk)
    for username, nickname, joined, share, orders in CAST:
        _plan_ordinary_life(
            story, Shopper(username, nickname), days=joined, share=share, orders=orders
        )
    if settings.DEMO_SIGN_INS:
        demo = _plan_life_of_demo(story, clerk)
    story.then(_moment(_days_ago(missions.OPENED_DAYS_AGO), "07:00"), missions.open_all)
    for days in range(6, 0, -1):
        story.then(_moment(_days_ago(days), "19:00"), reminders.remind_streaks)
    story.tell(progress)
    if settings.DEMO_SIGN_INS:
        _bring_demo_to_today(story, demo)
    count_up(_days_ago(OPENED_DAYS_AGO))


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
# Days ago without a visit; the last one begins the streak that ended yesterday.
MISSED = {41, 40, 33, 26, 25, 19, 12, 11, 6}
# The other visits are in the morning; these come after the evening's reminder.
LATE = {15, 3, 1}


def _plan_life_of_demo(story, clerk) -> Shopper:
    demo = Shopper(DEMO[0], DEMO[2])
    joined = _moment(_days_ago(JOINED), "20:12")
    story.then(joined, story.join, demo, password=DEMO[1])
    story.then(joined + timedelta(minutes=1), story.check_in, demo)
    story.then(joined + timedelta(minutes=5), _furnish, demo)
    for days in sorted(set(range(1, JOINED)) - MISSED, reverse=True):
        visit = _moment(_days_ago(days), "20:3{}" if days in LATE else "08:1{}", days % 10)
        story.then(visit, story.visit, demo)
        story.then(visit + timedelta(minutes=1), story.check_in, demo)
    for days, at, slug, words in (
        (39, "12:20", "dish-sponge", {"quantity": 2}),
        (29, "13:05", "acacia-honey", {}),
        (18, "21:40", "cedar-candle", {"outcome": "forgets"}),
        (16, "09:30", "brass-bookmark", {"outcome": "cancels"}),
        (10, "12:45", "dark-chocolate", {}),
        (5, "12:30", "milk-tea-voucher", {"quantity": 2}),
        (2, "13:10", "handmade-soap", {}),
        (1, "20:50", "plant-a-tree", {"outcome": "waits"}),
    ):
        story.then(_moment(_days_ago(days), at), story.order, demo, slug, **words)
    for days, points, good_for, what in (
        (20, 2600, 38, "开箱测评奖励"),
        (9, 300, None, "物流延误补偿"),
        (8, -100, None, "更正重复补偿"),
    ):
        story.then(_moment(_days_ago(days), "15:00"), _adjust, demo, points, good_for, what, clerk)
    story.then(_moment(_days_ago(3), "20:40"), _read_inbox, demo)
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


def _read_inbox(shopper):
    inbox.mark_read(shopper.user)


def _bring_demo_to_today(story, demo):
    """Leave today to whoever tries the shop: one order just placed and waiting for its payment, the
    check-in open.
    """
    story.order(demo, "anc-headphones", points_to_use=300, outcome="waits")


# --- ordinary lives -------------------------------------------------------------
def _plan_ordinary_life(story, shopper, *, days, share, orders):
    """Plan sign-up, visits, check-ins and orders up to now, as the shopper's luck has it."""
    luck = shopper.luck
    joined = _moment(_days_ago(days), "{:02}:{:02}", luck.randrange(7, 23), luck.randrange(60))
    story.then(joined, story.join, shopper)
    story.then(joined + timedelta(seconds=70), _settle, shopper)
    visits = [joined + timedelta(minutes=2)]
    for day in range(days - 1, -1, -1):
        if luck.random() < share:
            visits.append(
                _moment(_days_ago(day), "{:02}:{:02}", luck.randrange(7, 23), luck.randrange(60))
            )
    for visit in visits:
        story.then(visit, story.visit, shopper)
        if luck.random() < 0.85:
            story.then(visit + timedelta(seconds=40), story.check_in, shopper)
    # Not at a visit still to come today: that order would be missing from the number asked for.
    past = [visit for visit in visits if visit + LONGEST_LOOK < story.until]
    for visit in luck.choices(past, k=orders):
        story.then(
            visit + timedelta(seconds=luck.randrange(120, int(LONGEST_LOOK.total_seconds()))),
            story.wish,
            shopper,
        )


def _settle(shopper):
    luck = shopper.luck
    give_address(
        shopper,
        recipient=luck.choice(FAMILY_NAMES) + luck.choice(GIVEN_NAMES),
        phone=f"139{luck.randrange(10**8):08}",
        region=luck.choice(REGIONS),
        detail=f"{luck.choice(STREETS)} {luck.randrange(1, 300)} 号",
    )


# --- the crowd --------------------------------------------------------------------
def invite_crowd(members: int, *, days: int, orders: int, progress=iter) -> int:
    """Let ``members`` more people come by over ``days`` and wish for ``orders`` orders; return how
    many are new.

    One transaction each, so it can be stopped and run again: who is there already stays as they
    are.
    """
    known = set(User.objects.filter(username__startswith=CROWD).values_list("username", flat=True))
    missing = [number for number in range(members) if _crowd_name(number) not in known]
    if not missing:
        return 0
    # Keys are counted one by one: a crowd would soon have used them up.
    choices = _deliver_for(
        {slug: offer for slug, offer in offers().items() if not offer.has_keys}, orders
    )
    for number in progress(missing):
        # Spread evenly, whatever part of the crowd an earlier run brought.
        wishes = orders * (number + 1) // members - orders * number // members
        _live_through(_crowd_name(number), days=days, orders=wishes, choices=choices)
    count_up(_days_ago(days))
    return len(missing)


@transactional
def _live_through(username, *, days, orders, choices):
    shopper = Shopper(username, "")
    luck = shopper.luck
    shopper.nickname = luck.choice(FIRST_HALVES) + luck.choice(SECOND_HALVES)
    story = Story(choices, until=clock.now())
    _plan_ordinary_life(
        story,
        shopper,
        days=luck.randrange(1, days + 1),
        share=luck.uniform(0.2, 0.9),
        orders=orders,
    )
    story.tell()


def _deliver_for(choices, orders) -> dict:
    """Book the deliveries a crowd needs, so that it does not empty the shelves; once per size of
    the delivery.
    """
    if orders <= len(choices):
        return choices
    for offer in choices.values():
        pieces = orders * DELIVERED_PER_ORDER // len(choices)
        stock.receive(
            offer.sku,
            quantity=pieces,
            actor="seed_demo",
            note="补货",
            reference=f"demo-crowd:{offer.slug}:{pieces}",
        )
    return choices


def _crowd_name(number) -> str:
    return f"{CROWD}{number + 1:06}"


def count_up(first: date) -> None:
    """Rebuild the daily figures since a shop day and the order "most popular"."""
    today = clock.today()
    for day in range((today - first).days + 1):
        rollup.roll_up(first + timedelta(days=day))
    popularity.refresh()


def _days_ago(days) -> date:
    return clock.today() - timedelta(days=days)


def _moment(day, at, *numbers) -> datetime:
    """Return an instant of a shop day, ``at`` being hours and minutes with places for numbers."""
    return datetime.combine(day, time.fromisoformat(at.format(*numbers)), tzinfo=clock.SHOP_ZONE)
