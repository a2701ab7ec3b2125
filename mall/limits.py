"""How often one caller may knock; django-ratelimit counts, exactly, behind this one module.

Source: reliability.md "Limits". A member is counted by id, a stranger by address.
"""

from django_ratelimit.core import get_usage
from rest_framework.throttling import BaseThrottle

from mall.errors import DomainError
from django.utils.translation import gettext_lazy as _

API_ANONYMOUS = "100/15m"
API_MEMBER = "120/m"
ACTIONS_PER_MEMBER = "10/m"


class TooOften(DomainError):
    """The caller knocked more often than a person would."""

    code = "throttled"
    status = 429
    message = _("That was a little fast. Please try again in %(seconds)s seconds.")


def who(group, request):
    """Return the key a request is counted under: the member, or else the address."""
    user = getattr(request, "user", None)
    return f"member:{user.pk}" if user is not None and user.is_authenticated else f"ip:{request.META['REMOTE_ADDR']}"


def limit(request, group: str, rate: str):
    """Count one knock of this caller against ``group`` (rate like ``10/m``).

    Raises: TooOften with the seconds to wait.
    """
    usage = get_usage(request, group=group, key=who, rate=rate, increment=True)
    if usage and usage["should_limit"]:
        raise TooOften(seconds=max(1, usage["time_left"]))


class ApiThrottle(BaseThrottle):
    """The general limit of the API."""

    def allow_request(self, request, view):
        rate = API_MEMBER if request.user.is_authenticated else API_ANONYMOUS
        self.usage = get_usage(request._request, group="api", key=lambda g, r: who(g, request), rate=rate, increment=True)
        return not (self.usage and self.usage["should_limit"])

    def wait(self):
        return max(1, self.usage["time_left"])
