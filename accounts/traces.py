"""From which device and which network somebody signs up, signs in and orders: keyed marks of them,
no address and no number of a device.

They say "the same as over there" and nothing else (mall/core/blind_index.py). Kept for DAYS_KEPT
days, with the member who signed up (User), their devices (UserSession.data) and orders (Order); a
sweep forgets older ones, and who leaves takes them along. Whether two are the same is asked by
points/velocity.py, orders/velocity.py and marketing/referral/rings.py.
Source: docs/decisions/0098-invitations-and-marks-of-devices.md.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings

from accounts.models import User
from mall.core import clock, keyset
from mall.core.blind_index import mark_of
from mall.core.networks import neighbourhood_of
from mall.core.transactions import transactional

DAYS_KEPT = 90
DEVICE_COOKIE = "mall_device"
DEVICE_COOKIE_SECONDS = 365 * 86400
DEVICE_HEADER = "HTTP_DEVICE_ID"  # an app has no cookie and names its device itself
LONGEST_DEVICE = 64
BATCH = 500
PLACES_KNOWN = 1024  # devices in their networks whose marks are at hand


@dataclass(frozen=True, slots=True)
class Trace:
    """Marks of a device and of a network; None where it cannot be told."""

    device: str | None = None
    network: str | None = None

    def as_plain(self) -> dict:
        """Return what is known of it, as plain values."""
        marks = {"device": self.device, "network": self.network}
        return {name: mark for name, mark in marks.items() if mark}


UNSEEN = Trace()


def of(request) -> Trace:
    """Return from where a request comes."""
    return _of(device_of(request), request.META.get("REMOTE_ADDR", ""), settings.LEDGER_KEY)


@lru_cache(PLACES_KNOWN)
def _of(device, address, _key) -> Trace:
    network = neighbourhood_of(address)
    return Trace(mark_of("device", device) or None, mark_of("network", network) or None)


def device_of(request) -> str:
    """Return the name of the device: what its cookie or app says, "" of an app that says nothing.
    A browser without a name gets one, which ``keep_device`` hands over.
    """
    if request.path_info.startswith("/api/"):
        return request.META.get(DEVICE_HEADER, "")[:LONGEST_DEVICE]
    known = request.COOKIES.get(DEVICE_COOKIE, "")[:LONGEST_DEVICE]
    if not known and not hasattr(request, "new_device"):
        request.new_device = secrets.token_urlsafe(16)
    return known or request.new_device


def keep_device(request, response) -> None:
    """Leave the device its name for a year."""
    response.set_cookie(
        DEVICE_COOKIE,
        device_of(request),
        max_age=DEVICE_COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def oldest_kept(now: datetime | None = None) -> datetime:
    """Return the instant before which nothing is remembered."""
    return (now or clock.now()) - timedelta(days=DAYS_KEPT)


def forget_old() -> int:
    """Forget from where members signed up whose time is over; returns how many that were. What
    stands with a device goes with it (accounts/sessions.py).
    """
    seen = User.objects.filter(joined_network__isnull=False, date_joined__lt=oldest_kept())
    forgotten = 0
    for keys in keyset.batches(seen.values_list("pk", flat=True), BATCH):
        forgotten += _forget(keys)
    return forgotten


@transactional
def _forget(keys) -> int:
    return User.objects.filter(pk__in=keys).update(joined_device=None, joined_network=None)
