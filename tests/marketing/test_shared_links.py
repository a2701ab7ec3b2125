"""Shared links: signed, forged ones lead nowhere, and only another person's landing pays."""

import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from marketing import shared_links
from marketing.errors import NoSuchLink
from marketing.models import ShareLanding
from marketing.shared_links import Link, Visitor, land, own_device, read
from points.models import LedgerEntry, PointAccount, Rule
from tests.conftest import PASSWORD
from tests.factories.catalog import SkuFactory
from tests.factories.marketing import MissionFactory

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36"
LAPTOP = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15"
)
FRIEND = Visitor("203.0.113.7", PHONE)


@pytest.fixture(autouse=True)
def friday():
    with time_machine.travel("2026-11-20T12:00:00+08:00", tick=False) as travelled:
        yield travelled


def paid(member):
    return list(
        LedgerEntry.objects.filter(account_id=member.pk, rule="share").values_list(
            "delta", flat=True
        )
    )


def visit(address, *, ip="203.0.113.7", agent=PHONE, method="get", **headers):
    return getattr(Client(), method)(address, REMOTE_ADDR=ip, HTTP_USER_AGENT=agent, **headers)


def address_of(link):
    return reverse("marketing:landing", args=[link.token])


# --- the link --------------------------------------------------------------------
def test_read_when_signed_by_us_then_tells_member_and_page():
    assert read(Link(7).token) == Link(7)
    assert read(Link(7, 12).token) == Link(7, 12)
    assert Link(7, 12).token == Link(7, 12).token


@pytest.mark.parametrize(
    "edit",
    [
        lambda t: t[:-1],
        lambda t: "8" + t[1:],
        lambda t: t.replace("-shop", "-p1"),
        lambda t: "x" * 500,
        lambda t: "7-shop",
    ],
)
def test_read_when_one_letter_is_not_ours_then_refused(edit):
    with pytest.raises(NoSuchLink):
        read(edit(Link(7).token))


def test_landing_when_forged_then_not_found_and_nothing_paid(member):
    token = Link(member.pk).token

    assert visit(reverse("marketing:landing", args=[token[:-2] + "AA"])).status_code == 404
    assert paid(member) == []
    assert ShareLanding.objects.count() == 0


# --- who counts --------------------------------------------------------------------
def test_land_when_another_person_lands_then_paid(member):
    landing = land(Link(member.pk), FRIEND)

    assert paid(member) == [5]
    assert (landing.page, landing.points) == ("shop", 5)
    assert PointAccount.objects.get(pk=member.pk).available == 105


def test_land_when_replayed_fifty_times_then_paid_once(member):
    for _time in range(50):
        land(Link(member.pk), FRIEND)

    assert paid(member) == [5]
    assert ShareLanding.objects.count() == 1


def test_land_when_other_pages_are_opened_by_the_same_visitor_then_paid_once(member):
    land(Link(member.pk), FRIEND)
    land(Link(member.pk, 4), FRIEND)

    assert paid(member) == [5]


def test_land_when_five_visitors_come_then_three_are_paid_and_all_are_counted(member):
    for number in range(5):
        land(Link(member.pk), Visitor(f"203.0.113.{number}", PHONE))

    assert paid(member) == [5, 5, 5]
    assert ShareLanding.objects.count() == 5
    assert shared_links.today(member) == shared_links.Today(points=5, per_day=3, visitors=5, paid=3)


def test_land_when_the_next_day_comes_then_the_visitor_counts_again(member, friday):
    land(Link(member.pk), FRIEND)
    friday.move_to("2026-11-21T00:00:01+08:00")
    land(Link(member.pk), FRIEND)

    assert paid(member) == [5, 5]


def test_land_when_it_is_the_member_then_nothing(member):
    assert land(Link(member.pk), Visitor("198.51.100.1", PHONE, user_id=member.pk)) is None
    assert paid(member) == []


def test_land_when_it_is_the_device_the_link_was_made_on_then_nothing(member):
    own_device(member, Visitor("198.51.100.1", LAPTOP, device="cookie-of-the-laptop"))

    assert land(Link(member.pk), Visitor("198.51.100.1", LAPTOP)) is None
    assert (
        land(Link(member.pk), Visitor("192.0.2.9", LAPTOP, device="cookie-of-the-laptop")) is None
    )
    assert paid(member) == []


def test_land_when_the_address_was_the_members_yesterday_then_somebody_else_counts_today(
    member, friday
):
    own_device(member, Visitor("198.51.100.1", LAPTOP))
    friday.move_to("2026-11-21T12:00:00+08:00")

    assert land(Link(member.pk), Visitor("198.51.100.1", LAPTOP)) is not None


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Googlebot/2.1 (+http://www.google.com/bot.html)",
        "curl/8.4",
        "facebookexternalhit/1.1",
        "WhatsApp/2.24",
        "python-requests/2.32",
        "HeadlessChrome/141",
    ],
)
def test_land_when_it_is_a_robot_then_nothing(member, agent):
    assert land(Link(member.pk), Visitor("203.0.113.7", agent)) is None
    assert paid(member) == []


def test_land_when_the_rule_is_paused_then_counted_and_not_paid(member):
    Rule.objects.filter(action="share").update(status="paused")

    assert land(Link(member.pk), FRIEND).points == 0
    assert paid(member) == []


def test_land_when_the_member_is_gone_then_nothing(member):
    type(member).objects.filter(pk=member.pk).update(is_active=False)

    assert land(Link(member.pk), FRIEND) is None


