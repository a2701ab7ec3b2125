"""The text-book that ours is compared with works, and keeps its books under load."""

import json
import urllib.request

import pytest

from benchmarks import redeem
from benchmarks.house import text_book
from benchmarks.servers import servers
from benchmarks.stage import PLENTY, TEXT_BOOK
from benchmarks.wrk import load

pytestmark = [pytest.mark.mariadb, pytest.mark.own_servers]
FURNITURE = {"members": 60, "goods": 3, "readers": 2, "plenty": PLENTY, "price": 10}
FURNITURE |= {"points": 1000, "password": "a-long-bench-password"}


@pytest.fixture(scope="module")
def house():
    """A text-book with members and goods, open."""
    with servers(durable=False) as started:
        opened = text_book(started)
        opened.furnish(**FURNITURE)()
        opened.open()
        yield opened
        opened.close()


def ask(house, path, *, caller="", body=None):
    """Ask once; return the status and what was told."""
    headers = {"Content-Type": "application/json"}
    headers |= dict([caller.split(": ", 1)]) if caller else {}
    sent = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(house.url + path, data=sent, headers=headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return answer.status, json.loads(answer.read())


def knock(house, request, **words):
    return load(house.url, request, seconds=1, watched=house.watched, **words)


def test_textbook_when_many_redeem_one_item_at_once_then_its_books_close(house):
    request = redeem.requests({TEXT_BOOK: house}, redeem.hot)[TEXT_BOOK]

    found = knock(house, request, connections=16)

    assert found["ok_per_second"] > 0
    assert found["errors"] == 0
    assert house.ask("benchmarks.textbook.verify", plenty=PLENTY) == 0


def test_textbook_when_an_item_is_sold_out_then_every_answer_is_a_refusal(house):
    request = redeem.requests({TEXT_BOOK: house}, redeem.sold_out, expected=409)[TEXT_BOOK]

    found = knock(house, request, connections=4)

    assert found["ok_per_second"] > 0
    assert found["errors"] == 0


@pytest.mark.parametrize("path", ["/items", "/items/1", "/redemptions", "/points"])
def test_textbook_when_it_is_read_then_it_answers(house, path):
    status, told = ask(house, path, caller=house.callers[0])

    assert status == 200
    assert told["id"] == 1 if path == "/items/1" else told["results"]


def test_textbook_when_a_member_signs_up_then_the_same_password_signs_in(house):
    password = FURNITURE["password"]
    new = {"username": "new", "email": "new@example.com", "password": password}

    status, made = ask(house, "/sign-up", body=new)
    _status, found = ask(house, "/sign-in", body={"username": "new", "password": password})

    assert status == 201
    assert found["token"] == made["token"]


def test_textbook_when_a_member_checks_in_then_the_points_follow(house):
    caller = house.callers[5]

    status, _told = ask(house, "/visits", caller=caller, body={})

    assert status == 201
    newest = ask(house, "/points", caller=caller)[1]["results"][0]
    assert (newest["change"], newest["reason"]) == (20, "check-in")
