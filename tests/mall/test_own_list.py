"""Lists of a caller's own rows: a plain question is answered as REST framework would answer it."""

import logging

import pytest

from mall.core.limits import API_MEMBER
from tests.factories.orders import give_points, place, virtual_sku

pytestmark = pytest.mark.django_db
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
