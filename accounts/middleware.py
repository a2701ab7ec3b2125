"""Who reads a page, and what stands before allauth's app endpoints under /api/auth/."""

import json

from allauth.headless.base.response import UnauthorizedResponse
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import UpdateError
from django.http import JsonResponse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.entrance import folded
from accounts.registration import INVITER
from accounts.sessions import SessionStore, reader_of
from mall.core import faults, unsent
from mall.core.error_responses import accounts_refusal
from mall.core.errors import DomainError
from mall.core.limits import TooOften, wait_at_entrance

LONGEST_TEXT = 4096
CONSENT_HEADER = "Consent-Needed"
# The few places where allauth expects something else than text.
NO_TEXT = {
    "sessions",
    "authenticators",
    "token",
    "credential",
    "id",
    "primary",
    "passwordless",
    "trust",
}


class AuthenticationMiddleware(auth.AuthenticationMiddleware):
    """Know who reads, when it is asked: in a statement whose making costs less than its answer."""

    def process_request(self, request):
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: reader_of(request))


class UnsentMiddleware:
    """Have at hand for allauth's pages what their reader could not send."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """See ``accounts.entrance.Folding``."""
        if request.method == "GET" and view.__module__.startswith(settings.UNSENT_SHOWN_BY):
            request.unsent = unsent.take(request)


class AppBodyMiddleware:
    """Refuse what no app of ours sends, before allauth makes text of it, and whoever asks too
    often; fold what was pasted (its inputs cannot be replaced as its forms can).

    allauth's forms turn lists and objects into strings, and lone surrogates or a reset key
    without its first part end there as a fault; here they end as a 400 at their field.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def process_exception(self, request, error):
        """Answer 410, as allauth does, when the session was ended while something of it was being
        saved.
        """
        if (
            not isinstance(error, UpdateError)
            or faults.is_passing(error)
            or not request.path_info.startswith("/api/auth/")
        ):
            return None
        # allauth (65.21) stumbled before it took the app's session off the request again.
        request.session, request.user = SessionStore(), AnonymousUser()
        return UnauthorizedResponse(request, status=410)

    def __call__(self, request):
        if request.path_info.startswith("/api/auth/"):
            seconds = wait_at_entrance(request, brings_token=_brings_token(request))
            if seconds:
                return accounts_refusal(TooOften(seconds=seconds))
            sent, wrong = _read(request)
            if wrong is not None:
                error = {"code": "invalid", "param": wrong, "message": _("Enter a valid value.")}
                return JsonResponse({"status": 400, "errors": [error]}, status=400)
            refusal = _refusal_of_invitation(request, sent or {})
            if refusal is not None:
                return accounts_refusal(refusal)
            if sent and folded(sent) != sent:
                request._body = json.dumps(folded(sent)).encode()  # what allauth will read
        response = self.get_response(request)
        if getattr(request, "needs_consent", False):
            response.headers[CONSENT_HEADER] = "terms"  # see docs/api.md, "Consent"
        return response


def _refusal_of_invitation(request, sent) -> DomainError | None:
    """Keep the invitation that a new member brings for whoever enrols them; return what is wrong
    with it, before anything is done.
    """
    request.invitation = sent.get("invitation") or ""
    try:
        INVITER.ask(request)
    except DomainError as refusal:
        return refusal
    return None


def _brings_token(request):
    """Whether a member's app asks, by what it shows: allauth looks whether the token is good."""
    return (
        "Authorization" in request.headers
        or "X-Session-Token" in request.headers
        or request.path_info.endswith("/tokens/refresh")
    )


def _read(request):
    """Return the fields of the body (None without one), and the name of the first that is not fit
    to be read, "" for the body itself, or None.
    """
    if request.headers.get("X-Password-Reset-Key", "").startswith("-"):
        return None, "key"
    if request.method == "GET" or not request.body:
        return None, None
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        return None, ""
    if not isinstance(sent, dict):
        return None, ""
    return sent, next((name for name, value in sent.items() if not _is_fit(name, value)), None)


def _is_fit(name, value):
    if value is None or name in NO_TEXT:
        return True
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        return False
    if name == "key" and value.startswith("-"):
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)
