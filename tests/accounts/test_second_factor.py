"""Two-step sign-in: asks for a confirmed e-mail; whoever has it never works by the password alone,
app or page.
"""

import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from accounts.models import User
from accounts.registration import register
from tests.factories.accounts import PASSWORD, mails

pytestmark = pytest.mark.django_db
AUTH = "/api/auth/app/v1"
STAFF = "/api/v1/staff/adjustments"
NAME = {"username": "finance", "password": PASSWORD}


@pytest.fixture
def clerk(settings):
    settings.STAFF_NEED_SECOND_FACTOR = True
    user = register("finance", "finance@example.com", PASSWORD, email_verified=True)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.groups.add(Group.objects.get(name="finance"))
    return User.objects.get(pk=user.pk)


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def sign_in_app():
    """Return an app with its answer to a sign-in by password."""
    app = APIClient()
    answer = app.post(f"{AUTH}/auth/login", NAME, format="json")
    token = answer.json().get("meta", {}).get("access_token")
    if token:
        app.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return app, answer


def enrol_app(app):
    """Set up the second factor from an app; returns the answer."""
    app.post(f"{AUTH}/auth/reauthenticate", {"password": PASSWORD}, format="json")
    secret = app.get(f"{AUTH}/account/authenticators/totp").json()["meta"]["secret"]
    return app.post(f"{AUTH}/account/authenticators/totp", {"code": code_of(secret)}, format="json")


def enrol_page(client):
    """Sign in on a page and set up the second factor there."""
    client.post("/accounts/login/", {"login": "finance", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    code = code_of(client.session["mfa.totp.secret"])
    as_shown = f"{code[:3]} {code[3:]}"  # by the authenticator, and copied so
    client.post("/accounts/2fa/totp/activate/", {"code": as_shown})


def refreshed(meta):
    return (
        APIClient()
        .post(f"{AUTH}/tokens/refresh", {"refresh_token": meta["refresh_token"]}, format="json")
        .status_code
    )


@pytest.mark.parametrize(("verified", "shown"), [(False, True), (True, False)])
def test_second_factor_when_the_email_is_unconfirmed_then_a_link_leads_there(
    client, verified, shown
):
    client.force_login(
        register("xiaoming", "xiaoming@example.com", PASSWORD, email_verified=verified)
    )
    client.cookies["mall_language"] = "en"

    page = client.get("/accounts/2fa/", follow=True).text

    assert ('href="/accounts/email/">Confirm my e-mail' in page) is shown


def test_sign_in_app_when_a_second_factor_is_set_then_no_token_before_it(clerk):
    secret = generate_totp_secret()
    TOTP.activate(clerk, secret)

    app, first = sign_in_app()
    app.credentials(HTTP_X_SESSION_TOKEN=first.json()["meta"]["session_token"])
    before = app.get(STAFF).status_code, app.get(f"{AUTH}/auth/session").status_code
    second = app.post(f"{AUTH}/auth/2fa/authenticate", {"code": code_of(secret)}, format="json")
    app.credentials(HTTP_AUTHORIZATION=f"Bearer {second.json()['meta']['access_token']}")

    assert first.status_code == 401
    assert not {"access_token", "refresh_token"} & set(first.json()["meta"])
    assert [flow["id"] for flow in first.json()["data"]["flows"] if flow.get("is_pending")] == [
        "mfa_authenticate"
    ]
    assert before == (401, 401)
    assert (second.status_code, app.get(STAFF).status_code) == (200, 200)
    assert refreshed(second.json()["meta"]) == 200


@pytest.mark.django_db(transaction=True)
def test_enrol_when_in_the_app_then_this_app_works_on_and_others_by_password_are_signed_out(
    clerk, client
):
    (app, answer), (other, theirs) = sign_in_app(), sign_in_app()
    client.post("/accounts/login/", {"login": "finance", "password": PASSWORD})
    refused = app.get(STAFF).status_code, other.get(STAFF).status_code

    enrolled = enrol_app(app)

    assert (refused, enrolled.status_code) == ((403, 403), 200)
    assert (app.get(STAFF).status_code, refreshed(answer.json()["meta"])) == (200, 200)
    assert (other.get(STAFF).status_code, refreshed(theirs.json()["meta"])) == (401, 400)
    assert client.get("/account/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_enrol_when_on_the_page_then_apps_by_password_are_signed_out(clerk, client):
    app, answer = sign_in_app()

    enrol_page(client)

    assert client.get("/admin/").status_code == 200
    assert (app.get(STAFF).status_code, refreshed(answer.json()["meta"])) == (401, 400)


@pytest.mark.django_db(transaction=True)
def test_enrol_when_still_a_shopper_then_tokens_from_before_never_open_the_staff_doors(
    clerk, client
):
    User.objects.filter(pk=clerk.pk).update(is_staff=False)
    app, answer = sign_in_app()
    enrol_page(client)

    User.objects.filter(pk=clerk.pk).update(is_staff=True)

    assert (app.get(STAFF).status_code, refreshed(answer.json()["meta"])) == (401, 400)
    assert client.get("/admin/").status_code == 200


def test_reset_password_when_a_second_factor_is_set_then_the_new_password_alone_opens_nothing(
    clerk,
):
    TOTP.activate(clerk, generate_totp_secret())
    app = APIClient()
    app.post(f"{AUTH}/auth/password/request", {"email": clerk.email}, format="json")
    key = (
        next(word for word in mails()[-1].body.split() if "/password/reset/key/" in word)
        .rstrip("/")
        .rpartition("/")[2]
    )

    reset = app.post(
        f"{AUTH}/auth/password/reset",
        {"key": key, "password": "another-long-password"},
        format="json",
    )

    assert reset.status_code == 401
    assert not {"access_token", "refresh_token"} & set(reset.json().get("meta", {}))
