"""Who was invited says so in an app, or their browser remembers it: by e-mail, phone and WeChat."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from marketing.models import Referral
from marketing.referral import invitations
from points import event_delivery
from tests.accounts.test_phone import app_ask, app_confirm, code_of
from tests.conftest import PASSWORD
from tests.factories.accounts import MemberFactory

AUTH = "/api/auth/app/v1/auth"
pytestmark = pytest.mark.django_db


@pytest.fixture
def inviter():
    return MemberFactory()


def bound():
    return list(Referral.objects.order_by("pk").values_list("inviter_id", "invitee__username"))


def test_sign_up_when_an_app_tells_the_invitation_then_bound_and_a_wrong_one_refused(
    inviter, api, outside
):
    code = invitations.link_of(inviter.pk).token
    body = {"username": "friend", "email": "friend@example.com", "password": PASSWORD}

    wrong = api.post(f"{AUTH}/signup", {**body, "invitation": code[:-1] + "?"}, format="json")
    right = api.post(
        f"{AUTH}/signup",
        {**body, "invitation": code},
        format="json",
        HTTP_DEVICE_ID="one phone",
        REMOTE_ADDR="203.0.113.8",
    )
    asked = app_ask(api)
    app_confirm(api, asked, code_of(outside), invitation=code)
    event_delivery.deliver_due()

    assert (wrong.status_code, wrong.json()["errors"][0]["param"]) == (400, "invitation")
    assert wrong.json()["errors"][0]["code"] == "invalid_invitation"
    assert right.status_code == 200
    assert [by for by, _name in bound()] == [inviter.pk] * 2
    assert User.objects.get(username="friend").joined_device is not None


def test_sign_up_when_by_phone_on_a_page_then_bound(inviter, outside):
    browser, link = Client(), invitations.link_of(inviter.pk)
    browser.get(reverse("marketing:landing", args=[link.token]))
    browser.post("/accounts/phone/", {"phone": "13812345678", "agreed": "0.0"})
    browser.post("/accounts/phone/code/", {"code": code_of(outside)})
    event_delivery.deliver_due()

    assert [by for by, _name in bound()] == [inviter.pk]
