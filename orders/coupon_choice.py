"""Which coupon the checkout page counts with, and what it offers to choose from."""

from dataclasses import dataclass

from mall.core.errors import DomainError
from mall.core.limits import TooOften
from orders.coupons import offers, wallet
from orders.coupons.guesses import count_try
from orders.coupons.wallet import LONGEST_TYPED


@dataclass(slots=True)
class CouponChoice:
    """What a member may choose from, what was chosen (None: none), and why a choice does not
    count.
    """

    options: list
    chosen: int | str | None = None
    typed: str = ""
    refusal: DomainError | None = None


def choose(request, asked, wishes) -> CouponChoice:
    """Find the coupon to use: the code typed in, else the one chosen, else the best that fits; an
    empty choice is none.

    Every new code is counted before it is looked up.
    """
    if not any(wish.sku.cash_price for wish in wishes):
        return CouponChoice([])
    options = wallet.options(request.user, wishes)
    typed = asked.get("code", "").strip()[:LONGEST_TYPED]
    code = typed or asked.get("coupon")
    if code is None:
        best = wallet.propose(options)
        return CouponChoice(options, best and best.in_hand.coupon.pk)
    choice = CouponChoice(options, wallet.normalise(code[:LONGEST_TYPED]), typed)
    try:
        count_try(request, choice.chosen)
    except TooOften as refusal:
        choice.chosen, choice.refusal = None, refusal
    return choice


def named(quote) -> int | str:
    """Return how the form names the coupon of a quote: the id of an own one, a public code; nothing
    without.
    """
    return "" if quote.coupon is None else _value_of(quote.coupon)


def offered(quote, choice) -> dict | None:
    """Return what the page offers: coupons that fit with what they save, a code in use, and the
    others with their reason.

    None where nothing costs yuan: there is nothing a coupon could do.
    """
    if not quote.goods_cash:
        return None
    chosen = named(quote)
    fitting = [
        _row(option.in_hand, option.discount, chosen) for option in choice.options if option.fits
    ]
    if quote.coupon and not any(row["is_chosen"] for row in fitting):
        row = _row(quote.coupon, quote.coupon_discount, chosen)
        fitting.insert(0, {**row, "code": quote.coupon.code})
    return {
        "fitting": fitting,
        "others": [
            {"name": option.in_hand.template.name, "reason": option.reason}
            for option in choice.options
            if not option.fits
        ],
        "typed": choice.typed if choice.refusal else "",
        "refusal": choice.refusal,
    }


def _value_of(in_hand) -> int | str:
    return in_hand.coupon.pk if in_hand.coupon else in_hand.code


def _row(in_hand, saves, chosen) -> dict:
    value = _value_of(in_hand)
    return {
        "value": value,
        "name": in_hand.template.name,
        "terms": offers.describe(in_hand.template),
        "until": wallet.last_day(in_hand.expires_at),
        "saves": saves,
        "is_chosen": value == chosen,
    }
