"""A sign-in from a new browser is told; one from a known browser, or the very first, is not."""

import pytest
from django.test import Client

from accounts.devices import name_of
from accounts.registration import register
from marketing.models import Delivery
from marketing.notices.inbox import inbox
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"


@pytest.fixture
def xiaoming(db):
    return register("xiaoming", "xiaoming@example.com", PASSWORD)


def sign_in(client):
    client.post(
        "/accounts/login/", {"login": "xiaoming", "password": PASSWORD}, HTTP_USER_AGENT=WINDOWS
    )
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")


def told(member):
    return list(inbox(member).filter(kind="new_sign_in").values_list("params__device", flat=True))


def test_sign_in_when_the_browser_is_known_then_nothing_is_told(client, xiaoming):
    sign_in(client)
    sign_in(client)

    assert told(xiaoming) == []


def test_sign_in_when_the_browser_is_new_then_told_by_mail_too(client, xiaoming):
    sign_in(client)

    sign_in(Client())

    assert told(xiaoming) == ["Firefox, Windows"]
    assert Delivery.objects.get().notification.kind == "new_sign_in"


def test_sign_in_when_the_cookie_is_forged_then_the_browser_is_new(client, xiaoming):
    sign_in(client)
    stranger = Client()
    stranger.cookies["mall_seen"] = f"[{xiaoming.pk}]:forged"

    sign_in(stranger)

    assert len(told(xiaoming)) == 1


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (WINDOWS, "Firefox, Windows"),
        ("curl/8", "?"),
        ("", "?"),
        ("x iPhone MicroMessenger", "WeChat, iPhone"),
    ],
)
def test_name_of_when_read_then_short(agent, name):
    assert name_of(agent) == name
