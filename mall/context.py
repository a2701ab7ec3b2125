"""What every page may show: the shop's name and the languages; no queries for anonymous
visitors.
"""

from functools import cache

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from mall.core import face, places, reader_mark
from marketing.notices import inbox
from orders.basket import badge

TABS = {
    "marketing:home": "home",
    "marketing:checkin": "checkin",
    "marketing:make-up": "checkin",
    "marketing:together": "goods",
    "marketing:unsubscribe": "",
    "marketing:landing": "",
    "marketing:wish": "goods",
    "marketing": "me",
    "catalog": "goods",
    "orders:flash": "flash",
    "orders:flash_item": "flash",
    "orders:basket": "goods",
    "orders:seen": "goods",
    "orders:coupons": "me",
    "orders:coupon_purchase": "me",
    "orders:reviews": "me",
    "orders:review_edit": "me",
    "orders": "orders",
    "accounts": "me",
    "points": "me",
}


def tab_of(request):
    """Return which tab of the layout a page belongs to: home, goods, flash, checkin, orders, me, or
    nothing.
    """
    match = getattr(request, "resolver_match", None)
    if match is None:
        return ""
    if request.path_info.startswith("/accounts/"):  # allauth's pages have no namespace
        return "me"
    return TABS.get(match.view_name, TABS.get(match.app_name, ""))


def shop(request):
    """Return the names templates use on every page."""
    # Lazy: an answer without a page asks nothing. No query where it is known.
    # And a page that tells of a fault must not ask, or it would be the next one.
    worn = SimpleLazyObject(face.last_seen if hasattr(request, "tells_fault") else face.current)
    return {
        "theme": places.look_of(request),
        # Asked for by a page only: those of an outage must not ask who reads them.
        "reader_mark": lambda: reader_mark.of(request.user) if hasattr(request, "user") else "",
        "tab": tab_of(request),
        "face": worn,
        "shop_name": SimpleLazyObject(lambda: worn.name),
        "shop_url": settings.SHOP_URL,
        "demo_sign_ins": settings.DEMO_SIGN_INS,
        "basket_pieces": lambda: badge.of(request) if hasattr(request, "user") else "",
        # One query, and only where a template shows it; none for anonymous visitors.
        "unread_notifications": cache(lambda: inbox.unread_count(request.user))
        if hasattr(request, "user")
        else 0,
    }
