"""Whether goods can be paid for: what costs yuan needs somebody who takes them."""

from django.conf import settings

from catalog.models import Product


def takes_yuan() -> bool:
    """Whether the shop has a payment provider (``settings.PAYMENT_PROVIDERS``)."""
    return bool(settings.PAYMENT_PROVIDERS)


def is_payable(pay_mode: str) -> bool:
    """Whether goods that are paid in this way can be had; only points are always taken."""
    return pay_mode == Product.PayMode.POINTS or takes_yuan()
