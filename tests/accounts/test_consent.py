"""Consent: noted at sign-up, asked about when the terms change, taken along and forgotten."""

import json
import re

import pytest
from django.urls import reverse

from accounts import closing, consent, export
from accounts.models import Consent, User
from mall.core.models import ShopPage
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def publish(kind="terms", *, binds=True):
    page = ShopPage.objects.get(kind=kind)
    page.version += 1
    page.binding_version = page.version if binds else page.binding_version
    page.body_zh_hans = f"<p>第 {page.version} 版</p>"
    page.save()


def sign_up(client, **more):
    sent = {"username": "mei", "email": "mei@example.com", "password1": PASSWORD, **more}
    return client.post(reverse("account_signup"), sent)


def kept():
    return list(Consent.objects.order_by("pk").values_list("terms", "privacy", "door", "language"))


@pytest.mark.parametrize(
    ("agreed", "noted"),
    [
        ({"agreed": "2.1"}, [(2, 1)]),
        ({"agreed": "1.1"}, [(1, 1)]),  # of a page shown before
        ({"agreed": "9.9"}, []),
        ({}, []),
    ],
)
def test_sign_up_when_a_box_was_ticked_then_its_versions_are_noted_and_else_nothing(
    client, agreed, noted
):
    publish("terms")
    publish("terms")
    publish("privacy")

    shown = client.get(reverse("account_signup")).content.decode()
    answer = sign_up(client, **agreed)

    box = re.search(r'<input type="checkbox" name="agreed"[^>]*>', shown)[0]
    assert 'value="2.1" required' in box and "checked" not in box and 'href="/terms/"' in shown
    assert kept() == [(*versions, "page", "zh-hans") for versions in noted]
    asks = noted != [(2, 1)]
    assert answer.url == ("/account/consent/?next=%2F" if asks else "/")


def test_sign_up_when_something_else_was_wrong_then_the_box_stays_ticked(client, member):
    publish()
    ticked = 'name="agreed" id="agreed" value="1.0" required checked'

    pages = [
        sign_up(client, email="no address", agreed=agreed).content.decode()
        for agreed in ("1.0", "0.0")  # of a page shown before: what is read now is to be agreed to
    ]

    assert [ticked in page for page in pages] == [True, False]
    assert kept() == []


def test_sign_up_when_in_an_app_then_notes_only_what_it_says(api):
    publish()
    url = "/api/auth/app/v1/auth/signup"
    mei = {"username": "mei", "email": "mei@example.com", "password": PASSWORD, "agreed": "1.0"}
    lin = {"username": "lin", "email": "lin@example.com", "password": PASSWORD}

    answers = [api.post(url, sent, format="json") for sent in (mei, lin)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.headers.get("Consent-Needed") for answer in answers] == [None, "terms"]
    assert kept() == [(1, 0, "app", "zh-hans")]


def test_sign_in_when_terms_changed_then_asked_until_agreed_and_never_locked_out(client, member):
    def sign_in():
        client.logout()
        sent = {"login": member.username, "password": PASSWORD}
        return client.post(f"{reverse('account_login')}?next=/points/", sent).url

    before = sign_in()
    publish(binds=False)
    unbound = sign_in()
    publish()
    asked = sign_in()
    later = client.get("/points/").status_code
    asked_again = sign_in()
    page = client.get(asked).content.decode()
    agreed = client.post("/account/consent/", {"next": "/points/", "agreed": "2.0"})
    after = sign_in()

    assert [before, unbound, after] == ["/points/"] * 3
    assert asked == asked_again == "/account/consent/?next=%2Fpoints%2F"
    assert later == 200
    assert 'value="2.0"' in page and agreed.url == "/points/"
    assert kept() == [(2, 0, "page", "zh-hans")]


def test_consent_when_given_in_an_app_then_told_and_an_old_version_refused(signed_in_api, member):
    publish()
    publish()

    before = signed_in_api.get("/api/v1/me/consent").json()
    old = signed_in_api.post("/api/v1/me/consent", {"terms": 1, "privacy": 0}, format="json")
    future = signed_in_api.post("/api/v1/me/consent", {"terms": 3, "privacy": 0}, format="json")
    wrong = signed_in_api.post("/api/v1/me/consent", {"terms": "x"}, format="json")
    now = signed_in_api.post("/api/v1/me/consent", {"terms": 2, "privacy": 0}, format="json")

    assert (before["needed"], before["agreed"]) == (True, None)
    assert [old.status_code, future.status_code, wrong.status_code] == [400, 400, 400]
    assert old.json()["errors"][0]["code"] == "other_version"
    assert (now.status_code, now.json()["needed"]) == (200, False)
    assert now.json()["agreed"] == {"terms": 2, "privacy": 0}


def test_consent_when_a_member_takes_data_along_or_leaves_then_included_and_forgotten(client):
    sign_up(client, agreed="0.0")
    user = User.objects.get(username="mei")

    document = json.loads("".join(export.as_json(user)))
    closing.close(user)

    [row] = document["consents"]
    assert (row["terms"], row["privacy"], row["door"]) == (0, 0, "page")
    assert not Consent.objects.exists()


@pytest.mark.parametrize("seen", ["", "1", "1.x", "1.0.0", "٣.٠", "-1.0", None, ["1.0"], "9" * 99])
def test_read_when_what_was_seen_is_none_then_nothing(seen):
    publish()

    assert consent.read(seen) is None
