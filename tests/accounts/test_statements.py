"""How many statements coming in costs, BEGIN and COMMIT counted, whatever the member did before."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import devices
from accounts.registration import register
from mall.core import clock, face
from points import event_delivery
from tests.factories.accounts import PASSWORD

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("heard_later", "known_pages"),
]
AUTH = "/api/auth/app/v1/auth"
ROOMS = ("points_", "marketing_", "orders_")


def page(browser=None):
    form = {"login": "xiaoming", "password": PASSWORD}
    return (browser or Client()).post("/accounts/login/", form)


def app(browser=None):
    body = {"username": "xiaoming", "password": PASSWORD}
    return Client().post(f"{AUTH}/login", body, content_type="application/json")


def devices_cookie(member):
    """Return the cookie of a browser the member has signed in with before."""
    answer = HttpResponse()
    devices.greet(HttpRequest(), answer, member, is_first=True)
    return answer.cookies[devices.COOKIE].value


@pytest.fixture
def known_pages(db):
    """The shop's name and which terms bind are known to the process, as in a shop that runs."""
    face.current()
    face.binding()


@pytest.fixture
def xiaoming():
    """A member who signed up some days ago."""
    with time_machine.travel(clock.now() - timedelta(days=3)):
        user = register("xiaoming", "xiaoming@example.com", PASSWORD)
        event_delivery.deliver(user.pk)
    return user


def statements_of(act):
    with CaptureQueriesContext(connection) as said:
        answer = act()
    assert answer.status_code in (200, 302), answer.content
    return [query["sql"] for query in said.captured_queries]


def ours(statements):
    return [
        sql
        for sql in statements
        if not any(room in sql for room in ROOMS)
        and not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
    ]


def sign_up_page():
    form = {"username": "new", "email": "new@example.com", "password1": PASSWORD, "agreed": "0.0"}
    return Client().post("/accounts/signup/", form)


def sign_up_app():
    body = {"username": "new", "email": "new@example.com", "password": PASSWORD}
    return Client().post(f"{AUTH}/signup", body, content_type="application/json")


# By door: what accounts asks, and everything with the transaction of the rooms above: what is told
# of points earned asks for the member's tier.
# Accounts: who it is; a second step; last seen; the list of devices; the session. The app's answer
# names the e-mail. The page's sign-up notes what was agreed to.
FIRST_OF_THE_DAY = {page: (5, 13), app: (6, 14)}
AGAIN = {page: (5, 12), app: (6, 13)}
SIGN_UP = {sign_up_page: (10, 16), sign_up_app: (10, 16)}


def counts(act):
    statements = statements_of(act)
    return len(ours(statements)), len(statements)


@pytest.mark.parametrize("door", FIRST_OF_THE_DAY)
def test_sign_in_when_the_first_of_the_day_then_so_many_statements(xiaoming, door):
    assert counts(door) == FIRST_OF_THE_DAY[door]


@pytest.mark.parametrize("door", AGAIN)
@pytest.mark.parametrize("others", [1, 3])
def test_sign_in_when_other_devices_are_signed_in_then_the_same_statements(xiaoming, door, others):
    for _ in range(others):
        app()
    browser = Client()
    browser.cookies["mall_seen"] = devices_cookie(xiaoming)

    assert counts(lambda: door(browser)) == AGAIN[door]


@pytest.mark.parametrize("door", SIGN_UP)
def test_sign_up_when_new_then_so_many_statements(db, door):
    assert counts(door) == SIGN_UP[door]
