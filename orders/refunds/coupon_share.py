"""What becomes of an order's coupon when goods go back: whether what stays still reaches the total
it asks for, and how many yuan it takes off what stays.

Whether the member keeps that, or it is taken off what comes back, is the checkout policy's.
"""

from dataclasses import dataclass
from decimal import Decimal

from mall.core.money import ZERO
from orders.models import CheckoutPolicy, Coupon


@dataclass(frozen=True, slots=True)
class FallsShort:
    """What stays (``kept``, yuan before discounts) is below ``threshold``; the coupon takes
    ``discount`` yuan off it.
    """

    threshold: Decimal
    kept: Decimal
    discount: Decimal
    is_taken_back: bool


def after(order, left: dict[int, int]) -> FallsShort | None:
    """Return what is to be said once so many pieces of each line are ``left``; None where the order
    had no coupon, nothing it was for stays, or enough of it does.
    """
    if not order.coupon_discount:
        return None
    lines = [line for line in order.lines.all() if line.coupon_discount and left[line.pk]]
    kept = sum((line.unit_cash * left[line.pk] for line in lines), ZERO)
    coupon = Coupon.objects.filter(order=order).select_related("template").first()
    if not kept or coupon is None or kept >= coupon.template.threshold:
        return None
    fen = sum(_fen_left(line, left[line.pk]) for line in lines)
    is_taken_back = CheckoutPolicy.current().refund_coupon == CheckoutPolicy.Coupon.TAKE_BACK
    return FallsShort(coupon.template.threshold, kept, Decimal(fen) / 100, is_taken_back)


def _fen_left(line, left) -> int:
    fen = int(line.coupon_discount * 100)
    return fen - fen * (line.quantity - left) // line.quantity
