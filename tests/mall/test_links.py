"""Every page of a member is a few links from the front page: what nobody leads to is not there."""

import html
import re

import pytest
from django.urls import get_resolver

pytestmark = pytest.mark.django_db
ROOMS = ("accounts", "catalog", "marketing", "orders", "points")
LINK = re.compile(r'<a [^>]*?href="(/[^"#?]*)')
FORM = re.compile(r'<form [^>]*?action="(/[^"#?]*)')


def plain_addresses():
    """The addresses of the shop's rooms that name no row."""
    for room, (prefix, resolver) in get_resolver().namespace_dict.items():
        if room in ROOMS:
            for name in filter(lambda key: isinstance(key, str), resolver.reverse_dict):
                for [(address, parameters)], *_rest in resolver.reverse_dict.getlist(name):
                    if not parameters:
                        yield f"/{prefix}{address}"


def is_page(answer):
    """Whether a whole page came, no piece of one and no file."""
    return answer.status_code == 200 and b"<html" in getattr(answer, "content", b"")


def test_pages_when_links_are_followed_from_the_front_page_then_all_are_reached(signed_in):
    reached, sent_to, ahead = set(), set(), ["/"]
    while ahead:
        answer = signed_in.get(ahead.pop())
        words = answer.content.decode() if is_page(answer) else ""
        sent_to |= {html.unescape(address) for address in FORM.findall(words)}
        found = {html.unescape(link) for link in LINK.findall(words)}
        new = {link for link in found - reached if not link.startswith(("/admin", "/static"))}
        reached |= new
        ahead += sorted(new)

    pages = {address for address in plain_addresses() if is_page(signed_in.get(address))}

    assert len(pages) > 30
    assert pages - reached - sent_to == {"/"} - reached
