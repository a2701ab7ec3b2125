"""/api/v1/me and the address book."""

import pytest
import time_machine

from accounts.models import Address, User
from tests.factories.accounts import AddressFactory, MemberFactory

ME = "/api/v1/me"
BOOK = "/api/v1/me/addresses"
ADDRESS = {
    "recipient": "张小明",
    "phone": "13812345678",
    "region": "浙江省杭州市西湖区",
    "detail": "文三路 100 号",
}
NONSENSE = [[], [1], "text", 5, True, [{"recipient": "a"}]]


def errors_of(answer):
    return {(error["code"], error["attr"]) for error in answer.json()["errors"]}


# --- me ---------------------------------------------------------------------------
def test_me_when_read_then_the_own_profile(signed_in_api, member):
    answer = signed_in_api.get(ME)

    assert answer.status_code == 200
    assert answer.json() == {
        "username": "member",
        "email": "member@example.com",
        "nickname": "",
        "display_name": "member",
        "avatar": None,
        "birthday": None,
        "joined_at": member.date_joined.astimezone().isoformat(),
    }


def test_me_when_changed_then_kept(signed_in_api, member):
    answer = signed_in_api.patch(
        ME, {"nickname": "  小明 ", "birthday": "2000-02-29"}, format="json"
    )

    member.refresh_from_db()
    assert answer.status_code == 200
    assert (
        answer.json()["nickname"],
        answer.json()["display_name"],
        answer.json()["birthday"],
    ) == ("小明", "小明", "2000-02-29")
    assert (member.nickname, member.birthday.isoformat()) == ("小明", "2000-02-29")


def test_me_when_the_birthday_is_said_again_then_once_only(signed_in_api, member):
    signed_in_api.patch(ME, {"birthday": "2000-02-29"}, format="json")

    same = signed_in_api.patch(ME, {"birthday": "2000-02-29", "nickname": "a"}, format="json")
    other = signed_in_api.patch(ME, {"birthday": "2001-01-01", "nickname": "b"}, format="json")

    member.refresh_from_db()
    assert (same.status_code, other.status_code) == (200, 409)
    assert errors_of(other) == {("birthday_fixed", "birthday")}
    assert (member.nickname, member.birthday.isoformat()) == ("a", "2000-02-29")


@pytest.mark.parametrize(
    "body",
    [
        *NONSENSE,
        {"nickname": ["a"]},
        {"nickname": {"a": 1}},
        {"nickname": 5},
        {"nickname": None},
        {"nickname": "x" * 31},
        {"nickname": "x" * 100_000},
        {"nickname": "a\u202eb"},
        {"nickname": "a\nb"},
        {"nickname": "a\u0000b"},
        {"birthday": "2999-01-01"},
        {"birthday": "1899-12-31"},
        {"birthday": "2001-02-29"},
        {"birthday": 20000101},
        {"birthday": ["2000-01-01"]},
        {"username": "boss"},
        {"email": "boss@example.com"},
        {"is_staff": True},
        {"nickname": "ok", "is_superuser": True},
        {"available": 1000},
    ],
)
def test_me_when_nonsense_is_sent_then_400_and_nothing_changed(signed_in_api, member, body):
    answer = signed_in_api.patch(ME, body, format="json")

    row = User.objects.values().get(pk=member.pk)
    assert answer.status_code == 400, answer.content
    assert answer.json()["type"] == "validation_error"
    assert (row["nickname"], row["birthday"], row["username"], row["is_staff"]) == (
        "",
        None,
        "member",
        False,
    )


def test_me_when_born_today_or_tomorrow_then_the_shop_day_decides(api, bearer, member):
    with time_machine.travel("2026-11-20T16:30:00Z", tick=False):  # the 21st in Shanghai
        caller = bearer(member)
        tomorrow = caller.patch(ME, {"birthday": "2026-11-22"}, format="json")
        today = caller.patch(ME, {"birthday": "2026-11-21"}, format="json")

    assert (tomorrow.status_code, today.status_code) == (400, 200)


# --- addresses --------------------------------------------------------------------
def test_add_address_when_the_first_then_the_default(signed_in_api, member):
    answer = signed_in_api.post(BOOK, ADDRESS, format="json")

    row = Address.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"id": row.pk, **ADDRESS, "territory": "CN", "is_default": True}
    assert row.user_id == member.pk


def test_add_address_when_made_the_default_then_the_other_is_not(signed_in_api):
    first = signed_in_api.post(BOOK, ADDRESS, format="json").json()
    second = signed_in_api.post(BOOK, {**ADDRESS, "is_default": True}, format="json").json()
    third = signed_in_api.post(BOOK, ADDRESS, format="json").json()

    listed = signed_in_api.get(BOOK).json()
    assert [row["id"] for row in listed["results"]] == [second["id"], third["id"], first["id"]]
    assert [row["is_default"] for row in listed["results"]] == [True, False, False]
    assert (listed["count"], listed["next"], listed["previous"]) == (3, None, None)


