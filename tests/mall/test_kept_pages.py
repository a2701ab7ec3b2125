"""The short way to the visitors' home page: what it says is what the long way says, and who brings
any sign of a session goes the long way.
"""

import logging
import re

import pytest
from django.test import Client
from prometheus_client import REGISTRY

from points import rulebook
from tests.factories.catalog import SkuFactory
from tests.factories.points import member_with

TOKEN = re.compile(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")(\w{64})')


@pytest.fixture(autouse=True)
def goods(db):
    SkuFactory(stock=5)
    rulebook.versions()  # what the page tells has a version in the empty cache


def is_short(answer):
    """Say whether an answer came by the short way: no session was looked for."""
    return not hasattr(answer.wsgi_request, "session")


def plain(answer):
    """Return an answer without what is its reader's own."""
    return answer.status_code, dict(answer.headers), TOKEN.sub(r"\1", answer.content.decode())


def test_home_when_known_then_the_same_as_the_long_way_and_counted_and_told(
    client, caplog, django_assert_num_queries
):
    def counted():
        labels = {"view": "marketing:home", "transport": "http", "method": "GET"}
        name = "django_http_requests_total_by_view_transport_method_total"
        return REGISTRY.get_sample_value(name, labels) or 0

    first, before = client.get("/"), counted()
    caplog.set_level(logging.INFO)
    with django_assert_num_queries(0):
        second = client.get("/")

    said = [one.msg for one in caplog.records if isinstance(one.msg, dict)]
    assert [is_short(one) for one in (first, second)] == [False, True]
    assert plain(second) == plain(first)
    assert counted() - before == 1
    assert [(line["event"], line["code"], line["request"]) for line in said] == [
        ("request_finished", 200, "GET /")
    ]


def test_home_when_known_then_a_token_of_its_own_for_each_that_works():
    shop = Client(enforce_csrf_checks=True)
    shop.get("/")
    seen = []
    for _visitor in range(2):
        shop.cookies.clear()
        pages = [shop.get("/") for _look in range(2)]
        tokens = [TOKEN.search(page.content.decode())[2] for page in pages]
        answers = [
            shop.post("/theme/", {"csrfmiddlewaretoken": token, "theme": "dark"}).status_code
            for token in (*tokens, *seen[:1])  # the last one is somebody else's
        ]
        assert all(map(is_short, pages))
        assert answers == [302, 302, 403][: len(answers)]
        seen += tokens

    assert len(set(seen)) == 4


@pytest.mark.parametrize(
    "cookie", ["sessionid", "mall_reader", "messages"], ids=["session", "reader", "told"]
)
def test_home_when_a_sign_of_a_session_comes_then_the_long_way(client, cookie):
    client.get("/")
    client.cookies[cookie] = "x"

    answer = client.get("/")

    assert (answer.status_code, is_short(answer)) == (200, False)
    if cookie == "mall_reader":
        assert answer.cookies[cookie]["max-age"] == 0


def test_home_when_members_and_visitors_look_in_turns_then_each_sees_their_own():
    shop, member = Client(), member_with(777)

    pages = []
    for is_own in (False, False, True, False, True):
        shop.cookies.clear()
        if is_own:
            shop.force_login(member)
        pages.append(shop.get("/"))

    assert ["777" in page.content.decode() for page in pages] == [False, False, True, False, True]
    assert [is_short(page) for page in pages] == [False, True, False, True, False]


def test_home_when_asked_otherwise_then_the_long_way(client, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    client.get("/")

    asked = [client.head("/"), client.get("/?utm_source=x")]
    foreign = client.get("/", SERVER_NAME="evil.test")
    unmeasured = client.get("/", headers={"Transfer-Encoding": "chunked"})

    assert [one.status_code for one in (*asked, foreign, unmeasured)] == [200, 200, 400, 411]
    assert not any(map(is_short, asked))


def test_home_when_tls_is_wanted_then_led_there(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    answers = [client.get("/", secure=is_secure) for is_secure in (True, True, False)]

    assert [one.status_code for one in answers] == [200, 200, 301]
    assert is_short(answers[1])


def test_home_when_the_look_is_none_of_ours_then_no_place_of_its_own(client):
    client.get("/")
    client.cookies["mall_theme"] = "pink"

    answer = client.get("/")
    page = answer.content.decode()

    assert is_short(answer)
    assert "data-bs-theme" not in page


def test_home_when_pieces_lie_in_the_basket_then_their_number_is_told(client):
    client.get("/")
    client.cookies["mall_basket"] = ".3"

    answer = client.get("/")
    page = answer.content.decode()

    assert is_short(answer)
    assert 'data-basket="3"' in page
