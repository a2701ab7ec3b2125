"""Addresses: of those that came from outside only pages of ours are followed; those that go out are
whole.
"""

from django.conf import settings
from django.utils.http import url_has_allowed_host_and_scheme

ID_DIGITS = 19  # from here on a number may be larger than any row's


def id_in(text: str) -> int | None:
    """Return the number of a row that an address or a form names; None where it can be none."""
    return int(text) if text.isdecimal() and len(text) < ID_DIGITS else None


def own_page(request, address: str, default: str = "/") -> str:
    """Return ``address`` when it leads to a page of this shop, else ``default``."""
    is_ours = url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else default


def next_of(request) -> str:
    """Return the page of ours that a form or an address says to go on to (``next``); "" for
    none.
    """
    return own_page(request, request.POST.get("next") or request.GET.get("next") or "", default="")


def whole(address: str) -> str:
    """Return an address of ours with the shop's own host (SHOP_URL): a visitor's may be any, and
    kept pages are shown to all. One of another site stays.
    """
    is_whole = address.startswith(("https:", "http:"))
    return address if is_whole else settings.SHOP_URL.rstrip("/") + address
