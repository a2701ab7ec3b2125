"""Who may look behind the counter: those who carry METRICS_TOKEN, and for some pages those who ask
from inside.
"""

from hmac import compare_digest
from ipaddress import ip_address, ip_network

from django.conf import settings

from mall.core.networks import plain

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")


def carries_token(request) -> bool:
    """Whether the caller carries METRICS_TOKEN; without one set nobody does."""
    carried = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(settings.METRICS_TOKEN) and compare_digest(
        carried.encode(), settings.METRICS_TOKEN.encode()
    )


def is_inside(request) -> bool:
    """Whether the caller asks this process directly, from this machine or from a network of
    TRUSTED_PROXIES.

    What came through a proxy is from outside, whatever address it is said to have.
    """
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        caller = ip_address(plain(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return False
    return caller.is_loopback or any(caller in network for network in _own_networks())


def _own_networks():
    for name in settings.TRUSTED_PROXIES:
        try:
            yield ip_network(name, strict=False)
        except ValueError:
            continue  # "*" or a name is no network of ours
