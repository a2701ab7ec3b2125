"""What was ordered a moment ago: what placing it came to. Whoever comes back to the checkout is
told that they ordered the same before.

It stands in a cookie of the checkout alone, so nobody else pays a question for it.
"""

from django.conf import settings
from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _

from orders.models import Order

COOKIE = "mall_placed"
SECONDS = 600
FRESH = (Order.Status.PENDING, Order.Status.PAID)


def tell(request, order, words: str) -> None:
    """Tell who sent the form of an order ``words``; who sent it again after its order went on
    (cancelled, sent, refunded) hears that instead: no new order was placed.
    """
    if order.replayed and (order.status not in FRESH or order.refunded_at):
        words = _("You sent this once before. Here is the order it placed, as it stands now.")
        messages.info(request, words)
    else:
        messages.success(request, words)


def note(response, order, skus):
    """Remember an order and the SKUs in it on the way out."""
    response.set_cookie(
        COOKIE,
        ".".join([order.no, *map(str, skus)]),
        max_age=SECONDS,
        path=reverse("orders:new"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def of(request, skus) -> Order | None:
    """Return the reader's own order of some of these SKUs, placed here a moment ago and not
    cancelled.
    """
    no, *placed = request.COOKIES.get(COOKIE, "").split(".")
    if not set(placed) & {str(pk) for pk in skus}:
        return None
    found = Order.objects.of(request.user).filter(no=no)
    return found.exclude(status=Order.Status.CANCELLED).first()
