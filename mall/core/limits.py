"""How often one caller may knock; django-ratelimit counts, exactly, behind this one module.

Source: docs/reliability.md "Limits". A member is counted by id, a stranger by address (IPv6: by
/64, mall/core/networks.py).
"""

import hashlib
from math import ceil
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _
from django_ratelimit.core import get_usage
from rest_framework.throttling import BaseThrottle

from mall.core import shared_redis
from mall.core.errors import DomainError
from mall.core.networks import network_of

API_ANONYMOUS = "100/15m"
API_MEMBER = "120/m"
ACTIONS_PER_MEMBER = "10/m"
EXPORTS = "10/h"
PASSWORD_AGAIN = "5/15m"
ONCE_SECONDS = 600
COUNTED_SECONDS = 120  # a longer wait is told in minutes
LONG_WAIT = _("That was a little fast. Please try again in %(minutes)s minutes.")
UNCOUNTED_SECONDS = 10  # to wait when nobody can count and the door stays closed


class TooOften(DomainError):
    """The caller knocked more often than a person would."""

    code = "throttled"
    status = 429
    message = _("That was a little fast. Please try again in %(seconds)s seconds.")

    def __init__(self, *, seconds: int):
        """Say minutes where seconds are too many to count."""
        long = seconds > COUNTED_SECONDS
        super().__init__(LONG_WAIT if long else None, seconds=seconds, minutes=ceil(seconds / 60))

    @property
    def retry_after_seconds(self):
        """The same seconds, for the header."""
        return self.numbers["seconds"]


class CannotCount(TooOften):
    """Nobody can count knocks now (Redis is away, full or a read-only copy), and this door guards a
    secret.
    """

    message = _("We cannot check right now. Nothing was changed; please try again in a moment.")

    def __init__(self):
        super().__init__(seconds=UNCOUNTED_SECONDS)


def is_counting() -> bool:
    """Whether knocks can be counted now: the cache takes something new."""
    return bool(cache.add(f"counting:{uuid4().hex}", 1, 1))


def who(group, request):
    """Return the key a request is counted under: the member, or else the address."""
    user = getattr(request, "user", None)
    return (
        f"member:{user.pk}"
        if user is not None and user.is_authenticated
        else _address(group, request)
    )


def limit(request, group: str, rate: str, *, once=""):
    """Count one knock of this caller against ``group`` (rate like ``10/m``).

    ``once`` is a one-time key: trying the same thing again within ONCE_SECONDS is no second knock.

    When the counters cannot be reached the caller passes: the ledger's own rules still hold. The
    doors that guard secrets (sign-in, reset) have limits of their own, allauth's, and those stay
    closed: its "too often" is told as what it is, CannotCount (mall.middleware.RefusalMiddleware).

    Raises: TooOften with the seconds to wait.
    """
    if not getattr(settings, "RATELIMIT_ENABLE", True):
        return  # nobody counts, so it need not be known either what was tried before
    tried = (
        once
        and f"tried:{group}:{hashlib.sha256(f'{who(group, request)} {once}'.encode()).hexdigest()}"
    )
    if tried and not shared_redis.is_first(tried, ONCE_SECONDS):
        return
    seconds = _count(request, group, rate)
    if seconds:
        if tried:
            cache.delete(tried)  # what was refused was not tried
        raise TooOften(seconds=seconds)


def guard(request, group: str, rate: str):
    """Count one knock at a door that guards a secret (a password asked again, an export): closed
    when nobody can count.

    Raises: TooOften with the seconds to wait; CannotCount.
    """
    _pass(get_usage(request, group=group, key=who, rate=rate, increment=True))


def spend(request, group: str, key: str, rates):
    """Count one thing that costs money under a key of its own, by each of some rates; closed when
    nobody can count.

    Raises: TooOften with the seconds to wait; CannotCount.
    """
    for rate in rates:
        _pass(get_usage(request, group=group, key=lambda *_: key, rate=rate, increment=True))


def wait_at_entrance(request, *, brings_token: bool) -> int:
    """Count one request to the accounts API, which is not DRF's; returns the seconds to wait, 0 to
    pass.

    A stranger's counts with everything else this address asks of the API. Who brings a token is not
    known yet, so the address is counted there too, but as members are: hundreds of phones behind
    one address renew theirs every five minutes.
    """
    if brings_token:
        return _count(request, "api-token", API_MEMBER, key=_address)
    return _count(request, "api", API_ANONYMOUS, key=_address)


def address_of(request) -> str:
    """Return the key an address is counted under."""
    return f"ip:{network_of(request.META['REMOTE_ADDR'])}"


def _address(group, request):
    return address_of(request)


def _pass(usage):
    if usage and usage["should_limit"]:
        raise TooOften(seconds=max(1, usage["time_left"])) if usage["limit"] else CannotCount


def _count(request, group, rate, key=who):
    """Count a knock; returns the seconds to wait, 0 to pass."""
    usage = get_usage(request, group=group, key=key, rate=rate, increment=True)
    if not usage or not usage["should_limit"]:
        return 0
    if usage["limit"] == 0:  # how django-ratelimit says that the cache did not answer
        return 0
    return max(1, usage["time_left"])


class ApiThrottle(BaseThrottle):
    """The general limit of the API."""

    def allow_request(self, request, view):
        rate = API_MEMBER if request.user.is_authenticated else API_ANONYMOUS
        asked = getattr(request, "_request", request)  # Django's own, when REST framework has none
        self.seconds = _count(asked, "api", rate)
        return not self.seconds

    def wait(self):
        return self.seconds
