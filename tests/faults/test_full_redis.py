"""A Redis that reads and refuses to write: doors that guard a secret say that nobody can check,
everything else goes on.
"""

from uuid import uuid4

import pytest

from tests.conftest import PASSWORD
from tests.factories.orders import place, virtual_sku
from tests.full_redis import fill, make_copy

pytestmark = pytest.mark.django_db
SENTENCE = "We cannot check right now."
LOGIN = "/accounts/login/"
APP = "/api/auth/app/v1/auth"


@pytest.fixture(params=[fill, make_copy])
def refusing(request, own_redis):
    """refusing(): from now on Redis takes nothing new."""
    return lambda: request.param(own_redis)


@pytest.fixture
def english(client):
    client.cookies["mall_language"] = "en"
    return client


def told(answer):
    return answer.status_code, SENTENCE in answer.content.decode(), answer["Retry-After"]


@pytest.mark.parametrize(
    ("door", "sent"),
    [
        (LOGIN, {"login": "member", "password": "a guess"}),
        (LOGIN, {"login": "member", "password": PASSWORD}),
        ("/accounts/password/reset/", {"email": "member@example.com"}),
    ],
)
def test_entrance_when_redis_refuses_to_write_then_says_that_nobody_can_check(
    english, member, refusing, door, sent
):
    refusing()

    answer = english.post(door, sent)

    assert told(answer) == (429, True, "10")
    assert "_auth_user_id" not in english.session


@pytest.mark.parametrize(
    ("door", "sent"),
    [
        ("login", {"username": "member", "password": PASSWORD}),
        ("password/request", {"email": "m@example.com"}),
    ],
)
def test_app_entrance_when_redis_refuses_to_write_then_says_that_nobody_can_check(
    api, member, refusing, door, sent
):
    refusing()

    answer = api.post(f"{APP}/{door}", sent, format="json", headers={"Accept-Language": "en"})

    assert told(answer) == (429, True, "10")
    assert answer.json()["errors"][0]["code"] == "throttled"


def test_member_when_redis_refuses_to_write_then_secrets_stay_closed_and_the_shop_sells(
    english, member, signed_in_api, refusing
):
    english.force_login(member)
    order, sku = place(member, virtual_sku(points=1)), virtual_sku(points=1)
    refusing()
    caller = {"headers": {"Accept-Language": "en"}, "format": "json"}

    guarded = [
        english.post(
            "/account/privacy/export/", {"shape": "json", "password": PASSWORD}, follow=True
        ),
        english.post(f"/orders/{order.no}/codes/", {"password": PASSWORD}),
        signed_in_api.post("/api/v1/me/export", {"password": PASSWORD}, **caller),
        signed_in_api.post(f"/api/v1/orders/{order.no}/codes", {"password": PASSWORD}, **caller),
    ]
    bought = signed_in_api.post(
        "/api/v1/orders",
        {"lines": [{"sku": sku.pk, "quantity": 1}]},
        format="json",
        headers={"Idempotency-Key": uuid4().hex},
    )
    pages = [english.get(page).status_code for page in ("/", "/products/", "/points/", "/orders/")]

    assert [SENTENCE in answer.content.decode() for answer in guarded] == [True] * 4
    assert [answer.status_code for answer in guarded[1:]] == [429] * 3
    assert (bought.status_code, pages) == (201, [200] * 4)


def test_sign_in_when_redis_writes_and_it_was_too_often_then_says_so(english, member, own_redis):
    for _ in range(10):
        english.post(LOGIN, {"login": "nobody", "password": "a guess"})

    answer = english.post(LOGIN, {"login": "nobody", "password": "a guess"})

    assert (answer.status_code, SENTENCE in answer.content.decode()) == (429, False)
