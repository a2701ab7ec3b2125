"""A member's data to take along: everything, of nobody else, and only with the password."""

import json

import pytest

from accounts import export
from marketing.checkin.streak import check_in
from marketing.notices.inbox import Kind, notify
from tests.factories import orders as life
from tests.factories.accounts import PASSWORD, AddressFactory

pytestmark = pytest.mark.django_db
EXPORT = "/api/v1/me/export"


@pytest.fixture
def lived(member):
    """A member who checked in, bought something that was sent home, and was told of it."""
    AddressFactory(user=member, recipient="王小红")
    check_in(member)
    life.give_points(member, 500)
    life.place(member, life.physical_sku(points=100), address=life.address_of(member))
    return member


def document(user):
    return json.loads("".join(export.as_json(user)))


def test_as_json_when_a_member_lived_here_then_every_room_hands_over(lived):
    data = document(lived)

    assert data["profile"][0]["email"] == lived.email
    assert {row["recipient"] for row in data["addresses"]} == {"王小红", "李雷"}
    assert data["orders"][0]["address"]["phone"] == "13812345678"
    assert len(data["orders"][0]["lines"]) == 1
    assert [row["rule"] for row in data["points_entries"]][:2] == ["register", "checkin"]
    assert len(data["check_ins"]) == 1
    assert {row["kind"] for row in data["notifications"]} >= {"order_paid", "points_spent"}
    rooms = {
        "emails",
        "sign_ins",
        "points_on_the_way",
        "payments",
        "refunds",
        "coupons",
        "reviews",
        "missions",
        "notification_choices",
    }
    assert rooms <= set(data)


def test_as_json_when_others_live_here_then_nothing_of_theirs(lived, other_member):
    AddressFactory(user=other_member, recipient="赵六")
    notify(other_member.pk, kind=Kind.ORDER_PAID, key="k", no="THEIRS")

    text = "".join(export.as_json(lived))

    assert other_member.username not in text
    assert "赵六" not in text
    assert "THEIRS" not in text


def test_as_json_when_the_statement_is_long_then_the_queries_stay(lived, django_assert_num_queries):
    for _n in range(30):
        life.give_points(lived, 1)

    with django_assert_num_queries(43):  # one for each kind of thing kept of a member
        assert len(document(lived)["points_entries"]) > 30


def test_as_page_when_a_nickname_holds_markup_then_it_is_inert(lived):
    lived.nickname = "<script>alert(1)</script>"

    page = "".join(export.as_page(lived))

    assert "<script" not in page
    assert "王小红" in page


# --- doors ------------------------------------------------------------------------
def test_export_when_the_password_is_right_then_a_file(client, lived):
    client.force_login(lived)

    answer = client.post("/account/privacy/export/", {"password": PASSWORD, "shape": "json"})

    assert answer.headers["Content-Disposition"] == 'attachment; filename="points-mall.json"'
    assert json.loads(answer.getvalue())["profile"][0]["username"] == lived.username


def test_export_when_the_password_is_wrong_then_told_so(client, lived):
    client.force_login(lived)

    answer = client.post("/account/privacy/export/", {"password": "wrong", "shape": "json"})

    assert answer.status_code == 400
    assert "Content-Disposition" not in answer.headers


def test_export_api_when_asked_then_the_same_document_and_the_eleventh_waits(bearer, lived):
    caller = bearer(lived)

    answers = [caller.post(EXPORT, {"password": PASSWORD}, format="json") for _n in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert json.loads(answers[0].getvalue())["orders"]
    assert caller.post(EXPORT, {"password": "wrong"}, format="json").status_code == 429


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"password": ""},
        {"password": 5},
        {"password": "wrong"},
        {"password": PASSWORD, "user": 1},
    ],
)
def test_export_api_when_the_request_is_odd_then_bad_request(bearer, lived, body):
    assert bearer(lived).post(EXPORT, body, format="json").status_code == 400


def test_export_when_nobody_is_signed_in_then_closed(client, api):
    assert client.post("/account/privacy/export/").status_code == 302
    assert api.post(EXPORT, {"password": "x"}, format="json").status_code == 401
