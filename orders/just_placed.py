"""What this browser ordered a moment ago: whoever comes back to the checkout is told before
they order the same again.

It stands in a cookie of the checkout alone, so nobody else pays a question for it.
"""

from django.conf import settings
from django.urls import reverse

from orders.models import Order

COOKIE = "mall_placed"
SECONDS = 600


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
