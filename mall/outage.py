"""What a visitor is told when the database is away, frozen, full or contended: 503, in words, with
Retry-After.

Every door leads here: an exception of a view, an endpoint or a template (``process_exception``), of
a middleware (handler500) and of a session that could not be kept (handler400). Nothing here asks
the database.
"""

import random
import time

from django.contrib.auth.models import AnonymousUser
from django.db import connections
from django.shortcuts import render
from django.utils import translation

from mall.core import error_responses, faults
from mall.core.errors import Busy, Interrupted
from mall.core.languages import language_of

READING = ("GET", "HEAD", "OPTIONS")
RETRY_SECONDS = 1.0  # a question that took longer is not asked again: the visitor has waited enough
PAUSE_SECONDS = 0.1


def refusal_of(error, request) -> Busy | None:
    """Return what to tell about a fault that passes, and note it on the request; None for any other
    error.
    """
    if isinstance(error, Busy):
        return error
    if not faults.is_passing(error):
        return None
    request.met_passing_fault = True
    return Busy() if request.method in READING else Interrupted()


def answer(request, refusal: Busy):
    """Return the 503: a page, or the API's error shape under /api/."""
    # Who asks can no longer be found out: nothing on the way out shall try.
    request.user, request.tells_fault = AnonymousUser(), True
    with translation.override(language_of(request)):
        if request.path_info.startswith("/api/"):
            response = error_responses.refusal(refusal)
        else:
            response = render(request, "503.html", {"detail": str(refusal)}, status=refusal.status)
            response["Retry-After"] = str(refusal.retry_after_seconds)
    response["Cache-Control"] = "no-store"
    return response


class OutageMiddleware:
    """Answer for faults of the database that pass, and ask once more for whoever only wants to
    read.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        started = time.monotonic()
        response = self.get_response(request)
        # The link may only have been an old one, or the server have restarted; a write was perhaps
        # done before it broke.
        if (
            request.method not in READING
            or not _met_fault(request)
            or time.monotonic() - started > RETRY_SECONDS
        ):
            return response
        for link in connections.all(initialized_only=True):
            if not link.in_atomic_block:
                link.close_if_unusable_or_obsolete()
        time.sleep(random.uniform(0, PAUSE_SECONDS))
        return self.get_response(request)

    def process_exception(self, request, error):
        refusal = refusal_of(error, request)
        return refusal and answer(request, refusal)


def _met_fault(request):
    return request.__dict__.pop("met_passing_fault", False)
