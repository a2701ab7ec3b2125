"""A crowd for the demo shop, on request: as many members as wanted, with nobody's face."""

from accounts.models import User
from catalog import stock
from mall.core import clock
from mall.core.transactions import transactional
from mall.demo.figures import count_up
from mall.demo.lives import days_ago, plan_ordinary_life
from mall.demo.story import Shopper, Story, offers

CROWD = "member"
DELIVERED_PER_ORDER = 12
FIRST_HALVES = ("云朵", "柚子", "海盐", "松果", "月亮", "橘子", "山茶", "麦芽", "星星", "薄荷")
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
    count_up(days_ago(days))
    return len(missing)


@transactional
def _live_through(username, *, days, orders, choices):
    shopper = Shopper(username, "")
    luck = shopper.luck
    shopper.nickname = luck.choice(FIRST_HALVES) + luck.choice(SECOND_HALVES)
    story = Story(choices, until=clock.now())
    plan_ordinary_life(
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
