"""Addresses that came from outside: only pages of ours are followed."""

from django.utils.http import url_has_allowed_host_and_scheme


def own_page(request, address: str, default: str = "/") -> str:
    """Return ``address`` when it leads to a page of this shop, else ``default``."""
    is_ours = url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else default
