"""App clients: tokens from allauth's headless API open our own API, and stop when they should."""

import pytest
import time_machine

from accounts.registration import register
from tests.factories.accounts import PASSWORD

AUTH = "/api/auth/app/v1"
NEW_PASSWORD = "another-long-password"


@pytest.fixture
def tokens(api, db):
    register("xiaoming", "xiaoming@example.com", PASSWORD)
    answer = api.post(
        f"{AUTH}/auth/login", {"username": "xiaoming", "password": PASSWORD}, format="json"
    )
    return answer.json()["meta"]


def me(api, token):
    return api.get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {token}")


def refresh(api, token):
    return api.post(f"{AUTH}/tokens/refresh", {"refresh_token": token}, format="json")


def test_me_when_with_a_bearer_then_the_member(api, tokens):
    answer = me(api, tokens["access_token"])

    assert (answer.status_code, answer.json()["username"]) == (200, "xiaoming")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Bearer a.b.c", "Basic eDp5"])
def test_me_when_without_a_valid_token_then_401_in_the_error_shape(api, db, header):
    answer = api.get("/api/v1/me", HTTP_AUTHORIZATION=header)

    assert answer.status_code == 401
    assert answer.json()["type"] == "client_error"


def test_me_when_only_a_page_session_then_401(client, db):
    client.force_login(register("xiaoming", "xiaoming@example.com", PASSWORD))

    assert client.get("/api/v1/me").status_code == 401


def test_me_when_the_token_is_older_than_five_minutes_then_401(api, db):
    with time_machine.travel("2026-11-20T04:00:00Z", tick=False) as clock:
        register("xiaoming", "xiaoming@example.com", PASSWORD)
        meta = api.post(
            f"{AUTH}/auth/login", {"username": "xiaoming", "password": PASSWORD}, format="json"
        ).json()["meta"]
        fresh = me(api, meta["access_token"]).status_code
        clock.shift(301)
        stale = me(api, meta["access_token"]).status_code

    assert (fresh, stale) == (200, 401)


def test_refresh_when_used_then_a_new_pair_and_the_old_one_is_dead(api, tokens):
    first = refresh(api, tokens["refresh_token"])

    pair = first.json()["data"]
    assert first.status_code == 200
    assert pair["refresh_token"] != tokens["refresh_token"]
    assert me(api, pair["access_token"]).status_code == 200
    assert refresh(api, tokens["refresh_token"]).status_code == 400


def test_sign_out_when_done_then_both_tokens_are_dead(api, tokens):
    answer = api.delete(f"{AUTH}/auth/session", HTTP_X_SESSION_TOKEN=tokens["session_token"])

    assert answer.status_code == 401  # allauth's way to say "signed out"
    assert me(api, tokens["access_token"]).status_code == 401
    assert refresh(api, tokens["refresh_token"]).status_code == 400


def test_change_password_when_on_a_page_then_the_app_is_signed_out(api, client, tokens):
    client.post("/accounts/login/", {"login": "xiaoming", "password": PASSWORD})

    answer = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert answer.status_code == 302
    assert me(api, tokens["access_token"]).status_code == 401
    assert refresh(api, tokens["refresh_token"]).status_code == 400


def test_change_password_when_in_the_app_then_old_tokens_are_dead(api, tokens):
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    api.post(
        f"{AUTH}/account/password/change",
        body,
        format="json",
        HTTP_AUTHORIZATION=f"Bearer {tokens['access_token']}",
    )

    assert me(api, tokens["access_token"]).status_code == 401
    assert refresh(api, tokens["refresh_token"]).status_code == 400
    again = api.post(
        f"{AUTH}/auth/login", {"username": "xiaoming", "password": NEW_PASSWORD}, format="json"
    )
    assert again.status_code == 200


def test_sign_out_elsewhere_when_on_the_devices_page_then_the_app_is_signed_out(
    api, client, tokens
):
    client.post("/accounts/login/", {"login": "xiaoming", "password": PASSWORD})

    client.post("/accounts/sessions/")

    assert client.get("/account/").status_code == 200
    assert me(api, tokens["access_token"]).status_code == 401
