"""An order sent plainly is answered without REST framework, and read by an app as ever."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.registration import register
from catalog import sold_out
from catalog.errors import OutOfStock
from catalog.models import Stock
from mall.core import plain_post
from mall.core.limits import TooOften
from orders.api import OrderListView
from orders.models import Order
from tests.factories.orders import give_points, place, virtual_sku
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-word"


@pytest.fixture
def app():
    """An app whose member is signed in, and has points."""
    user = register(username="xiaohong", email="xiaohong@example.com", password=PASSWORD)
    give_points(user, 100)
    client = APIClient()
    words = {"username": "xiaohong", "password": PASSWORD}
    answer = client.post("/api/auth/app/v1/auth/login", words, format="json")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['meta']['access_token']}")
    client.user, client.session_token = user, answer.json()["meta"]["session_token"]
    return client


@pytest.fixture
def gone(app, monkeypatch):
    """A SKU whose last piece the app's member took; suspected to be gone while the test lasts."""
    monkeypatch.setattr(sold_out, "SUSPECTED_SECONDS", 1_000)
    monkeypatch.setattr(sold_out, "_left", {})
    sku = virtual_sku(points=10, stock=1)
    place(app.user, sku, key="the-last-one")
    with pytest.raises(OutOfStock):
        place(member_with(10), sku)
    return sku


def ask(app, sku, *, key="another", quantity=1, **more):
    """Order as an app does."""
    body = json.dumps({"lines": [{"sku": sku.pk, "quantity": quantity}], **more})
    return app.post(
        "/api/v1/orders", body, content_type="application/json", HTTP_IDEMPOTENCY_KEY=key
    )


def told(answer):
    """Return all a reader gets but what is each request's own."""
    body = json.loads(answer.content)
    body.pop("request_id")
    length = answer.headers.pop("Content-Length", None)
    return answer.status_code, body, dict(answer.headers), length, b": " in answer.content


def test_order_when_known_to_be_gone_then_refused_at_the_door_as_by_the_endpoint(
    app, gone, monkeypatch
):
    with CaptureQueriesContext(connection) as asked:
        at_the_door = ask(app, gone)
        statements = len(asked)
    two_pieces = ask(app, gone, quantity=2)
    with monkeypatch.context() as shut:
        shut.setattr(plain_post, "_sent", lambda *about: None)
        by_the_endpoint = ask(app, gone)
        two_by_the_endpoint = ask(app, gone, quantity=2)

    assert (at_the_door.status_code, statements) == (409, 1)  # the shelf, and the key
    never_there = virtual_sku(points=10, stock=0)
    ask(app, never_there)  # as the endpoint says it, which remembers
    with CaptureQueriesContext(connection) as asked:
        assert ask(app, never_there).status_code == 409
    assert len(asked) == 1
    assert told(at_the_door) == told(by_the_endpoint)
    assert told(two_pieces) == told(two_by_the_endpoint)
    assert Order.objects.count() == 1


