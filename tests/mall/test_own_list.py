"""Lists of a caller's own rows: a plain question is answered as REST framework would answer it."""

import logging
from itertools import pairwise

import pytest

from mall.core.limits import API_MEMBER
from orders import lifecycle
from orders.models import Order
from points import rules
from points.models import Rule
from tests.factories.orders import (
    address_of,
    give_points,
    key_sku,
    pay,
    physical_sku,
    place,
    received,
    refund,
    virtual_sku,
)

pytestmark = pytest.mark.django_db
NO_REDIS = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LISTS = ["/api/v1/orders", "/api/v1/points/entries"]
LONG_WAY = {"Accept": "application/json;q=0.9"}  # more than a plain question


@pytest.fixture
def app(bearer, member):
    """An app client of a member with 25 orders, more than a page."""
    give_points(member, 1000)
    for _turn in range(25):
        place(member, virtual_sku(points=10))
    return bearer(member)


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_list_when_asked_plainly_then_as_the_long_way_answers(app, caplog, address, language):
    headers = {"Accept-Language": language}
    caplog.set_level(logging.INFO)

    plain = app.get(address, headers=headers)
    long = app.get(address, headers=headers | LONG_WAY)
    onward = app.get(plain.json()["next"], headers=headers)
    back = app.get(onward.json()["previous"], headers=headers)

    told = [one.msg for one in caplog.records if isinstance(one.msg, dict)]
    assert (plain.status_code, len(plain.json()["results"])) == (200, 24)
    assert (plain.content, dict(plain.headers)) == (long.content, dict(long.headers))
    assert onward.json()["next"] is None
    assert back.json()["results"] == plain.json()["results"]
    assert len({line.get("user_id") for line in told}) == 1


@pytest.mark.parametrize(("address", "statements"), zip(LISTS, (1, 1), strict=True))
def test_list_when_asked_plainly_then_one_statement(
    app, django_assert_num_queries, address, statements
):
    app.get(address)  # the balance is known, and the token

    with django_assert_num_queries(statements):
        app.get(address)


@pytest.mark.parametrize("address", LISTS)
def test_list_when_the_caller_is_nobody_then_refused_the_same_way(api, address):
    tokens = ["", "Bearer", "Bearer a.b.c", "Bearer a b", "Bearer \xe4", "Basic eDp5"]

    plain = [api.get(address, HTTP_AUTHORIZATION=token) for token in tokens]
    long = [api.get(address, HTTP_AUTHORIZATION=token, headers=LONG_WAY) for token in tokens]

    def said(answers):
        return [(answer.status_code, answer.json()["errors"]) for answer in answers]

    assert said(plain) == said(long)
    assert {answer.status_code for answer in plain} == {401}


def test_list_when_asked_too_often_then_counted_with_all_else(bearer, member):
    app, most = bearer(member), int(API_MEMBER.partition("/")[0])

    statuses = [app.get(LISTS[turn % 2]).status_code for turn in range(most + 1)]

    assert (set(statuses[:most]), statuses[most]) == ({200}, 429)


# --- kept answers --------------------------------------------------------------------
@pytest.mark.parametrize("address", LISTS)
def test_list_when_asked_first_and_again_then_its_rows_are_read_once(
    bearer, member, address, django_assert_num_queries
):
    app = bearer(member)
    app.get("/api/v1/points")  # the token and the balance are known

    with django_assert_num_queries(2):  # the member's state, and the rows
        first = app.get(address)
    with django_assert_num_queries(1):  # the state
        again = app.get(address)

    assert (again.content, dict(again.headers)) == (first.content, dict(first.headers))
    assert first["Cache-Control"] == "no-store, private"


def test_orders_when_one_changes_in_any_way_then_the_next_answer_says_so(bearer, member):
    """Each verb that changes what the list shows of an order tells a fact of its member."""
    give_points(member, 1000)
    app = bearer(member)
    address_of(member)
    parcel = {"actor": "staff:1", "carrier": "SF", "number": "1"}
    sent = place(member, physical_sku(points=10), quantity=2)
    waiting = place(member, virtual_sku(points=5, cash="2.00"))
    changes = [
        lambda: lifecycle.ship(sent, pieces={sent.lines.get().pk: 1}, **parcel),
        lambda: refund(sent, 1),
        lambda: pay(waiting),
        lambda: received(Order.objects.get(pk=waiting.pk)),
        lambda: refund(Order.objects.get(pk=waiting.pk)),
        lambda: lifecycle.cancel(place(member, virtual_sku(points=1)), actor="system"),
        lambda: place(member, key_sku(points=1)),
    ]

    pages = [app.get(LISTS[0]).json()]
    for change in changes:
        change()
        pages.append(app.get(LISTS[0]).json())
        assert pages[-1] == app.get(LISTS[0], headers=LONG_WAY).json()

    assert all(before != after for before, after in pairwise(pages))


def test_entries_when_points_move_or_facts_wait_then_the_next_answer_says_so(
    bearer, member, heard_later
):
    app = bearer(member)
    changes = [
        lambda: give_points(member, 1000),
        lambda: received(place(member, virtual_sku(points=10))),  # what it earns waits
        lambda: lifecycle.cancel(place(member, virtual_sku(points=7)), actor="system"),
    ]

    pages = [app.get(LISTS[1]).json()]
    for change in changes:
        change()
        pages.append(app.get(LISTS[1]).json())
        assert pages[-1] == app.get(LISTS[1], headers=LONG_WAY).json()

    assert all(before != after for before, after in pairwise(pages))


def test_entries_when_a_rule_is_renamed_then_the_next_answer_says_so(
    bearer, member, django_capture_on_commit_callbacks
):
    app, rule = bearer(member), Rule.objects.get(code="share")
    rules.award(member.pk, "share", key="share:1")
    before = app.get(LISTS[1], headers={"Accept-Language": "en"}).json()["results"][0]

    with django_capture_on_commit_callbacks(execute=True):
        rule.name_en = "Told a friend"
        rule.save()
    after = app.get(LISTS[1], headers={"Accept-Language": "en"}).json()["results"][0]

    assert (before["id"], after["description"]) == (after["id"], "Told a friend")
    assert before["description"] != "Told a friend"


@pytest.mark.parametrize("address", LISTS)
def test_list_when_kept_then_for_its_member_host_and_session_alone(
    bearer, app, member, other_member, settings, address
):
    settings.ALLOWED_HOSTS = ["testserver", "shop.example"]
    mine = app.get(address)

    theirs = bearer(other_member).get(address).json()["results"]
    elsewhere = app.get(address, HTTP_HOST="shop.example")
    evil = app.get(address, HTTP_HOST="evil.example")
    app.delete("/api/auth/app/v1/auth/session")
    ended = app.get(address)

    known = {row.get("no", row.get("id")) for row in mine.json()["results"]}
    assert known.isdisjoint(row.get("no", row.get("id")) for row in theirs)
    assert elsewhere.json()["next"].startswith("http://shop.example/")
    assert (evil.status_code, ended.status_code) == (400, 401)


def test_orders_when_no_redis_tells_the_versions_then_nothing_is_kept(bearer, member, settings):
    settings.CACHES = NO_REDIS
    order, app = place(member, key_sku(points=1)), bearer(member)
    app.get(LISTS[0])

    Order.objects.filter(pk=order.pk).update(carrier="by hand")  # nobody is told
    (row,) = app.get(LISTS[0]).json()["results"]

    assert row["carrier"] == "by hand"
