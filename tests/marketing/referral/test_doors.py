"""Invitations through every door: link, each way to sign up, page, picture, API, back office."""

import json
from datetime import UTC, datetime

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts import closing, export
from accounts.models import User
from marketing import shared_links
from marketing.models import Referral, ShareLanding
from marketing.referral import invitations
from marketing.shared_links import Link
from orders.models import Order
from points import event_delivery
from tests.accounts import test_wechat as wechat
from tests.accounts.outside import MINI
from tests.conftest import PASSWORD
from tests.factories.accounts import MemberFactory
from tests.factories.orders import virtual_sku
from tests.factories.referrals import arrived, invited, settle_when_over

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)
PHONE = {"HTTP_USER_AGENT": "Mozilla/5.0 (iPhone)", "REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


@pytest.fixture
def inviter(member):
    return member


def follow(link, browser=None):
    browser = browser or Client()
    address = reverse("marketing:landing", args=[link.token])
    return browser, browser.get(address, **PHONE)


def sign_up(browser, name="friend", **more):
    form = {"username": name, "email": f"{name}@example.com", "password1": PASSWORD}
    answer = browser.post("/accounts/signup/", {**form, **more}, **PHONE)
    assert answer.status_code == 302, answer.content
    event_delivery.deliver_due()
    return User.objects.get(username=name)


def bound():
    return list(Referral.objects.order_by("pk").values_list("inviter_id", "invitee__username"))


def test_sign_up_when_a_link_was_followed_then_bound_to_the_first_for_thirty_days(
    inviter, other_member, noon
):
    browser, answer = follow(invitations.link_of(inviter.pk))
    follow(invitations.link_of(other_member.pk), browser)  # a later one changes nothing
    shown = browser.get("/accounts/signup/").content.decode()
    sign_up(browser)
    late, _answer = follow(invitations.link_of(other_member.pk))
    noon.shift(30 * 86_400 + 1)
    sign_up(late, "late")
    by_shop, _answer = follow(Link(other_member.pk))
    sign_up(by_shop, "buyer")  # who was shown the shop was not invited

    assert answer.url == "/accounts/signup/"
    assert "notice--ok" in shown
    assert bound() == [(inviter.pk, "friend")]
    assert ShareLanding.objects.filter(page="join").count() == 0
    friend = User.objects.get(username="friend")
    assert len(friend.joined_device) == len(friend.joined_network) == 16


@pytest.mark.parametrize("door", ["page", "mini-program"])
def test_wechat_when_somebody_is_new_then_bound_to_who_invited_them(inviter, outside, door):
    """A browser remembers the link it followed, a mini-program says it."""
    outside.people |= {"q": ("o-1", "u-1"), "again": ("o-1", "u-1")}
    link = invitations.link_of(inviter.pk)

    def come(code, browser=None):
        if door == "page":
            return wechat.page(browser or follow(link)[0], code)[1].status_code
        app, body = APIClient(), {"provider": "wechat_mini", "process": "login"}
        body |= {"token": {"client_id": MINI, "access_token": code}, "invitation": link.token}
        return app.post(f"{wechat.AUTH}/auth/provider/token", body, format="json").status_code

    statuses = [come("q"), come("again")]
    event_delivery.deliver_due()

    newcomer = SocialAccount.objects.get(uid="o-1").user
    assert statuses == ([302, 302] if door == "page" else [200, 200])
    assert list(Referral.objects.values_list("inviter_id", "invitee_id", "status")) == [
        (inviter.pk, newcomer.pk, "open")
    ]


def test_wechat_when_the_invitation_is_none_of_ours_then_refused_and_nobody_made(outside):
    outside.people["q"] = ("o-1", "u-1")
    body = {"provider": "wechat_mini", "process": "login", "invitation": "made-up"}
    body |= {"token": {"client_id": MINI, "access_token": "q"}}

    answer = APIClient().post(f"{wechat.AUTH}/auth/provider/token", body, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["param"]) == (400, "invitation")
    assert not SocialAccount.objects.exists()
    assert not Referral.objects.exists()


@pytest.mark.parametrize("cookie", ["", "1", "1.x:y", "\x00", "A" * 5_000])
def test_sign_up_when_the_cookie_is_forged_then_nobody_is_bound(cookie):
    browser = Client(HTTP_COOKIE=f"{invitations.COOKIE}={cookie}")
    sign_up(browser)

    assert bound() == []


def test_page_when_some_were_invited_then_masked_with_their_state(
    signed_in, signed_in_api, inviter, django_assert_num_queries
):
    friends = [invited(inviter, name) for name in ("zhangsan", "lisi", "wangwu")]
    arrived(friends[0])
    arrived(friends[1])
    settle_when_over()
    page = signed_in.get("/referral/")
    text = page.content.decode()
    answer = signed_in_api.get("/api/v1/referral").json()
    picture = signed_in.get("/referral/code.png")

    assert (page.status_code, "z****" in text, "zhangsan" in text) == (200, True, False)
    assert [one["state"] for one in answer["results"]] == ["joined", "paid", "paid"]
    assert [one["name"] for one in answer["results"]] == ["w****", "l***", "z****"]
    assert {name: answer[name] for name in ("points", "welcome", "per_month", "invited")} == {
        "points": 200,
        "welcome": 100,
        "per_month": 20,
        "invited": 3,
    }
    assert shared_links.read(answer["invitation"]) == invitations.link_of(inviter.pk)
    assert picture.content[:8] == b"\x89PNG\r\n\x1a\n"


def test_order_when_placed_through_pages_and_api_then_marked_without_an_address(
    signed_in, signed_in_api, inviter
):
    sku = virtual_sku(cash="5.00")
    lines = {"lines": [{"sku": sku.pk, "quantity": 1}]}
    words = {"HTTP_IDEMPOTENCY_KEY": "one-order-key", "HTTP_DEVICE_ID": "one phone"}
    made = signed_in_api.post(
        "/api/v1/orders", lines, format="json", REMOTE_ADDR="203.0.113.9", **words
    )
    order = Order.objects.get()

    assert made.status_code == 201
    assert {len(order.device_mark), len(order.network_mark)} == {16}
    assert "203.0.113" not in json.dumps([str(value) for value in vars(order).values()])


def test_admin_when_held_then_an_operator_reads_why_and_decides(client, operator, inviter):
    friends = [invited(inviter, name, device="one phone") for name in ("one", "two")]
    for friend in friends:
        arrived(friend)
    settle_when_over()
    client.force_login(operator)
    row = Referral.objects.get(invitee=friends[0])
    page = client.get(f"/admin/marketing/referral/{row.pk}/change/").content.decode()
    address = f"/admin/marketing/referral/{row.pk}/release/"
    form = {"note": "sisters", "version": row.version}
    empty = client.post(address, {**form, "note": ""})
    with time_machine.travel(row.settled_at, tick=False):
        done = client.post(address, form)
    row.refresh_from_db()

    assert client.get("/admin/marketing/referral/?q=one").status_code == 200
    assert client.get("/admin/points/riskrule/").status_code == 200
    assert client.get("/admin/points/risksighting/").status_code == 200
    assert (address in page, empty.status_code, done.status_code) == (True, 400, 302)
    assert (row.status, row.decision_note, row.decided_by) == ("paid", "sisters", operator)


def test_export_and_close_when_invited_then_told_in_words_and_forgotten(inviter):
    friend = invited(inviter, "friend", device="one phone")
    told = json.loads("".join(export.as_json(friend)))
    closing.close(friend)
    friend.refresh_from_db()

    assert [row["kind"] for row in told["invitations"]] == ["was_invited"]
    assert told["traces"][0]["kept_until"].startswith("2027-01-31")
    assert (friend.joined_device, friend.joined_network) == (None, None)
    assert Referral.objects.get().reason == "closed"
    assert json.loads("".join(export.as_json(MemberFactory())))["traces"] == []
