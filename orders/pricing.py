"""What an order costs: one calculator for the quote and for the order. Reads, never writes.

Points are whole numbers, cash is yuan with two places, the rate is points per yuan. A coupon comes
first; points used as a discount then pay for goods of the mode ``cash_points`` only, up to a share
of what the coupon left of them. Neither pays for freight.
Source: docs/product.md "points", "orders".
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from catalog import payable, shelf
from catalog.models import MAX_QUANTITY, Product
from mall.core import clock
from mall.core.money import ZERO, yuan, yuan_down
from orders import freight, offering, purchase_limits, tickets
from orders.apportionment import fen_of, share_out
from orders.coupons import goods as coupon_goods
from orders.coupons import wallet
from orders.coupons.discounts import InHand
from orders.errors import (
    InvalidLines,
    NothingChosen,
    NotInShop,
    NotPayable,
    PointsNotUsable,
)
from orders.freight import Carriage, Destination
from orders.models import CheckoutPolicy
from orders.quotes import DiscountRange, Quote, QuotedLine, Wish
from points import rates

MAX_LINES = 20
LARGEST_ID = 2**63 - 1
# What a door lets through: more than any order can cost, and little enough for every column.
MOST_POINTS = 10**9
MOST_EXPECTED_POINTS = 10**15
CASH = r"^[0-9]{1,10}\.[0-9]{2}\Z"  # yuan as a shopper's program writes them back


def quote(
    user,
    lines,
    *,
    points_to_use: int = 0,
    coupon: int | str | None = None,
    to: Destination | None = None,
    as_of: datetime | None = None,
) -> Quote:
    """Work out what ``lines`` — ``(sku_id, quantity)`` — cost this member at an instant (default:
    now).

    ``coupon`` is the id or code of one of the member's coupons, or a public code. Limits per person
    count what the member has now: placing an order opens the account before it asks. Stock is told
    with the lines and decides nothing here: taking it is the only honest yes. Freight is reckoned
    ``to`` a destination, the member's default address unless said; what is not delivered there is
    told with the quote (``check_delivery``).

    Raises: InvalidLines, NotForSale, CouponGoodsOver, TierNeeded, PurchaseLimitReached,
    CouponNotUsable, PointsNotUsable, NotPayable.
    """
    return quote_wishes(
        user,
        wishes_of(lines, as_of),
        points_to_use=points_to_use,
        coupon=coupon,
        to=to,
        as_of=as_of,
    )


def quote_wishes(
    user,
    wishes,
    *,
    points_to_use: int = 0,
    coupon: int | str | None = None,
    to: Destination | None = None,
    as_of: datetime | None = None,
) -> Quote:
    """Work out as ``quote`` does what goods cost that were read already; a visitor is None."""
    as_of = as_of or clock.now()
    offering.check(user, wishes, as_of)
    coupon_goods.check(wishes, as_of)
    tickets.check(wishes, as_of)
    purchase_limits.check(user, wishes, as_of)
    rate = rates.current(as_of).points_per_yuan
    in_hand = None if wallet.normalise(coupon) is None else wallet.find(user, coupon, as_of=as_of)
    policy, to = CheckoutPolicy.current(), to or Destination(user)
    priced = price(
        wishes,
        policy=policy,
        rate=rate,
        points_to_use=points_to_use,
        coupon=in_hand,
        carriage=freight.of(wishes, policy=policy, to=to),
    )
    if priced.cash:
        check_payable(priced)
    return replace(priced, to=to, buyer=user and user.pk, at=as_of)


def wishes_of(lines, as_of: datetime | None = None) -> list[Wish]:
    """Return the wanted SKUs with their products, in the shopper's order, at the prices of an
    instant (default: now).

    Raises: InvalidLines.
    """
    return _find(normalise(lines), as_of)


def normalise(lines) -> list[tuple[int, int]]:
    """Return the lines with each SKU once, in the shopper's order.

    Raises: InvalidLines.
    """
    wanted: dict[int, int] = {}
    for sku_id, quantity in lines:
        if not _is_whole(sku_id, LARGEST_ID) or not _is_whole(quantity, MAX_QUANTITY):
            raise InvalidLines
        wanted[sku_id] = wanted.get(sku_id, 0) + quantity
    if not wanted:
        raise NothingChosen
    if len(wanted) > MAX_LINES or max(wanted.values()) > MAX_QUANTITY:
        raise InvalidLines
    return list(wanted.items())


def price(
    wishes,
    *,
    policy: CheckoutPolicy,
    rate: int,
    points_to_use: int = 0,
    coupon: InHand | None = None,
    carriage: Carriage | None = None,
) -> Quote:
    """Add up and discount, the coupon first; pure arithmetic on what is passed in. Without a
    ``carriage`` freight is flat.

    Raises: CouponNotUsable, PointsNotUsable.
    """
    goods = [wish.sku.cash_price * wish.quantity for wish in wishes]
    couponed = coupon.terms.shares(wishes) if coupon else [ZERO] * len(goods)
    after_coupon = [cash - off for cash, off in zip(goods, couponed, strict=True)]
    discountable = [
        cash if wish.sku.product.pay_mode == Product.PayMode.CASH_POINTS else ZERO
        for wish, cash in zip(wishes, after_coupon, strict=True)
    ]
    usable = _discount_range(sum(discountable, ZERO), policy, rate)
    if not usable.allows(points_to_use):
        raise PointsNotUsable(min=usable.least, step=usable.step, max=usable.most)
    discount = worth(points_to_use, rate)
    weights = [fen_of(cash) for cash in discountable]
    discounts = [Decimal(fen) / 100 for fen in share_out(fen_of(discount), weights)]
    discount_points = share_out(points_to_use, weights)
    lines = tuple(
        QuotedLine(
            sku=wish.sku,
            quantity=wish.quantity,
            points=wish.sku.points_price * wish.quantity + extra,
            cash=cash - off,
            discount=off.quantize(ZERO),
            points_for_discount=extra,
            coupon_discount=saved.quantize(ZERO),
            left=wish.left,
        )
        for wish, cash, off, extra, saved in zip(
            wishes, after_coupon, discounts, discount_points, couponed, strict=True
        )
    )
    carriage = carriage or freight.flat(wishes, policy)
    goods_cash, coupon_discount = sum(goods, ZERO), sum(couponed, ZERO)
    cash = goods_cash - coupon_discount - discount + carriage.fee
    return Quote(
        lines=lines,
        points=sum(line.points for line in lines),
        cash=cash,
        goods_cash=goods_cash,
        discount=discount,
        points_for_discount=points_to_use,
        rounding=(Decimal(points_to_use) / rate - discount).quantize(Decimal("0.0001")),
        freight=carriage.fee,
        carriage=carriage,
        rate=rate,
        usable=usable,
        is_physical=bool(freight.posted(wishes)),
        payment_window_minutes=policy.payment_window_minutes,
        coupon=coupon,
        coupon_discount=coupon_discount.quantize(ZERO),
    )


def check_payable(quote: Quote) -> None:
    """Refuse what leaves yuan to pay where nobody takes them: also freight alone. Raises:
    NotPayable.
    """
    if quote.cash and not payable.takes_yuan():
        raise NotPayable(cash=yuan(quote.cash))


def worth(points: int, rate: int) -> Decimal:
    """Return the yuan that points are worth as a discount, cut to whole fen.

    The rounding is in the shop's favour, below ¥0.01, and shown.
    """
    return yuan_down(Decimal(points) / rate)


def _is_whole(number, most) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= most


def _find(wanted, as_of) -> list[Wish]:
    found = shelf.offers([sku_id for sku_id, _quantity in wanted], as_of)
    if len(found) < len(wanted):
        raise NotInShop
    return [Wish(found[sku_id].sku, quantity, found[sku_id].left) for sku_id, quantity in wanted]


def _discount_range(discountable: Decimal, policy, rate) -> DiscountRange:
    ceiling = yuan_down(discountable * policy.discount_max_percent / 100)
    step = policy.discount_step_points
    least = -(-policy.discount_min_points // step) * step
    most = int(ceiling * rate) // step * step
    return DiscountRange(least=least, step=step, most=most if most >= least else 0)
