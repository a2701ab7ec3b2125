"""Answers that are the same for every visitor, kept as bytes.

JSON has an ETag that tells when nothing changed. A page has none: each carries a token against
forged forms of its own, masked anew, so that no two are the same bytes.
"""

import re
import secrets
from functools import partial

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotModified
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from rest_framework.renderers import JSONRenderer

from catalog import kept
from mall.core import clock

LONGEST_QUERY = 200  # a longer one is nobody's habit
WHAT_FEW_ASK = {"search", "min_points", "max_points", "affordable"}
TOKEN = secrets.token_hex(32)  # stands in kept pages where each visitor's own goes
NOW = re.compile(rb'(?<=data-now=")[^"]*')  # by which a countdown sets a phone's clock right


def is_common(request) -> bool:
    """Whether a visitor asks what many ask: only then are the bytes worth their room."""
    return (
        not request.user.is_authenticated
        and len(request.META["QUERY_STRING"]) <= LONGEST_QUERY
        and WHAT_FEW_ASK.isdisjoint(request.GET)
    )


def json(request, make, *, when=None) -> HttpResponse:
    """Answer a visitor with the JSON of ``make()``, made anew only after an edit, when a SKU sells
    out or comes back, and at the latest after ``kept.ANSWER_SECONDS``.

    ``when`` is what was read live for the answer: another one is another answer.
    Pictures and pages are named by whole addresses, so the bytes are those of one host and path. A
    browser may keep them and has to ask whether they still hold; the question costs no body.
    """
    place = (request.scheme, request.get_host(), request.get_full_path())
    answer = kept.answer(place, lambda: (JSONRenderer().render(make()), None), when=when)
    asked = request.headers.get("If-None-Match", "")
    has_it = answer.etag in (tag.strip() for tag in asked.split(",")) or asked == "*"
    response = (
        HttpResponseNotModified()
        if has_it
        else HttpResponse(answer.body, content_type="application/json")
    )
    response["ETag"] = answer.etag
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Language", "Authorization"])
    return response


def cards(picks) -> list:
    """Return the cards of the shop window as HTML, rendered once for all who see the same.

    What a card shows is its key, so facts read before an edit cannot stand for those after it.
    ``picks`` are facts in stock, each with an optional ``reason``.
    """
    shown = ("id", "name", "image_url", "points_price", "cash_price", "pay_mode", "in_stock")
    reads = {
        ("card", *(fact[name] for name in shown), fact.get("reason", "")): partial(_card, fact)
        for fact in picks
    }
    return list(kept.facts(reads).values())


def _card(fact):
    words = {"product": fact, "plain": True, "reason": fact.get("reason", "")}
    return render_to_string("components/product_card.html", words)


def page(request, template: str, facts, *, look="") -> HttpResponse:
    """Answer a visitor with a page, rendered anew only when ``json`` would be, or past the instant
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
