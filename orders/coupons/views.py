"""The coupons page: one's own by shelf, and those that points can buy."""

from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from mall.core import clock, repeats
from mall.core.errors import Busy, DomainError
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from orders.coupons import offers
from orders.coupons.lifecycle import purchase as buy
from orders.coupons.wallet import last_day
from orders.errors import InvalidCheckout
from orders.models import CouponTemplate

COUPONS_PER_PAGE = 20
SHELVES = {
    offers.USABLE: gettext_lazy("Usable"),
    offers.USED: gettext_lazy("Used"),
    offers.EXPIRED: gettext_lazy("Expired"),
}


@require_safe
def coupons(request):
    """Show the member's coupons, those that end soonest first, and what can be bought."""
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
def purchase(request, template):
    """Buy a coupon with points, once per one-time key; a visit without a form leads to the page."""
    if request.method != "POST":
        return redirect("orders:coupons")
    chosen = get_object_or_404(
        CouponTemplate.objects.exclude(status=CouponTemplate.Status.DRAFT), pk=template
    )
    try:
        key = request.POST.get("key", "")
        if not repeats.is_key(key):
            raise InvalidCheckout
        limit(request, "redeem", ACTIONS_PER_MEMBER, once=key)
        buy(request.user, chosen.pk, key=key)
    except Busy:
        raise
    except DomainError as refusal:
        return _page(request, refusal=refusal)
    messages.success(
        request, _("“%(name)s” is yours. You can use it at checkout.") % {"name": chosen.name}
    )
    return redirect("orders:coupons")


def _page(request, *, refusal=None):
    shelf, now = request.GET.get("shelf", ""), clock.now()
    shelf = shelf if shelf in SHELVES else offers.USABLE
    own = offers.shelf(request.user, shelf, as_of=now)
    own = own.order_by("expires_at", "pk") if shelf == offers.USABLE else own.order_by("-pk")
    page = Paginator(own, COUPONS_PER_PAGE).get_page(request.GET.get("page"))
    available = request.purse.available or 0
    context = {
        "refusal": refusal,
        "shelf": shelf,
        "is_usable": shelf == offers.USABLE,
        "chips": [
            {"shelf": value, "label": label, "is_here": value == shelf}
            for value, label in SHELVES.items()
        ],
        "page_obj": page,
        "rows": [
            {"coupon": coupon, "terms": offers.describe(coupon.template), **_standing(coupon, now)}
            for coupon in page
        ],
        "offers": [
            {
                "template": template,
                "terms": offers.describe(template),
                "until": last_day(template.ends_at),
                "key": uuid4().hex,
            }
            for template in offers.for_sale(request.user, as_of=now, available=available)
        ],
        "available": available,
    }
    return render(
        request, "orders/coupons.html", context, status=refusal.status if refusal else 200
    )


def _standing(coupon, now) -> dict:
    """Say where a coupon stands: its label, and whether it can be used already."""
    state = type(coupon).State(coupon.state_now)
    starts_at = coupon.template.starts_at
    early = starts_at if starts_at and starts_at > now else None
    return {"label": state.label, "starts_at": early, "until": last_day(coupon.expires_at)}
