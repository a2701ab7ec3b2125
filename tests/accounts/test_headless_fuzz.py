"""allauth's app endpoints under odd bodies: a clear 4xx, never a fault."""

import json

import pytest

from accounts.models import User
from accounts.registration import register
from tests.factories.accounts import PASSWORD

AUTH = "/api/auth/app/v1"
ODD = [
    None,
    [],
    [1],
    {},
    {"a": 1},
    True,
    -1,
    1.5,
    10**30,
    "",
    "\u0000",
    "x" * 70_000,
    "\ud800 alone",
    "' --",
]
DOORS = {
    "auth/signup": ("username", "email", "password"),
    "auth/login": ("username", "email", "password"),
    "auth/reauthenticate": ("password",),
    "auth/password/request": ("email",),
    "auth/password/reset": ("key", "password"),
    "auth/email/verify": ("key",),
    "auth/2fa/authenticate": ("code",),
    "auth/code/request": ("phone",),
    "auth/code/confirm": ("code",),
    "tokens/refresh": ("refresh_token",),
    "account/password/change": ("current_password", "new_password"),
    "account/email": ("email",),
    "account/authenticators/totp": ("code",),
}


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("signed_in", [False, True])
def test_app_endpoint_when_odd_values_are_sent_then_a_clear_refusal(api, settings, door, signed_in):
    settings.ACCOUNT_RATE_LIMITS = False
    register("xiaoming", "xiaoming@example.com", PASSWORD)
    headers = {}
    if signed_in:
        meta = api.post(
            f"{AUTH}/auth/login", {"username": "xiaoming", "password": PASSWORD}, format="json"
        ).json()["meta"]
        headers = {"HTTP_AUTHORIZATION": f"Bearer {meta['access_token']}"}

    def post(body):
        # json.dumps writes a lone surrogate as an escape, which a client of DRF's would refuse to
        # send.
        return api.post(
            f"{AUTH}/{door}", json.dumps(body), content_type="application/json", **headers
        ).status_code

    good = {"username": "newcomer", "email": "newcomer@example.com", "password": PASSWORD}

    answers = [post(odd) for odd in ODD if odd != {}]
    for name in DOORS[door]:
        rest = {key: good.get(key, "x") for key in DOORS[door] if key != name}
        answers += [post({**rest, name: odd}) for odd in ODD]

    assert all(400 <= answer < 500 for answer in answers), answers
    assert list(User.objects.values_list("username", flat=True)) == ["xiaoming"]


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "nonsense", "a" * 10_000, "\xff", "../../etc/passwd"])
def test_app_endpoint_when_the_session_token_is_odd_then_nobody(api, token):
    answer = api.get(f"{AUTH}/auth/session", HTTP_X_SESSION_TOKEN=token)

    assert answer.status_code in (401, 410)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    ["[" * 100_000, "{" * 100_000, '{"a":' * 50_000, "nonsense", "\ufeff{}", '{"username": NaN}'],
)
def test_app_endpoint_when_the_body_is_no_json_then_400(api, body):
    assert api.post(f"{AUTH}/auth/login", body, content_type="application/json").status_code == 400


@pytest.mark.django_db
def test_app_endpoint_when_the_reset_key_has_no_first_part_then_400(api):
    assert (
        api.get(f"{AUTH}/auth/password/reset", HTTP_X_PASSWORD_RESET_KEY="-abc").status_code == 400
    )


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"nickname":' * 50_000, '{"nickname": "\\ud800"}', '{"birthday": NaN}']
)
def test_me_when_the_body_is_no_json_then_400(signed_in_api, body):
    assert (
        signed_in_api.patch("/api/v1/me", body, content_type="application/json").status_code == 400
    )