def test_add_address_when_twenty_are_kept_then_limit_reached(signed_in_api, member):
    AddressFactory.create_batch(20, user=member)

    answer = signed_in_api.post(BOOK, ADDRESS, format="json")

    assert answer.status_code == 409
    assert errors_of(answer) == {("limit_reached", None)}
    assert Address.objects.count() == 20


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"phone": "12812345678"}, ("invalid_phone", "phone")),
        ({"phone": "1381234567"}, ("invalid_phone", "phone")),
        ({"phone": "138123456789"}, ("invalid_phone", "phone")),
        ({"phone": "13812345678\n"}, None),
        ({"phone": "+8613812345678"}, None),
        ({"phone": "１３８１２３４５６７８"}, None),
        ({"phone": 13812345678}, ("invalid", "phone")),
        ({"recipient": ""}, ("blank", "recipient")),
        ({"recipient": "   "}, ("blank", "recipient")),
        ({"recipient": "x" * 41}, ("max_length", "recipient")),
        ({"detail": "x" * 201}, ("max_length", "detail")),
        ({"region": ["a"]}, ("invalid", "region")),
        ({"is_default": "yes"}, ("invalid", "is_default")),
        ({"is_default": 1}, ("invalid", "is_default")),
        ({"user": 1}, ("unknown_field", "user")),
        ({"id": 7}, ("unknown_field", "id")),
    ],
)
def test_add_address_when_a_field_is_wrong_then_400_at_the_field(signed_in_api, change, error):
    answer = signed_in_api.post(BOOK, {**ADDRESS, **change}, format="json")

    if error is None:  # surrounding space is taken off
        assert answer.status_code == 201 and answer.json()["phone"] == "13812345678"
    else:
        assert (answer.status_code, errors_of(answer)) == (400, {error})
        assert not Address.objects.exists()


@pytest.mark.parametrize("body", NONSENSE)
def test_add_address_when_nonsense_is_sent_then_400(signed_in_api, body):
    assert signed_in_api.post(BOOK, body, format="json").status_code == 400
    assert not Address.objects.exists()


def test_change_address_when_some_fields_then_only_these(signed_in_api, member):
    first = AddressFactory(user=member, is_default=True)
    second = AddressFactory(user=member)

    answer = signed_in_api.patch(
        f"{BOOK}/{second.pk}", {"detail": "新街 1 号", "is_default": True}, format="json"
    )

    assert answer.status_code == 200
    assert answer.json() == {
        "id": second.pk,
        **ADDRESS,
        "territory": "CN",
        "detail": "新街 1 号",
        "is_default": True,
    }
    first.refresh_from_db()
    assert first.is_default is False


def test_change_address_when_the_default_is_waived_then_it_stays(signed_in_api, member):
    only = AddressFactory(user=member, is_default=True)

    answer = signed_in_api.patch(f"{BOOK}/{only.pk}", {"is_default": False}, format="json")

    assert answer.json()["is_default"] is True


def test_remove_address_when_the_default_then_the_newest_takes_its_place(signed_in_api, member):
    default = AddressFactory(user=member, is_default=True)
    AddressFactory(user=member)
    newest = AddressFactory(user=member)

    answer = signed_in_api.delete(f"{BOOK}/{default.pk}")

    assert answer.status_code == 204
    assert [(row.pk, row.is_default) for row in Address.objects.filter(is_default=True)] == [
        (newest.pk, True)
    ]


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_address_when_somebody_elses_then_404_and_untouched(signed_in_api, other_member, method):
    theirs = AddressFactory(user=other_member)

    answer = getattr(signed_in_api, method)(
        f"{BOOK}/{theirs.pk}", {"detail": "mine"}, format="json"
    )

    assert answer.status_code == 404
    assert errors_of(answer) == {("not_found", None)}
    assert Address.objects.get().detail == "文三路 100 号"


@pytest.mark.parametrize("odd", ["0", "999999", "9" * 40, "-1", "abc", "1.5"])
def test_address_when_the_id_is_odd_then_404(signed_in_api, odd):
    assert signed_in_api.get(f"{BOOK}/{odd}").status_code == 404


@pytest.mark.parametrize("path", [ME, BOOK, f"{BOOK}/1"])
def test_me_when_anonymous_then_401(api, db, path):
    assert api.get(path).status_code == 401


@pytest.mark.parametrize("rows", [1, 3])
def test_addresses_when_listed_then_the_same_queries(bearer, db, django_assert_num_queries, rows):
    member = MemberFactory()
    AddressFactory.create_batch(rows, user=member)
    caller = bearer(member)
    caller.get(BOOK)

    with django_assert_num_queries(2):  # how many, which
        answer = caller.get(BOOK)

    assert answer.json()["count"] == rows
