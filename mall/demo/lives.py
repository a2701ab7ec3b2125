"""An ordinary life in the demo shop: joined some days ago, comes by, checks in, orders."""

from datetime import date, datetime, time, timedelta

from mall.core import clock
from mall.demo.story import give_address

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
LONGEST_LOOK = timedelta(minutes=20)


def plan_ordinary_life(story, shopper, *, days, share, orders):
    """Plan sign-up, visits, check-ins and orders up to now, as the shopper's luck has it."""
    luck = shopper.luck
    joined = moment(days_ago(days), "{:02}:{:02}", luck.randrange(7, 23), luck.randrange(60))
    story.then(joined, story.join, shopper)
    story.then(joined + timedelta(seconds=70), _settle, shopper)
    visits = [joined + timedelta(minutes=2)]
    for day in range(days - 1, -1, -1):
        if luck.random() < share:
            visits.append(
                moment(days_ago(day), "{:02}:{:02}", luck.randrange(7, 23), luck.randrange(60))
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


def days_ago(days) -> date:
    """Return the shop day so many days ago."""
    return clock.today() - timedelta(days=days)


def moment(day, at, *numbers) -> datetime:
    """Return an instant of a shop day, ``at`` being hours and minutes with places for numbers."""
    return datetime.combine(day, time.fromisoformat(at.format(*numbers)), tzinfo=clock.SHOP_ZONE)
