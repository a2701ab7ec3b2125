"""The best that can be done with coupon and points for some goods, explained in one sentence: page
and API propose the same, and nobody is made to take it.

Points are whole numbers, cash is yuan with two places. Best is what leaves least to pay in yuan,
then what costs fewest points. Reads, never writes.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from mall.core import clock
from mall.core.templatetags.mall import points as written
from mall.core.templatetags.mall import yuan
from orders import pricing
from orders.coupons import wallet
from orders.coupons.wallet import Option
from orders.freight import Carriage
from orders.models import CheckoutPolicy
from orders.quotes import Quote
from points import rates


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to use, and what it comes to; ``before`` is what would be paid in yuan without."""

    quote: Quote
    before: Decimal

    @property
    def coupon(self) -> int | None:
        """The id of the own coupon to use."""
        return self.quote.coupon and self.quote.coupon.coupon.pk

    @property
    def points_to_use(self) -> int:
        return self.quote.points_for_discount

    @property
    def sentence(self) -> str:
        """What it brings, for the reader."""
        words = {
            "coupon": self.quote.coupon_name,
            "points": written(self.points_to_use),
            "cash": yuan(self.quote.cash),
            "before": yuan(self.before),
        }
        if self.coupon and self.points_to_use:
            text = _(
                "With the coupon “%(coupon)s” and %(points)s points you pay %(cash)s instead of "
                "%(before)s."
            )
        elif self.coupon:
            text = _("With the coupon “%(coupon)s” you pay %(cash)s instead of %(before)s.")
        else:
            text = _("With %(points)s points you pay %(cash)s instead of %(before)s.")
        return text % words

    def as_dict(self) -> dict:
        """Return it as programs read it: points as numbers, yuan as strings."""
        return {
            "coupon": self.coupon,
            "points_to_use": self.points_to_use,
            "points": self.quote.points,
            "cash": str(self.quote.cash),
            "saves": str(self.before - self.quote.cash),
            "sentence": self.sentence,
        }


def of(user, wishes, *, available: int | None, carriage: Carriage | None = None) -> Proposal | None:
    """Return ``propose`` of the coupons a member has; nothing is asked where nothing costs yuan."""
    if not _costs_yuan(wishes):
        return None
    options = wallet.options(user, wishes)
    return propose(wishes, options, available=available, carriage=carriage)


def propose(
    wishes,
    options: list[Option],
    *,
    available: int | None,
    carriage: Carriage | None = None,
) -> Proposal | None:
    """Return the best use of the member's coupons (``options`` of these goods, from the wallet) and
    of ``available`` points (None: not known) for ``wishes``, carried as was quoted; None where
    nothing lowers the price.
    """
    if not _costs_yuan(wishes):
        return None
    words = {
        "policy": CheckoutPolicy.current(),
        "rate": rates.current(clock.now()).points_per_yuan,
        "carriage": carriage,
    }
    plain = pricing.price(wishes, **words)
    coupons = [None, *(option.in_hand for option in options if option.fits)]
    found = [_with_points(wishes, coupon, available or 0, words) for coupon in coupons]
    # of equals the first: the options come with those that end soonest first
    best = min(found, key=lambda quote: (quote.cash, quote.points))
    return Proposal(best, plain.cash) if best.cash < plain.cash else None


def _costs_yuan(wishes) -> bool:
    return any(wish.sku.cash_price for wish in wishes)


def _with_points(wishes, coupon, available, words) -> Quote:
    """Return what goods cost with a coupon and as many points as may be used and are there."""
    quote = pricing.price(wishes, coupon=coupon, **words)
    usable = quote.usable.closest(max(0, available - quote.points))
    if not usable:
        return quote
    return pricing.price(wishes, coupon=coupon, points_to_use=usable, **words)
