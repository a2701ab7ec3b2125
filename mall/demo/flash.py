"""The demo shop's flash sales: one that runs, and one on each of the next evenings."""

from datetime import datetime, time, timedelta

from django.db import transaction

from accounts.models import User
from catalog.models import Product, Sku
from mall.core import clock
from mall.core.errors import DomainError
from mall.core.transactions import transactional
from mall.demo.members import CAST
from orders.flash import redemption as flash
from orders.flash import registration
from orders.flash import sessions as flash_sessions
from orders.models import FlashItem, FlashSession

EVENINGS = 3
EVENING, LASTS = time(20), timedelta(hours=2)
ITEMS = 6
LOTS, LOT_PIECES = 2, 3
KEPT_PIECES = 12  # for the ordinary shelf
PIECES = (8, 12, 20, 10, 16, 6)
PRICE_PERCENT = (40, 45, 50, 50, 60, 45)


@transactional
def lay_out() -> int:
    """Announce sessions when none runs or comes next; return how many are new. A second call adds
    nothing.
    """
    now = clock.now()
    if FlashSession.objects.current(now).exists():
        return 0
    skus = _choose()
    if not skus:
        return 0
    running = _open(
        now - timedelta(minutes=25), timedelta(hours=3), "今日快闪", "Today's flash", skus[:ITEMS]
    )
    _let_some_buy(running)
    _draw_by_lot(now, skus[:ITEMS])
    evenings = [_evening(days) for days in range(EVENINGS + 1)]
    coming = [evening for evening in evenings if evening > now + timedelta(hours=3)][:EVENINGS]
    for number, starts_at in enumerate(coming):
        goods = (skus[ITEMS:] or skus)[number * 3 :][:3] or skus[:3]
        _open(starts_at, LASTS, "晚八点秒杀", "Eight o'clock sale", goods)
    return 2 + len(coming)


def _choose() -> list[Sku]:
    """Return goods with plenty on the shelf, each product once: some for every purse, then the
    others.
    """
    modes = (Product.PayMode.POINTS, Product.PayMode.POINTS_CASH)
    plenty = Sku.objects.filter(
        product__pay_mode__in=modes, is_active=True, stock__quantity__gte=max(PIECES) + KEPT_PIECES
    )
    found = (
        plenty.filter(product__status=Product.Status.ON)
        .select_related("product")
        .order_by("points_price", "pk")
    )
    by_product = {}
    for sku in found:
        by_product.setdefault(sku.product_id, sku)
    goods = list(by_product.values())
    spread = goods[2 :: max(1, len(goods) // ITEMS)][:ITEMS]
    return spread + [sku for sku in reversed(goods) if sku not in spread]


def _draw_by_lot(now, skus):
    """Announce a session whose pieces are drawn by lot tomorrow, and let the cast register."""
    points_only = [sku for sku in skus if sku.points_price and not sku.cash_price][-LOTS:]
    words = {"by_lot": True, "pieces": LOT_PIECES}
    starts_at = now - timedelta(minutes=10)
    session = _open(starts_at, timedelta(days=1), "公平抽签", "Drawn by lot", points_only, **words)
    cast = User.objects.filter(username__in=[username for username, *_rest in CAST])
    for item in session.items.order_by("pk"):
        for user in cast.order_by("pk"):
            _register(user, item)


def _register(user, item):
    try:
        with transaction.atomic():  # a refusal leaves nothing of itself
            registration.register(user, item=item.pk)
    except DomainError:
        return  # too few points, or no address


def _open(starts_at, lasts, zh, en, skus, *, by_lot=False, pieces=0) -> FlashSession:
    ends_at = starts_at + lasts
    names = {"name": zh, "name_zh_hans": zh, "name_en": en}
    session = FlashSession.objects.create(
        **names, starts_at=starts_at, ends_at=ends_at, by_lot=by_lot
    )
    for number, sku in enumerate(skus):
        FlashItem.objects.create(
            session=session,
            sku=sku,
            points_price=max(1, sku.points_price * PRICE_PERCENT[number % ITEMS] // 100),
            cash_price=sku.cash_price,
            stock=pieces or PIECES[number % ITEMS],
            position=number,
        )
    return flash_sessions.announce(session, actor="system")


def _let_some_buy(session):
    """Let the cast, whoever has the points, take some: the first item is as good as gone."""
    buyers = list(
        User.objects.filter(username__in=[username for username, *_rest in CAST]).order_by("pk")
    )
    for number, item in enumerate(session.items.select_related("session", "sku__product")):
        if item.cash_price:
            continue  # nobody here pays within five minutes
        for user in buyers[: item.stock] if number == 0 else buyers[number::2]:
            _buy(user, item)


def _buy(user, item):
    try:
        with transaction.atomic():  # a refusal leaves nothing of itself
            flash.redeem(user, item=item, quantity=1, key=f"demo-flash-{item.pk}")
    except DomainError:
        return  # too few points, or no address: somebody else's luck


def _evening(days) -> datetime:
    return datetime.combine(clock.today() + timedelta(days=days), EVENING, tzinfo=clock.SHOP_ZONE)
