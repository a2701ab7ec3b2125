"""What keeps a draw from being announced, each as a sentence for the operator. Reads only."""

from collections import Counter

from django.utils.translation import gettext as _

from catalog import stock
from catalog.models import Product
from mall.core import clock, lots
from marketing.models import DrawPrize

MOST_PRIZES = 12  # as many as the wheel has room for
Kind = DrawPrize.Kind
NEEDED = {Kind.GOODS: (Product.Kind.PHYSICAL, Product.Kind.VIRTUAL), Kind.KEY: ("card_key",)}


def of(draw, prizes: list[DrawPrize]) -> list[str]:
    """Return what keeps a draw with these prizes from being announced."""
    found = list(_of_table(draw, prizes))
    if draw.ends_at <= clock.now():
        found.append(_("Its time is already over."))
    return found + [*_of_goods(prizes), *_of_coupons(draw, prizes)]


def _of_table(draw, prizes):
    thanks = sum(prize.kind == Kind.THANKS for prize in prizes)
    if thanks != 1:
        yield _("Add one line of thanks: who wins nothing else gets that, and only one.")
    if len(prizes) - thanks < 1:
        yield _("Add at least one prize.")
    if len(prizes) > MOST_PRIZES:
        yield _("The wheel has room for %(most)s prizes.") % {"most": MOST_PRIZES}
    total = sum(prize.weight for prize in prizes)
    if total > lots.WEIGHTS_MOST:
        most = {"total": total, "most": lots.WEIGHTS_MOST}
        yield _("All weights together are %(total)s, and may be %(most)s at most.") % most
    if draw.pity_after and not any(prize.is_pity for prize in prizes):
        yield _("Mark at least one prize for who had no luck, or let nobody be sure to win.")
    for prize in prizes:
        if not prize.name_zh_hans and not prize.name_en:
            yield _("Prize %(no)s has no name.") % {"no": prize.position}


def _of_goods(prizes):
    goods = [prize for prize in prizes if prize.is_goods and prize.sku_id is not None]
    left, wanted = stock.available([prize.sku_id for prize in goods]), Counter()
    for prize in goods:
        product = prize.sku.product
        if product.kind not in NEEDED[prize.kind]:
            yield _("“%(product)s” is another kind of goods than its prize says.") % {
                "product": prize.sku
            }
        elif product.status == Product.Status.DRAFT:
            yield _("“%(product)s” is a draft.") % {"product": prize.sku}
        wanted[prize.sku] += prize.stock or 0
    for sku, pieces in wanted.items():
        if left[sku.pk] < pieces:
            yield too_few(sku, left[sku.pk], pieces)


def too_few(sku, left, wanted) -> str:
    """Return that the shelf has too few pieces."""
    return _("Of “%(product)s” only %(left)s are in stock, and the draw wants %(wanted)s.") % {
        "product": sku,
        "left": left,
        "wanted": wanted,
    }


def _of_coupons(draw, prizes):
    given = [prize for prize in prizes if prize.kind == Kind.COUPON and prize.coupon is not None]
    wanted, endless = Counter(), set()
    for prize in given:
        wanted[prize.coupon] += prize.stock or 0
        if prize.stock is None:
            endless.add(prize.coupon)
    for coupon, number in wanted.items():
        words = {"coupon": coupon}
        if not coupon.is_open(clock.now()) or (coupon.ends_at and coupon.ends_at < draw.ends_at):
            yield _("“%(coupon)s” is not given out until the end of the draw.") % words
        elif coupon.total and number > coupon.total - coupon.issued:
            yield _("Of “%(coupon)s” fewer are left than the draw wants.") % words
        elif coupon.total and coupon in endless:
            yield _("Of “%(coupon)s” there are only so many: say how many the draw gives.") % words
