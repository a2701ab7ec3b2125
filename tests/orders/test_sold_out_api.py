"""What was found sold out a moment ago is refused at the door, and read by an app as ever."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.registration import register
from catalog import sold_out
from catalog.errors import OutOfStock
from catalog.models import Stock
from mall.core.limits import TooOften
from orders import sold_out_api
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
    client.user = user
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
    by_the_endpoint = ask(app, gone, points_to_use=0)
    two_pieces = ask(app, gone, quantity=2)
    with monkeypatch.context() as shut:
        shut.setattr(sold_out_api, "_refused", lambda *about: None)
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
