"""App clients: tokens from allauth's headless API open our own API, and stop when they should."""

import jwt
import pytest
import time_machine
from allauth.headless.tokens.strategies.jwt import internal
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from django.test.utils import override_settings

from accounts import closing, plain_tokens
from accounts import tokens as tokens_module
from accounts.models import User
from accounts.registration import register
from accounts.sessions import SessionStore
from accounts.tokens import authenticate
from tests.factories.accounts import PASSWORD, mails
from tests.mall.test_limits import DEAD_REDIS

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


def test_refresh_when_asked_again_then_the_same_pair_for_ten_seconds_and_never_later(api, db):
    with time_machine.travel("2026-11-20T04:00:00Z", tick=False) as clock:
        register("xiaoming", "xiaoming@example.com", PASSWORD)
        body = {"username": "xiaoming", "password": PASSWORD}
        tokens = api.post(f"{AUTH}/auth/login", body, format="json").json()["meta"]
        first = refresh(api, tokens["refresh_token"])
        clock.shift(9)
        lost = refresh(api, tokens["refresh_token"])
        pair = first.json()["data"]
        following = refresh(api, pair["refresh_token"])
        works = me(api, pair["access_token"]).status_code
        clock.shift(1)
        late = refresh(api, tokens["refresh_token"])
        again = refresh(api, pair["refresh_token"])
        clock.shift(9)
        dead = refresh(api, pair["refresh_token"])

    assert (first.status_code, works, late.status_code, dead.status_code) == (200, 200, 400, 400)
    assert lost.json()["data"] == pair
    assert pair["refresh_token"] != tokens["refresh_token"]
    assert following.json()["data"] == again.json()["data"] != pair


@pytest.mark.parametrize("ending", ["sign out", "new password", "shut out"])
def test_refresh_when_the_session_ended_then_not_even_within_ten_seconds(api, tokens, ending):
    member = User.objects.get(username="xiaoming")
    refresh(api, tokens["refresh_token"])

    if ending == "sign out":
        api.delete(f"{AUTH}/auth/session", HTTP_X_SESSION_TOKEN=tokens["session_token"])
    elif ending == "new password":
        member.set_password(NEW_PASSWORD)
        member.save()
    else:
        User.objects.filter(pk=member.pk).update(is_active=False)

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


# --- a token is known by one reading of the cache --------------------------------------------
@pytest.fixture
def dead_redis():
    with override_settings(CACHES=DEAD_REDIS):
        yield
    caches.close_all()


def test_token_when_known_then_no_statement_asks_who_it_is(api, tokens, django_assert_num_queries):
    with django_assert_num_queries(0):
        found, claims = authenticate(tokens["access_token"])

    assert (found.is_authenticated, str(found.pk)) == (True, claims["sub"])


def test_token_when_the_row_is_needed_then_read_once_and_whole(
    api, tokens, django_assert_num_queries
):
    found, _claims = authenticate(tokens["access_token"])

    with django_assert_num_queries(1):
        read = (found.username, found.email, found.language, found.is_staff)

    assert read == ("xiaoming", "xiaoming@example.com", "zh-hans", False)


def test_token_when_the_cache_forgot_then_the_database_is_asked_once(
    api, tokens, django_assert_num_queries
):
    cache.clear()

    with django_assert_num_queries(1):  # the session with its member
        assert authenticate(tokens["access_token"])
    with django_assert_num_queries(0):
        assert authenticate(tokens["access_token"])


def test_token_when_redis_is_away_then_the_database_knows_who_signed_out(
    api, tokens, dead_redis, django_assert_num_queries
):
    with django_assert_num_queries(1):  # the session with its member: each time
        assert authenticate(tokens["access_token"])

    Session.objects.all().delete()

    assert authenticate(tokens["access_token"]) is None


def test_token_when_found_good_before_a_sign_out_and_kept_after_it_then_dead(
    api, tokens, monkeypatch
):
    """A slow request asks the database, the member signs out, and only then the answer is kept."""
    cache.clear()
    asked = tokens_module._in_session
    monkeypatch.setattr(
        tokens_module,
        "_in_session",
        lambda key, member: (asked(key, member), SessionStore(key).delete())[0],
    )
    slow = authenticate(tokens["access_token"])
    monkeypatch.undo()

    assert slow is not None
    assert authenticate(tokens["access_token"]) is None


def test_token_when_forged_or_for_refreshing_then_nobody(api, tokens):
    header, claims, signature = tokens["access_token"].split(".")

    for token in (f"{header}.{claims}.{signature[::-1]}", tokens["refresh_token"], ""):
        assert authenticate(token) is None


def test_claims_of_when_the_shop_signed_it_then_as_allauth_reads_it(api, tokens, settings):
    token = tokens["access_token"]
    claims = internal.decode_token(token, "access")
    odd = {
        "for refreshing": jwt.encode(claims | {"token_use": "refresh"}, settings.SECRET_KEY),
        "another key": jwt.encode(claims, settings.SECRET_KEY + "x"),
        "another algorithm": jwt.encode(claims, settings.SECRET_KEY, algorithm="HS512"),
        "unsigned": jwt.encode(claims, None, algorithm="none"),
        "old": jwt.encode(claims | {"exp": claims["iat"] - 1}, settings.SECRET_KEY),
        "not yet": jwt.encode(claims | {"iat": claims["exp"] - 1}, settings.SECRET_KEY),
        "without an end": jwt.encode({**claims, "exp": 0}, settings.SECRET_KEY),
        "nobody's": jwt.encode(claims | {"sid": None}, settings.SECRET_KEY),
        "signed twice": f"{token}.{token.rpartition('.')[2]}",
        "padded": f"{token}=",
        "not ascii": f"{token[:-1]}é",
        "nothing": "",
    }

    assert plain_tokens.claims_of(token) == claims
    for what, one in odd.items():
        assert plain_tokens.claims_of(one) is None, what
        assert internal.decode_token(one, "access") is None or what == "padded", what


def test_reset_password_when_done_then_the_next_request_is_refused(api, tokens):
    api.post(f"{AUTH}/auth/password/request", {"email": "xiaoming@example.com"}, format="json")
    link = next(word for word in mails()[-1].body.split() if "/password/reset/key/" in word)
    key = link.rstrip("/").rpartition("/")[2]

    api.post(f"{AUTH}/auth/password/reset", {"key": key, "password": NEW_PASSWORD}, format="json")

    assert me(api, tokens["access_token"]).status_code == 401


@pytest.mark.parametrize(
    ("page", "form"),
    [
        ("change", {"nickname": "", "_save": "1"}),  # is_active is not ticked
        ("password", {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}),
    ],
)
def test_member_when_changed_in_the_back_office_then_the_next_request_is_refused(
    api, tokens, admin_client, page, form
):
    member = User.objects.get(username="xiaoming")
    assert me(api, tokens["access_token"]).status_code == 200

    address = f"/admin/accounts/user/{member.pk}/{page}/"
    assert admin_client.post(address, form).status_code == 302

    assert me(api, tokens["access_token"]).status_code == 401


def test_close_when_the_member_leaves_then_the_next_request_is_refused(api, tokens):
    known = me(api, tokens["access_token"]).status_code

    closing.close(User.objects.get(username="xiaoming"))

    assert (known, me(api, tokens["access_token"]).status_code) == (200, 401)


def test_staff_when_no_longer_then_the_next_request_is_refused(bearer, operator):
    caller = bearer(operator)
    before = caller.get("/api/v1/staff/products").status_code

    User.objects.filter(pk=operator.pk).update(is_staff=False)

    assert (before, caller.get("/api/v1/staff/products").status_code) == (200, 403)
