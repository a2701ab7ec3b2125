"""The short way to a page that is kept for visitors (catalog/answers.py): nothing is asked but
whether it still holds.

Only those who count, tell and dress requests stand before it; behind it a page finds out who reads
it, and ``answers.page`` makes what is missing.
"""

from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import ResolverMatch

from catalog import answers
from mall.core import headers, reader_mark
from mall.server import bodies
from orders.basket import badge

TOLD_BY_COOKIE = "messages"  # django.contrib.messages.storage.cookie: something waits to be told
OF_ITS_BODY = "content-length"


class Frame(NamedTuple):
    """What is the same on every answer at a place: its checked headers, and what it answers."""

    headers: dict
    match: ResolverMatch


class KeptPagesMiddleware:
    """Answer who brings no sign of a session from the kept page, with a form's token of their own.

    Everybody else, and who comes first, goes the long way; what that says of a place beside the
    page is remembered.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.tokens = CsrfViewMiddleware(get_response)
        self._frames = {}  # few: answers.place_of_page

    def __call__(self, request):
        if not _is_plain_visit(request):
            return self.get_response(request)
        place = answers.place_of_page(request)
        response = self._known(request, place)
        if response is None:
            response = self.get_response(request)
            if hasattr(response, "is_kept"):
                said = headers.checked(response)
                del said[OF_ITS_BODY]
                self._frames[place] = Frame(said, request.resolver_match)
        return response

    def _known(self, request, place):
        frame = self._frames.get(place)
        parts, moment = answers.known_page(place) if frame else (None, None)
        if parts is None:
            return None
        request.get_host()  # a name that is not the shop's gets no answer: DisallowedHost
        request.resolver_match, request.user = frame.match, AnonymousUser()
        self.tokens.process_request(request)
        response = answers.filled(request, parts, moment, badge.of(request))
        headers.put(response, frame.headers)
        response.headers["Content-Length"] = str(len(response.content))
        return self.tokens.process_response(request, response)


def _is_plain_visit(request) -> bool:
    signs = (settings.SESSION_COOKIE_NAME, reader_mark.COOKIE, TOLD_BY_COOKIE)
    return (
        request.method == "GET"
        and not request.META["QUERY_STRING"]
        and not any(map(request.COOKIES.get, signs))
        and bodies.refusal_of(request) is None
    )
