"""The demo shop's lucky draws: one that is open for a week, with the demo member's free ticket
still to be drawn, and one that was over an hour ago, so that it can be checked.
"""

from datetime import timedelta

from accounts.models import User
from catalog.models import Product, Sku
from mall.core import clock, lots
from mall.core.transactions import transactional
from mall.demo.members import CAST, DEMO
from marketing.draws import drawing, programme, tickets
from marketing.models import Draw, DrawPrize, DrawTicket, Mission
from orders.models import CouponTemplate

Kind = DrawPrize.Kind
KEPT_PIECES = 10  # for the ordinary shelf
OPEN, OVER = "autumn-wheel", "last-wheel"
EACH_DREW = 3


@transactional
def lay_out() -> int:
    """Announce both draws; return how many are new. A second call adds nothing."""
    if Draw.objects.exists():
        return 0
    now = clock.now()
    with clock.at(now - timedelta(hours=27)):
        seed = lots.hash_of(OVER.encode())  # the same shop each time
        over = _announce(_over(now), _prizes(points=False), seed=seed)
    _let_cast_draw(over, now - timedelta(hours=2))
    programme.settle_due(now)
    running = _announce(_running(now), _prizes(points=True))
    _give_demo_tickets(running)
    return 2


def _over(now) -> Draw:
    return Draw(
        code=OVER,
        title_zh_hans="昨日转盘",
        title_en="Yesterday's wheel",
        text_zh_hans="已经结束，种子已公开，人人都能验算。",
        text_en="It is over: the seed is shown, and anybody can work it out again.",
        starts_at=now - timedelta(hours=26),
        ends_at=now - timedelta(hours=1),
        free_per_day=EACH_DREW,
        draws_per_day=EACH_DREW,
        pity_after=4,
    )


def _running(now) -> Draw:
    return Draw(
        code=OPEN,
        title_zh_hans="秋日大转盘",
        title_en="Autumn wheel",
        text_zh_hans="每天一次免费机会，概率全部公开。",
        text_en="One free turn a day, and every chance written down.",
        starts_at=now - timedelta(minutes=5),
        ends_at=now + timedelta(days=7),
        free_per_day=1,
        draws_per_day=5,
        price_points=60,
        pity_after=8,
    )


def _prizes(*, points) -> list[DrawPrize]:
    coupon = CouponTemplate.objects.filter(name_en="Afternoon tea").first()
    found = [_goods(Product.Kind.PHYSICAL, weight=2, stock=3)]
    if points:
        found += [
            _prize(Kind.POINTS, "500 积分", "500 points", 5, points=500, stock=20),
            _prize(Kind.POINTS, "50 积分", "50 points", 60, points=50, is_pity=True),
            _prize(Kind.POINTS, "5 积分", "5 points", 200, points=5),
        ]
    if coupon is not None:
        words = {"coupon": coupon, "stock": 100, "is_pity": not points}
        found.append(_prize(Kind.COUPON, "下午茶立减券", "Tea coupon", 80, **words))
    found.append(_prize(Kind.THANKS, "谢谢参与", "Thank you", 300))
    return [prize for prize in found if prize is not None]


def _goods(kind, **words) -> DrawPrize | None:
    plenty = Sku.objects.filter(
        product__kind=kind,
        product__status=Product.Status.ON,
        is_active=True,
        stock__quantity__gte=words["stock"] + KEPT_PIECES,
    )
    sku = plenty.select_related("product").order_by("points_price", "pk").last()
    if sku is None:
        return None
    names = (sku.product.name_zh_hans or sku.product.name, sku.product.name_en or sku.product.name)
    return _prize(Kind.GOODS, *names, words.pop("weight"), sku=sku, **words)


def _prize(kind, zh, en, weight, **words) -> DrawPrize:
    words = {"name_zh_hans": zh, "name_en": en, "weight": weight, **words}
    return DrawPrize(kind=kind, **words)


def _announce(draw, prizes, **words) -> Draw:
    draw.save()
    for position, prize in enumerate(prizes, 1):
        prize.draw, prize.position = draw, position
        prize.save()
    return programme.announce(draw, actor="system", **words)


def _let_cast_draw(draw, at):
    names = [DEMO[0], *(username for username, *_rest in CAST)]
    cast = User.objects.filter(username__in=names)
    with clock.at(at):
        for user in cast.order_by("pk"):
            for turn in range(EACH_DREW):
                drawing.draw(user, draw.code, key=f"demo-{draw.code}-{turn}")


def _give_demo_tickets(draw):
    """Let a mission give tickets, and the demo member have two."""
    Mission.objects.filter(code="weekly-checkins").update(tickets=1, ticket_draw=draw)
    demo = User.objects.filter(username=DEMO[0]).first()
    if demo is not None:
        keys = [f"demo:ticket:{place}" for place in (1, 2)]
        tickets.give(demo.pk, draw.pk, keys, DrawTicket.Source.MISSION)
