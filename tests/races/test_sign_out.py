"""One session asked through many doors at once: refreshed, ended, its password changed. Never a
server error.
"""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.registration import register
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

AUTH = "/api/auth/app/v1"
DOORS = 8
ROUNDS = 2
GONE = {401, 410}


@pytest.fixture(autouse=True)
def no_limits(settings):
    settings.RATELIMIT_ENABLE = False
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def xiaoming(db):
    return register("xiaoming", "xiaoming@example.com", PASSWORD, email_verified=True)


class App:
    """An app client with its tokens; a fault of ours is an answer of 500, as a member would get
    it.
    """

    def __init__(self):
        self.meta = self.send(
            "post", "auth/login", {"username": "xiaoming", "password": PASSWORD}
        ).json()["meta"]
        self.own = {"X-Session-Token": self.meta["session_token"]}

    def send(self, method, path, body=None, **headers):
        caller = APIClient(raise_request_exception=False)
        return getattr(caller, method)(f"{AUTH}/{path}", body, format="json", headers=headers)

    def refresh(self, token=None):
        return self.send(
            "post", "tokens/refresh", {"refresh_token": token or self.meta["refresh_token"]}
        )

    def sign_out(self):
        return self.send("delete", "auth/session", **self.own)

    def sign_out_by_bearer(self):
        return self.send(
            "delete", "auth/session", Authorization=f"Bearer {self.meta['access_token']}"
        )

    def change_password(self):
        body = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
        return self.send("post", "account/password/change", body, **self.own)

    def write_session(self):
        """Ask for the secret of a second factor, which is kept in the session: 404 says there is
        none yet.
        """
        return self.send("get", "account/authenticators/totp", **self.own)

    def sign_out_everywhere(self):
        found = self.send("get", "auth/sessions", **self.own)
        ids = [one["id"] for one in found.json()["data"]] if found.status_code == 200 else []
        return self.send("delete", "auth/sessions", {"sessions": ids}, **self.own) if ids else found

    def is_alive(self):
        bearer = {"Authorization": f"Bearer {self.meta['access_token']}"}
        return 200 in (
            APIClient().get("/api/v1/me", headers=bearer).status_code,
            self.send("get", "auth/session", **self.own).status_code,
        )


def statuses(run_threads, *verbs):
    outcomes = run_threads(DOORS, lambda number: verbs[number % len(verbs)]())
    return [getattr(outcome, "status_code", outcome) for outcome in outcomes]


@pytest.mark.parametrize(
    ("verbs", "right"),
    [
        pytest.param(["sign_out", "sign_out_by_bearer"], GONE, marks=pytest.mark.long),
        (["refresh", "sign_out", "sign_out_by_bearer"], GONE | {200, 400}),
        (["refresh", "change_password"], GONE | {200, 400}),
        (["refresh", "sign_out_everywhere", "write_session"], GONE | {200, 400, 404}),
        (["write_session", "sign_out"], GONE | {404}),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_session_when_ended_through_many_doors_at_once_then_never_500_and_nobody_is_in(
    xiaoming, run_threads, verbs, right
):
    for _ in range(ROUNDS):
        xiaoming.set_password(PASSWORD)
        xiaoming.save()
        app = App()

        seen = statuses(run_threads, *(getattr(app, verb) for verb in verbs))

        assert set(seen) <= right, seen
        assert not app.is_alive()
        assert app.refresh().status_code == 400


def test_refresh_when_many_ask_at_once_then_all_get_the_same_pair_and_it_works(
    xiaoming, run_threads
):
    app = App()

    answers = run_threads(DOORS, app.refresh)

    assert [answer.status_code for answer in answers] == [200] * DOORS
    [pair] = {tuple(sorted(answer.json()["data"].items())) for answer in answers}
    assert app.refresh(dict(pair)["refresh_token"]).status_code == 200


def test_pages_when_signed_out_in_several_tabs_at_once_then_never_500_and_signed_out(
    xiaoming, run_threads
):
    browser = Client()
    browser.post("/accounts/login/", {"login": "xiaoming", "password": PASSWORD})

    def tab(number):
        one = Client(raise_request_exception=False)
        one.cookies = browser.cookies.copy()
        if number % 2:
            return one.post("/accounts/logout/").status_code
        return one.post(
            "/accounts/reauthenticate/", {"password": PASSWORD, "next": "/account/"}
        ).status_code

    outcomes = run_threads(DOORS, tab)

    assert set(outcomes) == {302}
    assert browser.get("/account/")["Location"].startswith("/accounts/login/")
