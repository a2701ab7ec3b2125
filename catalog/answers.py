"""Answers that are the same for every visitor, kept as bytes.

JSON has an ETag that tells when nothing changed. A page has none: each carries a token against
forged forms of its own, masked anew, so that no two are the same bytes.
"""

import re
import secrets
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse, HttpResponseNotModified
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import ResolverMatch
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from catalog import kept
from mall.core import headers
from mall.core.languages import language_of
from mall.core.places import look_of, place_of

LONGEST_QUERY = 200  # a longer one is nobody's habit
WHAT_FEW_ASK = {"search", "min_points", "max_points", "affordable"}
JSON = ("*/*", "application/json")
ROOM_BYTES = 1500  # of an answer beside its body
TOKEN = secrets.token_hex(32).encode()  # stands in kept pages where each visitor's own goes
PIECES = secrets.token_hex(8).encode()  # in the place of how many lie in a visitor's basket
# Those, and the instant by which a countdown sets a phone's clock right: what a kept page leaves
# open.
GAPS = re.compile(rb'(%s|%s|(?<=data-now=")[^"]*)' % (TOKEN, PIECES))


# --- the API ----------------------------------------------------------------
class KeptView(APIView):
    """An endpoint whose answers to visitors are kept: made anew only after an edit, when a SKU
    sells out, comes back or is counted, and at the latest after ``kept_seconds``.

    This is what makes one; ``KeptAnswersMiddleware`` keeps it and answers who asks next. Kept is
    what was answered with 200, and what many ask.
    """

    permission_classes = [AllowAny]
    kept_seconds = kept.ANSWER_SECONDS

    def dispatch(self, request, *args, **kwargs):
        """See REST framework."""
        if not (hasattr(request, "place") and is_common(request)):
            return super().dispatch(request, *args, **kwargs)
        moment = kept.now_is()
        end = kept.end_after(moment, seconds=self.kept_seconds)
        response = super().dispatch(request, *args, **kwargs)
        if response.status_code != HTTPStatus.OK:
            return response
        made = HttpResponse(response.render().content, content_type="application/json")
        made["Cache-Control"] = "no-cache"
        patch_vary_headers(made, ["Accept-Language", "Authorization"])
        made.holds = moment, end
        return made

    def get_throttles(self):
        """Count a visitor once: not here, if the middleware did."""
        return [] if hasattr(self.request, "is_counted") else super().get_throttles()


def is_common(request) -> bool:
    """Whether a request asks what many ask: only then are the bytes worth their room."""
    return len(request.META["QUERY_STRING"]) <= LONGEST_QUERY and WHAT_FEW_ASK.isdisjoint(
        request.GET
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of a ``KeptView``: its bytes, their strong validator, its checked headers,
    and what it is the answer of.
    """

    body: bytes
    etag: str
    headers: dict
    match: ResolverMatch

    @property
    def view(self) -> type[KeptView]:
        return self.match.func.view_class

    def shown_to(self, request) -> HttpResponse:
        """Return it as a response; without a body to who has it."""
        asked = request.META.get("HTTP_IF_NONE_MATCH", "")
        has_it = asked and (asked == "*" or self.etag in [tag.strip() for tag in asked.split(",")])
        response = HttpResponseNotModified() if has_it else HttpResponse(self.body)
        headers.put(response, self.headers)
        if has_it:
            del response.headers["Content-Type"], response.headers["Content-Length"]
        return response


class KeptAnswersMiddleware:
    """Answer visitors from kept bytes: nothing is asked but whether they come too often and whether
    the bytes still hold.

    Only those who count and tell requests stand before it. A browser may keep the bytes and has to
    ask whether they still hold; the question costs no body.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not _is_of_a_visitor(request):
            return self.get_response(request)
        request.place = place = place_of(request)
        answer = _kept(request, place)
        if answer is None:
            response = self.get_response(request)
            if not hasattr(response, "holds"):
                return response
            answer = _answer(request, response)
            kept.keep(place, answer, len(answer.body) + ROOM_BYTES, *response.holds)
        request.resolver_match = answer.match
        return answer.shown_to(request)


def _is_of_a_visitor(request) -> bool:
    told = request.META
    accepted = told.get("HTTP_ACCEPT", "*/*")
    return (
        request.method == "GET"
        and "HTTP_AUTHORIZATION" not in told
        and any(kind in accepted for kind in JSON)
    )


def _kept(request, place) -> Answer | None:
    last = kept.last(place)
    if last is None:
        return None
    request.user = AnonymousUser()
    if not all(one().allow_request(request, None) for one in last.view.throttle_classes):
        return None
    request.is_counted = True
    return kept.known(place, kept.now_is())


def _answer(request, response) -> Answer:
    body = response.content
    etag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    response["ETag"] = etag
    return Answer(body, etag, headers.checked(response), request.resolver_match)


# --- pages ------------------------------------------------------------------
def place_of_page(request) -> tuple:
    """Return what a kept page depends on: path, look and language."""
    return request.path, look_of(request), language_of(request)


def page(request, template: str, facts, *, pieces="0") -> HttpResponse:
    """Answer a visitor with a page, rendered anew only when a ``KeptView`` is, or past the instant
    that ``facts()`` gives besides the context (None: no such instant).

    ``pieces``, what lies in the visitor's basket, is put in its place afterwards. Only
    for visitors: what is kept belongs to nobody. A page that has something to tell just this
    visitor, or was asked with parameters, is made for them alone.
    """
    if request.META["QUERY_STRING"] or len(messages.get_messages(request)):
        return render(request, template, facts()[0])
    place = place_of_page(request)
    parts, moment = known_page(place)
    if parts is None:
        context, until = facts()
        context |= {"csrf_token": TOKEN.decode(), "basket_pieces": PIECES.decode()}
        body = render_to_string(template, context, request).encode()
        parts = GAPS.split(body)  # what stands in the gaps comes along
        end = kept.end_after(moment, until)
        kept.keep(place, parts, len(body) + ROOM_BYTES, moment, end)
    response = filled(request, parts, moment, pieces)
    response.is_kept = True
    return response


def known_page(place) -> tuple[list[bytes] | None, kept.Moment]:
    """Return the parts of the page that is kept for a place, or None, and as of when."""
    moment = kept.now_is()
    return kept.known(place, moment), moment


def filled(request, parts, moment, pieces: str) -> HttpResponse:
    """Return a kept page as a response, its gaps filled with what is this visitor's."""
    now = timezone.localtime(moment.at).isoformat().encode()
    own = {TOKEN: get_token(request).encode(), PIECES: pieces.encode()}
    whole = parts.copy()
    whole[1::2] = [own.get(gap, now) for gap in parts[1::2]]
    response = HttpResponse(b"".join(whole))
    response["Cache-Control"] = "private, no-cache"
    return response