def test_order_when_known_to_be_gone_and_in_doubt_then_the_endpoint_decides(app, gone):
    again = ask(app, gone, key="the-last-one")
    no_key = ask(app, gone, key="")
    nobody = ask(APIClient(), gone)
    odd = [
        app.post("/api/v1/orders", body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k")
        for body in (
            f'{{"lines": [{{"sku": {gone.pk}, "quantity": true}}]}}',
            f'{{"lines": [{{"sku": {gone.pk}, "quantity": 1, "more": 1}}]}}',
            "[" * 150,
            "",
        )
    ]

    assert (again.status_code, no_key.status_code, nobody.status_code) == (201, 400, 401)
    assert [answer.status_code for answer in odd] == [400, 400, 400, 400]


def test_order_when_known_to_be_gone_and_asked_too_often_then_counted_and_told(app, gone):
    answers = [ask(app, gone, key=f"try-{n}") for n in range(11)]

    assert [answer.status_code for answer in answers] == [409] * 10 + [TooOften.status]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_order_when_pieces_came_back_elsewhere_then_the_endpoint_sells_them(app, gone):
    Stock.objects.filter(sku=gone).update(quantity=1)  # as another process does, which tells nobody

    refused = ask(app, gone, quantity=2)
    sold = ask(app, gone)
    gone_again = ask(app, gone, key="one-more")

    assert [answer.status_code for answer in (refused, sold, gone_again)] == [409, 201, 409]
    assert refused.json()["errors"][0]["detail"] == str(OutOfStock(sku=gone.pk, wanted=2, left=1))


# --- placed without REST framework -------------------------------------------------
def by_both_ways(app, monkeypatch, *, key, **body):
    """Return what an app is told by the short way and by REST framework, but for what is each
    order's own.
    """
    taken = []
    posted = OrderListView.posted
    monkeypatch.setattr(
        OrderListView, "posted", lambda view, *about: taken.append(view) or posted(view, *about)
    )
    plainly = ask_for(app, key=f"{key}-1", **body)
    way = hasattr(taken[-1], "format_kwarg") if taken else None  # REST framework sets it
    with monkeypatch.context() as shut:
        shut.setattr(plain_post, "_sent", lambda *about: None)
        by_rest = ask_for(app, key=f"{key}-2", **body)
    return way, told_of_order(plainly), told_of_order(by_rest)


def ask_for(app, *, key, **body):
    return app.post(
        "/api/v1/orders",
        json.dumps(body),
        content_type="application/json",
        HTTP_IDEMPOTENCY_KEY=key,
    )


def told_of_order(answer):
    """Return all a reader gets but numbers, ids and instants."""
    body = json.loads(answer.content)
    for own in ("no", "created_at", "paid_at", "pay_by", "request_id"):
        body.pop(own, None)
    for line in body.get("lines", ()):
        line.pop("id", None)
        line.pop("line", None)
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    return answer.status_code, body, headers, b": " in answer.content


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 201),
        ({"points_to_use": 0, "from_basket": False}, 201),
        ({"expect": {"points": 10, "cash": "0.00"}}, 201),
        ({"expect": {"points": 9, "cash": "0.00"}}, 409),  # tells the new quote
        ({"points_to_use": 7}, 400),  # a refusal of the business that names its field
        ({"address": 987_654}, 201),  # nothing is sent, nobody asks for it
    ],
)
def test_order_when_sent_plainly_then_answered_as_by_rest_framework(app, monkeypatch, more, status):
    sku = virtual_sku(points=10, stock=9)
    lines = [{"sku": sku.pk, "quantity": 1}]

    is_rest, plainly, by_rest = by_both_ways(app, monkeypatch, key="both", lines=lines, **more)

    assert (is_rest, plainly[0]) == (False, status)
    assert plainly == by_rest
    assert Order.objects.count() == (2 if status == 201 else 0)


@pytest.mark.parametrize(
    "body",
    [
        {"lines": []},
        {"lines": [{"sku": 1}]},
        {"lines": [{"sku": "1", "quantity": 1}]},
        {"lines": [{"sku": 1, "quantity": 1.0}]},
        {"lines": [{"sku": True, "quantity": 1}]},
        {"lines": [{"sku": 0, "quantity": 1}]},
        {"lines": [{"sku": 1, "quantity": 1, "more": 1}]},
        {"lines": [{"sku": 1, "quantity": 1}], "expect": {"points": 1, "cash": "1.0"}},
        {"lines": [{"sku": 1, "quantity": 1}], "expect": None},
        {"lines": [{"sku": 1, "quantity": 1}], "points_to_use": -1},
        {"lines": {"sku": 1, "quantity": 1}},
        {},
    ],
)
def test_order_when_not_sent_as_declared_then_rest_framework_says_what_is_wrong(
    app, monkeypatch, body
):
    is_rest, plainly, by_rest = by_both_ways(app, monkeypatch, key="odd", **body)

    assert is_rest is None
    assert plainly[0] == 400
    assert plainly == by_rest


@pytest.mark.parametrize("spoil", ["coupon", "mark", "wide"])
def test_order_when_its_json_is_none_of_rest_frameworks_then_refused_as_there(app, spoil):
    sku = virtual_sku(points=10, stock=9)
    coupon = ', "coupon": NaN' if spoil == "coupon" else ""
    text = f'{{"lines": [{{"sku": {sku.pk}, "quantity": 1}}]{coupon}}}'
    body = text.encode({"mark": "utf-8-sig", "wide": "utf-16-le"}.get(spoil, "utf-8"))

    words = {"content_type": "application/json", "HTTP_IDEMPOTENCY_KEY": "odd"}
    answer = app.generic("POST", "/api/v1/orders", body, **words)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "parse_error")
    assert not Order.objects.exists()


def test_order_when_sent_plainly_twice_then_the_same_order_and_a_repeat_says_so(app):
    sku = virtual_sku(points=10, stock=9)

    first, again = ask(app, sku, key="twice"), ask(app, sku, key="twice")
    other = ask(app, sku, key="twice", quantity=2)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


def test_order_when_sent_plainly_with_a_token_that_was_ended_then_nobody_is_known(app):
    sku = virtual_sku(points=10, stock=9)
    assert ask(app, sku, key="one").status_code == 201

    ending = {"HTTP_X_SESSION_TOKEN": app.session_token}
    APIClient().delete("/api/auth/app/v1/auth/session", **ending)

    assert ask(app, sku, key="two").status_code == 401
    assert Order.objects.count() == 1
