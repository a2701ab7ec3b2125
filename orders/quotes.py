"""What is wanted, and what it costs: the plain values that orders/pricing.py works out and the
doors read.

Points are whole numbers, cash is yuan with two places, the rate is points per yuan.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from catalog.models import Sku
from mall.core.money import ZERO, yuan
from orders.coupons.discounts import InHand
from orders.errors import PriceChanged
from orders.freight import Carriage, Destination
from points import rules


@dataclass(frozen=True, slots=True)
class Wish:
    """So many pieces of one SKU; ``left`` is how many there were a moment ago, where somebody
    looked.
    """

    sku: Sku
    quantity: int
    left: int | None = None


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line with its share of everything; ``cash`` is what remains to pay for it."""

    sku: Sku
    quantity: int
    points: int
    cash: Decimal
    discount: Decimal
    points_for_discount: int
    coupon_discount: Decimal = ZERO
    left: int | None = None


@dataclass(frozen=True, slots=True)
class DiscountRange:
    """Which numbers of points may be used: multiples of ``step`` from ``least`` to ``most``; most 0
    = none.
    """

    least: int
    step: int
    most: int

    def allows(self, points: int) -> bool:
        return points == 0 or (self.least <= points <= self.most and points % self.step == 0)

    def closest(self, points: int) -> int:
        """Return the largest number allowed that is not above ``points``."""
        fitting = min(points, self.most) // self.step * self.step
        return fitting if fitting >= self.least else 0


@dataclass(frozen=True, slots=True)
class Quote:
    """What placing these lines now would cost."""

    lines: tuple[QuotedLine, ...]
    points: int
    cash: Decimal
    goods_cash: Decimal
    discount: Decimal
    points_for_discount: int
    rounding: Decimal
    freight: Decimal
    rate: int
    usable: DiscountRange
    is_physical: bool
    payment_window_minutes: int
    coupon: InHand | None = None
    coupon_discount: Decimal = ZERO
    carriage: Carriage = Carriage()
    to: Destination | None = None
    buyer: int | None = None
    at: datetime | None = None

    @property
    def earns(self) -> int:
        """Points the order will earn its buyer: what is paid with points or a coupon earns nothing,
        and freight neither.
        """
        paid = self.goods_cash - self.coupon_discount - self.discount
        words = {"as_of": self.at, "user_id": self.buyer}
        return rules.preview("purchase", amount=paid, **words) if paid > 0 else 0

    @property
    def coupon_name(self) -> str:
        """The coupon's name in the reader's language, as an order has it; empty without one."""
        return self.coupon.template.name if self.coupon else ""

    def agree(self, expect) -> None:
        """Refuse it where it is not what the shopper saw. Raises: PriceChanged."""
        if expect is None:
            return
        if (expect["points"], yuan(expect["cash"])) != (self.points, self.cash):
            raise PriceChanged(self)

    def check_delivery(self) -> None:
        """Refuse what cannot be carried where it goes. Raises: NotDelivered, AddressUnclear."""
        self.carriage.check()

    def way(self) -> dict:
        """Return what programs read of the way there: ``delivery``, where something has to be
        sent.
        """
        if not self.is_physical:
            return {}
        refused = self.carriage.refusals
        delivery = {
            "region": self.carriage.region,
            "region_code": self.carriage.place,
            "is_exact": self.carriage.is_exact,
            "refused": [{"sku": sku, "detail": str(why)} for sku, why in refused.items()],
        }
        return {"delivery": delivery}

    def as_dict(self) -> dict:
        """Return the quote as programs read it: points as numbers, yuan as strings."""
        return {
            "lines": [
                {
                    "sku": line.sku.pk,
                    "product": line.sku.product.name,
                    "quantity": line.quantity,
                    "points": line.points,
                    "cash": str(line.cash),
                    "discount": str(line.discount),
                    "coupon_discount": str(line.coupon_discount),
                }
                for line in self.lines
            ],
            "points": self.points,
            "cash": str(self.cash),
            "goods_cash": str(self.goods_cash),
            "coupon": self.coupon and self.coupon.as_dict(self.coupon_discount),
            "coupon_proposed": None,  # whoever asks what it costs may be told of one
            "coupon_discount": str(self.coupon_discount),
            "discount": str(self.discount),
            "rounding": str(self.rounding),
            "freight": str(self.freight),
            "rate": self.rate,
            "earns": self.earns,
            "points_usable": {
                "least": self.usable.least,
                "step": self.usable.step,
                "most": self.usable.most,
            },
        }
