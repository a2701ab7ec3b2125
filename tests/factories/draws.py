"""The least valid lucky draws, announced through the shop's own verb."""

from datetime import timedelta
from uuid import uuid4

from catalog.models import Product
from mall.core import clock
from marketing.draws import drawing, programme
from marketing.models import Draw, DrawGoods, DrawPrize
from tests.factories.orders import virtual_sku

THANKS = {"kind": "thanks", "weight": 90}
FIFTY = {"kind": "points", "points": 50, "weight": 10, "stock": 5}


def draft(*prizes, starts_in=timedelta(minutes=-1), lasts=timedelta(hours=1), **words) -> Draw:
    """A draft whose window is open now, with these prizes and a line of thanks."""
    starts_at = clock.now() + starts_in
    fresh = {
        "code": f"draw-{uuid4().hex[:8]}",
        "title_zh_hans": "幸运抽奖",
        "title_en": "Lucky draw",
        "starts_at": starts_at,
        "ends_at": starts_at + lasts,
        "draws_per_day": 100,
        "free_per_day": 1,
    }
    draw = Draw.objects.create(**{**fresh, **words})
    lines = list(prizes) or [FIFTY]
    if not any(prize["kind"] == "thanks" for prize in lines):
        lines.append(THANKS)
    for position, prize in enumerate(lines, 1):
        names = {"name_zh_hans": f"奖品 {position}", "name_en": f"Prize {position}"}
        DrawPrize.objects.create(draw=draw, position=position, **{**names, **prize})
    return draw


def announced(*prizes, **words) -> Draw:
    """The same, announced by an operator."""
    return programme.announce(draft(*prizes, **words), actor="staff:1")


def pull(user, draw, *, key=None, points=0):
    """Draw a ticket as a member does."""
    return drawing.draw(user, draw.code, key=key or uuid4().hex, points=points)


def ticket_sku(draw, *, points=30, stock=10):
    """A SKU each piece of which is a ticket of the draw."""
    sku = virtual_sku(points=points, stock=stock)
    Product.objects.filter(pk=sku.product_id).update(kind=Product.Kind.TICKET)
    DrawGoods.objects.create(product_id=sku.product_id, draw=draw)
    sku.product.refresh_from_db()
    return sku