def test_land_when_a_mission_listens_then_it_moves(member):
    MissionFactory(code="share", event="share", points=10)

    land(Link(member.pk), FRIEND)

    assert LedgerEntry.objects.get(account_id=member.pk, rule="mission").delta == 10


def test_land_when_written_down_then_names_nobody(member):
    land(Link(member.pk), Visitor("203.0.113.7", PHONE, device="cookie"))

    row = ShareLanding.objects.get()
    assert re.fullmatch(r"[0-9a-f]{32}", row.visitor)
    assert "203" not in str(row)


# --- the page a visitor lands on -----------------------------------------------------
def test_landing_when_a_product_is_shared_then_leads_there_and_sets_no_cookie(member):
    product = SkuFactory(stock=3).product

    answer = visit(address_of(Link(member.pk, product.pk)))

    assert (answer.status_code, answer["Location"]) == (302, f"/products/{product.pk}/")
    assert not answer.cookies
    assert answer["X-Robots-Tag"] == "noindex"
    assert paid(member) == [5]


def test_landing_when_the_product_is_gone_then_leads_to_the_others(member):
    assert visit(address_of(Link(member.pk, 999)))["Location"] == "/products/"


def test_landing_when_head_or_fetched_ahead_then_nothing_is_paid(member):
    address = address_of(Link(member.pk))

    assert visit(address, method="head").status_code == 302
    assert visit(address, HTTP_SEC_PURPOSE="prefetch;prerender").status_code == 302
    assert visit(address, HTTP_PURPOSE="preview").status_code == 302
    assert visit(address, HTTP_SEC_FETCH_DEST="image").status_code == 302
    assert visit(address, HTTP_SEC_FETCH_DEST="iframe").status_code == 302
    assert paid(member) == []

    assert visit(address, HTTP_SEC_FETCH_DEST="document").status_code == 302
    assert paid(member) == [5]


def test_landing_when_posted_then_refused(member):
    assert visit(address_of(Link(member.pk)), method="post").status_code == 405
    assert paid(member) == []


def test_landing_when_the_member_opens_the_own_link_signed_in_then_nothing_is_paid(
    signed_in, member
):
    signed_in.get(address_of(Link(member.pk)), HTTP_USER_AGENT=PHONE)

    assert paid(member) == []


def test_landing_when_the_member_signs_out_and_opens_it_on_the_same_device_then_nothing_is_paid(
    signed_in, member
):
    signed_in.get(reverse("marketing:share"), HTTP_USER_AGENT=PHONE, REMOTE_ADDR="198.51.100.1")
    signed_in.logout()
    # Django's client forgets all cookies on logout; a browser keeps this one, and the address says
    # the same.
    signed_in.get(address_of(Link(member.pk)), HTTP_USER_AGENT=PHONE, REMOTE_ADDR="198.51.100.1")

    assert paid(member) == []


def test_landing_when_one_ipv6_household_comes_with_many_addresses_then_paid_once(member):
    for ip in ("2001:db8:1:2::1", "2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::3"):
        visit(address_of(Link(member.pk)), ip=ip)

    visit(address_of(Link(member.pk)), ip="2001:db8:1:3::1")

    assert paid(member) == [5, 5]


def test_landing_when_the_member_comes_from_another_address_of_the_household_then_nothing_is_paid(
    member,
):
    phone = {"REMOTE_ADDR": "2001:db8:1:2::1", "HTTP_USER_AGENT": PHONE}
    Client().post("/accounts/login/", {"login": "member", "password": PASSWORD}, **phone)

    visit(address_of(Link(member.pk)), ip="2001:db8:1:2:aaaa:bbbb:cccc:dddd")

    assert paid(member) == []


def test_landing_when_a_friend_who_is_a_member_opens_it_then_paid(client, member, other_member):
    client.force_login(other_member)
    client.get(address_of(Link(member.pk)), HTTP_USER_AGENT=LAPTOP, REMOTE_ADDR="203.0.113.7")

    assert paid(member) == [5]
    assert paid(other_member) == []


# --- the member's page -----------------------------------------------------------------
def test_share_when_opened_then_shows_link_code_and_standing(signed_in, member):
    product = SkuFactory(stock=3).product

    answer = signed_in.get(reverse("marketing:share"), {"product": product.pk})

    assert answer.status_code == 200
    html = answer.content.decode()
    assert f"http://testserver/s/{Link(member.pk, product.pk).token}/" in html
    assert '<svg viewBox="0 0 ' in html
    assert answer.cookies["mall_device"]["httponly"]


@pytest.mark.parametrize("product", ["999", "x", "9" * 30])
def test_share_when_there_is_no_such_product_then_not_found(signed_in, product):
    assert signed_in.get(reverse("marketing:share"), {"product": product}).status_code == 404


def test_share_when_not_signed_in_then_asks_to(client):
    assert client.get(reverse("marketing:share")).status_code == 302


def test_shares_api_when_asked_then_gives_the_same_link_as_the_page(signed_in_api, member):
    answer = signed_in_api.post("/api/v1/shares", {}, format="json")

    assert answer.status_code == 201, answer.content
    assert answer.json() == {
        "url": f"http://testserver/s/{Link(member.pk).token}/",
        "points": 5,
        "per_day": 3,
        "visitors_today": 0,
        "paid_today": 0,
    }


def test_shares_api_when_more_than_ten_pages_an_hour_then_refused(signed_in_api):
    products = [SkuFactory(stock=1).product.pk for _number in range(11)]

    codes = [
        signed_in_api.post("/api/v1/shares", {"product": pk}, format="json").status_code
        for pk in products
    ]

    assert codes == [201] * 10 + [429]
