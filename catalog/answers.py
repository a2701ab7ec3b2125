"""Answers that are the same for every visitor, kept as bytes.

JSON has an ETag that tells when nothing changed. A page has none: each carries a token against
forged forms of its own, masked anew, so that no two are the same bytes.
"""

import re
import secrets
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse, HttpResponseNotModified
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from catalog import kept
from mall.core import clock

LONGEST_QUERY = 200  # a longer one is nobody's habit
WHAT_FEW_ASK = {"search", "min_points", "max_points", "affordable"}
TOKEN = secrets.token_hex(32)  # stands in kept pages where each visitor's own goes
NOW = re.compile(rb'(?<=data-now=")[^"]*')  # by which a countdown sets a phone's clock right


def is_common(request) -> bool:
    """Whether a request asks what many ask: only then are the bytes worth their room."""
    return len(request.META["QUERY_STRING"]) <= LONGEST_QUERY and WHAT_FEW_ASK.isdisjoint(
        request.GET
    )


class KeptView(APIView):
    """An endpoint that answers visitors from kept bytes: anew only after an edit, when a SKU sells
    out or comes back, and at the latest after ``kept.ANSWER_SECONDS``.

    What is kept is what REST framework answered with 200, and it is asked for nothing else. Only
    the visitor is counted before, as at every endpoint. Pictures and pages are named by whole
    addresses, so the bytes are those of one host and path. A browser may keep them and has to ask
    whether they still hold; the question costs no body.
    """

    permission_classes = [AllowAny]

    def live(self, versions, **named):
        """Return what is read live for the answer: another one is another answer."""
        return

    def dispatch(self, request, *args, **kwargs):
        """See REST framework."""
        if not self._is_of_a_visitor(request) or not is_common(request):
            return super().dispatch(request, *args, **kwargs)
        request.user = AnonymousUser()
        if not all(throttle.allow_request(request, self) for throttle in self.get_throttles()):
            return super().dispatch(request, *args, **kwargs)
        versions = kept.versions()
        place = (request.scheme, request.get_host(), request.get_full_path())
        self.left = self.live(versions, **kwargs)

        def made():
            self.get_throttles = list  # counted already
            response = super(KeptView, self).dispatch(request, *args, **kwargs)
            if response.status_code != HTTPStatus.OK:
                raise _Refused(response)
            return response.render().content, None

        try:
            answer = kept.answer(place, made, when=self.left, known=versions)
        except _Refused as refused:
            return refused.response
        return _validated(request, answer)

    @staticmethod
    def _is_of_a_visitor(request) -> bool:
        accepted = request.META.get("HTTP_ACCEPT", "*/*")
        return (
            request.method == "GET"
            and "HTTP_AUTHORIZATION" not in request.META
            and any(kind in accepted for kind in ("*/*", "application/json"))
        )


class _Refused(Exception):
    """An answer that is nobody else's."""

    def __init__(self, response):
        self.response = response
        super().__init__()


def _validated(request, answer) -> HttpResponse:
    asked = request.META.get("HTTP_IF_NONE_MATCH", "")
    has_it = asked and (asked == "*" or answer.etag in (tag.strip() for tag in asked.split(",")))
    response = (
        HttpResponseNotModified()
        if has_it
        else HttpResponse(answer.body, content_type="application/json")
    )
    response["ETag"] = answer.etag
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Language", "Authorization"])
    return response


def page(request, template: str, facts, *, look="") -> HttpResponse:
    """Answer a visitor with a page, rendered anew only when a ``KeptView`` is, or past the instant
    that ``facts()`` gives besides the context (None: no such instant).

    ``look`` is what of the visitor's the page depends on beside the language: light or dark. Only
    for visitors: what is kept belongs to nobody. A page that has something to tell just this
    visitor, or was asked with parameters, is made for them alone.
    """
    if request.META["QUERY_STRING"] or len(messages.get_messages(request)):
        return render(request, template, facts()[0])

    def made():
        context, until = facts()
        return render_to_string(template, {**context, "csrf_token": TOKEN}, request).encode(), until

    answer = kept.answer((request.path, look), made)
    now = timezone.localtime(clock.now()).isoformat().encode()
    body = NOW.sub(now, answer.body.replace(TOKEN.encode(), get_token(request).encode()))
    response = HttpResponse(body)
    response["Cache-Control"] = "private, no-cache"
    return response
