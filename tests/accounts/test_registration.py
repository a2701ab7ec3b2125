"""Signing up and in: one fact, one transaction, whichever door."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import IntegrityError
from django.test import Client

from accounts.events import REGISTERED, SIGNED_IN
from accounts.models import BonusClaim, User
from accounts.privacy import email_fingerprint
from accounts.registration import note_sign_in, register
from accounts.sign_up import is_taken
from points import balance
from tests.factories.accounts import PASSWORD, MemberFactory, mails
from tests.listening import hearing

SIGNUP_API = "/api/auth/app/v1/auth/signup"
LOGIN_API = "/api/auth/app/v1/auth/login"
FORM = {"username": "xiaoming", "email": "xiaoming@example.com", "password1": PASSWORD}
JSON = {"username": "xiaoming", "email": "xiaoming@example.com", "password": PASSWORD}


@pytest.fixture
def heard():
    """Collect what accounts tells the rooms above."""
    notes = []

    def listen(event):
        name = User.objects.get(pk=event.member).username
        said = event.data.get("first_of_person")
        notes.append(
            (event.kind, name, date.fromisoformat(event.data["on"]) if said is None else said)
        )

    with hearing(REGISTERED, SIGNED_IN, listener=listen):
        yield notes


@pytest.fixture
def broken_books():
    """The room above fails while a member registers."""

    def fail(event):
        raise RuntimeError("the books are closed")

    with hearing(REGISTERED, listener=fail):
        yield


def available(user):
    return balance.of(user).available


# --- the welcome points --------------------------------------------------------
@pytest.mark.django_db
def test_sign_up_when_on_the_page_then_the_member_is_signed_in_with_100_points(client, heard):
    answer = client.post("/accounts/signup/", FORM)

    member = User.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(member.pk)
    assert (member.username, member.email, available(member)) == (
        "xiaoming",
        "xiaoming@example.com",
        100,
    )
    assert heard == [("registered", "xiaoming", True)]


@pytest.mark.django_db
def test_sign_up_when_in_the_app_then_tokens_and_100_points(api, heard):
    answer = api.post(SIGNUP_API, JSON, format="json")

    member = User.objects.get()
    assert answer.status_code == 200
    assert set(answer.json()["meta"]) >= {"access_token", "refresh_token"}
    assert available(member) == 100
    assert heard == [("registered", "xiaoming", True)]


@pytest.mark.django_db
def test_register_when_by_the_back_office_then_the_same_fact_and_rows(heard):
    member = register(
        "Xiao.Ming", "Xiao.Ming@Example.com", PASSWORD, nickname="小明", email_verified=True
    )

    row = EmailAddress.objects.get()
    assert (member.username, member.email, member.nickname) == (
        "xiao.ming",
        "xiao.ming@example.com",
        "小明",
    )
    assert (row.user_id, row.email, row.primary, row.verified) == (
        member.pk,
        "xiao.ming@example.com",
        True,
        True,
    )
    assert heard == [("registered", "xiao.ming", True)]
    assert available(member) == 100


@pytest.mark.django_db
@pytest.mark.parametrize(
    "again",
    [
        "xiaoming+shop@gmail.com",
        "xiao.ming@gmail.com",
        "XIAOMING@googlemail.com",
        "x.i.a.o.m.i.n.g+1@GMAIL.com",
    ],
)
def test_sign_up_when_the_same_person_again_then_a_member_without_a_second_bonus(
    client, heard, again
):
    register("first", "xiaoming@gmail.com", PASSWORD)

    client.post("/accounts/signup/", {**FORM, "email": again})

    second = User.objects.get(username="xiaoming")
    assert available(second) == 0
    assert heard == [("registered", "first", True), ("registered", "xiaoming", False)]


@pytest.mark.django_db
def test_sign_up_when_dots_differ_elsewhere_then_two_people(heard):
    register("one", "xiao.ming@example.com", PASSWORD)
    register("two", "xiaoming@example.com", PASSWORD)

    assert [first for _, _, first in heard] == [True, True]


@pytest.mark.django_db
def test_register_when_the_first_account_was_erased_then_the_claim_remains():
    BonusClaim.objects.create(fingerprint=email_fingerprint("a@example.com"), claimed_by=0)

    member = register("again", "A+new@example.com", PASSWORD)

    assert available(member) == 0
    assert BonusClaim.objects.count() == 1


# --- together or not at all ------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_sign_up_when_the_books_fail_then_no_member_on_the_page(client, broken_books):
    client.raise_request_exception = False

    answer = client.post("/accounts/signup/", FORM)

    assert answer.status_code == 500
    assert (
        not User.objects.exists()
        and not EmailAddress.objects.exists()
        and not BonusClaim.objects.exists()
    )
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
def test_sign_up_when_the_books_fail_then_no_member_in_the_app(api, broken_books):
    api.raise_request_exception = False

    answer = api.post(SIGNUP_API, JSON, format="json")

    assert answer.status_code == 500
    assert (
        not User.objects.exists()
        and not EmailAddress.objects.exists()
        and not BonusClaim.objects.exists()
    )


@pytest.mark.django_db(transaction=True)
def test_register_when_the_name_is_taken_then_nothing_of_the_second_remains():
    register("taken", "one@example.com", PASSWORD)

    with pytest.raises(IntegrityError):
        register("taken", "two@example.com", PASSWORD)

    assert list(User.objects.values_list("email", flat=True)) == ["one@example.com"]
    assert BonusClaim.objects.count() == 1


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_register_when_one_person_races_with_eight_addresses_then_one_bonus(run_threads):
    members = run_threads(8, lambda n: register(f"racer{n}", f"racer+{n}@example.com", PASSWORD))

    assert all(isinstance(member, User) for member in members), members
    assert sorted(available(member) for member in members) == [0] * 7 + [100]
    assert BonusClaim.objects.count() == 1


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_sign_up_when_one_name_is_raced_for_then_one_member_and_kind_refusals(run_threads):
    from django.test import Client

    def sign_up(n):
        return Client(REMOTE_ADDR=f"10.0.0.{n}").post("/accounts/signup/", FORM).status_code

    answers = run_threads(6, sign_up)

    assert User.objects.count() == 1
    assert set(answers) <= {200, 302}


# --- signing in --------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["xiaoming", "XiaoMing", "xiaoming@example.com", "XIAOMING@example.com"]
)
def test_sign_in_when_by_username_or_email_then_110_points(client, name):
    client.post("/accounts/signup/", FORM)
    client.post("/accounts/logout/")

    answer = client.post("/accounts/login/", {"login": name, "password": PASSWORD})

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert available(User.objects.get()) == 110


@pytest.mark.django_db
@pytest.mark.parametrize("who", [{"username": "xiaoming"}, {"email": "xiaoming@example.com"}])
def test_sign_in_when_in_the_app_then_tokens_and_110_points(api, who):
    register(**JSON)

    answer = api.post(LOGIN_API, {**who, "password": PASSWORD}, format="json")

    assert answer.status_code == 200
    assert set(answer.json()["meta"]) >= {"access_token", "refresh_token"}
    assert available(User.objects.get()) == 110


@pytest.mark.django_db
def test_sign_in_when_twice_a_day_through_both_doors_then_one_bonus(client, api):
    member = register(**JSON)

    client.post("/accounts/login/", {"login": "xiaoming", "password": PASSWORD})
    client.post("/accounts/logout/")
    api.post(LOGIN_API, {"username": "xiaoming", "password": PASSWORD}, format="json")
    client.post("/accounts/login/", {"login": "xiaoming", "password": PASSWORD})

    assert available(member) == 110


@pytest.mark.django_db
def test_sign_in_when_on_both_sides_of_shanghai_midnight_then_two_days(client, heard):
    with time_machine.travel("2026-11-20T15:59:00Z", tick=False):
        member = register(**JSON)
    instants = ["2026-11-20T15:59:59.999Z", "2026-11-20T16:00:00Z", "2026-11-21T15:59:59Z"]

    for instant in instants:
        with time_machine.travel(instant, tick=False):
            client.post("/accounts/login/", {"login": "xiaoming", "password": PASSWORD})
            client.post("/accounts/logout/")

    assert [on for kind, _, on in heard if kind == "signed_in"] == [
        date(2026, 11, 20),
        date(2026, 11, 21),
        date(2026, 11, 21),
    ]
    with time_machine.travel(instants[-1], tick=False):
        assert available(member) == 120


@pytest.mark.django_db
def test_sign_in_when_the_password_is_wrong_then_no_session_and_no_points(client, api, heard):
    member = register(**JSON)

    page = client.post("/accounts/login/", {"login": "xiaoming", "password": "wrong"})
    app = api.post(LOGIN_API, {"username": "xiaoming", "password": "wrong"}, format="json")

    assert (page.status_code, app.status_code) == (200, 400)
    assert "_auth_user_id" not in client.session
    assert available(member) == 100
    assert heard == [("registered", "xiaoming", True)]


@pytest.mark.django_db
def test_sign_in_when_the_account_is_closed_then_refused(client, api):
    member = register(**JSON)
    User.objects.filter(pk=member.pk).update(is_active=False)

    client.post("/accounts/login/", {"login": "xiaoming", "password": PASSWORD})
    app = api.post(LOGIN_API, {"username": "xiaoming", "password": PASSWORD}, format="json")

    assert app.status_code in (400, 401)
    assert "_auth_user_id" not in client.session
    assert available(member) == 100


@pytest.mark.django_db
def test_note_sign_in_when_repeated_then_the_day_pays_once():
    member = MemberFactory()

    note_sign_in(member, on=date(2026, 11, 20))
    note_sign_in(member, on=date(2026, 11, 20))

    assert available(member) == 110


@pytest.mark.django_db
def test_register_when_new_then_the_claim_says_when():
    with time_machine.travel(datetime(2026, 11, 20, 4, tzinfo=UTC), tick=False):
        register("new", "new@example.com", PASSWORD)

    assert BonusClaim.objects.get().claimed_at == datetime(2026, 11, 20, 4, tzinfo=UTC)


# --- a taken address -------------------------------------------------------------
@pytest.mark.django_db
def test_sign_up_when_the_email_is_taken_then_the_page_does_not_say_so_and_the_owner_gets_mail(
    client,
):
    register("owner", "xiaoming@example.com", PASSWORD)

    answer = client.post("/accounts/signup/", FORM)

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/confirm-email/")
    assert list(User.objects.values_list("username", flat=True)) == ["owner"]
    assert [message.to for message in mails()] == [["xiaoming@example.com"]]
    assert "_auth_user_id" not in client.session
    assert client.get("/accounts/confirm-email/").status_code == 200


@pytest.mark.django_db
def test_sign_up_when_the_email_is_taken_then_the_app_hears_of_a_mail_only(api):
    register("owner", "xiaoming@example.com", PASSWORD)

    answer = api.post(SIGNUP_API, JSON, format="json")

    assert answer.status_code == 401
    assert {"id": "verify_email", "is_pending": True} in answer.json()["data"]["flows"]
    assert "errors" not in answer.json()
    assert [message.to for message in mails()] == [["xiaoming@example.com"]]
    assert User.objects.count() == 1


class Hasher(MD5PasswordHasher):
    """Counts what it hashes."""

    hashed = 0

    def encode(self, *args, **kwargs):
        type(self).hashed += 1
        return super().encode(*args, **kwargs)


@pytest.mark.django_db
@pytest.mark.parametrize("door", ["page", "app"])
def test_sign_up_when_the_email_is_taken_then_a_password_is_hashed_as_for_a_new_one(
    api, settings, door
):
    register("owner", "taken@example.com", PASSWORD)
    settings.PASSWORD_HASHERS = [f"{__name__}.Hasher"]

    def hashed_for(name, email):
        before = Hasher.hashed
        if door == "page":
            Client().post("/accounts/signup/", {**FORM, "username": name, "email": email})
        else:
            api.post(SIGNUP_API, {**JSON, "username": name, "email": email}, format="json")
        return Hasher.hashed - before

    assert hashed_for("second", "taken@example.com") == hashed_for("third", "new@example.com") == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told", "is_theirs"),
    [
        ("own@example.com", True),
        ("OWN@Example.com", True),
        ("second@example.com", True),
        ("öwn@example.com", False),
        ("nobody@example.com", False),
    ],
)
def test_is_taken_when_it_is_somebodys_own_or_second_then_true(told, is_theirs):
    owner = register("owner", "own@example.com", PASSWORD)
    EmailAddress.objects.create(user=owner, email="second@example.com")

    assert is_taken(told) is is_theirs


@pytest.mark.django_db(transaction=True)
def test_sign_up_when_the_address_cannot_be_written_then_no_member_is_left(api, monkeypatch):
    def fails(*_args, **_words):
        raise IntegrityError("no room")

    monkeypatch.setattr(EmailAddress.objects, "fill_cache_for_user", fails)
    with pytest.raises(IntegrityError):
        api.post(SIGNUP_API, JSON, format="json")

    assert not User.objects.exists() and not EmailAddress.objects.exists()


@pytest.mark.django_db
def test_sign_up_when_fields_are_wrong_then_said_at_the_field(client):
    register("taken", "taken@example.com", PASSWORD)
    bad = {"username": "taken", "email": "no-mail", "password1": "123"}

    answer = client.post("/accounts/signup/", bad)

    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"username", "email", "password1"}
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["a@b.com", "x", "x" * 41, "a b", "<script>", "a\u202eb"])
def test_sign_up_when_the_username_is_odd_then_refused(client, username):
    client.post("/accounts/signup/", {**FORM, "username": username})

    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        [1],
        {"username": ["a"]},
        {"username": {"a": 1}},
        "text",
        5,
        {**JSON, "username": "x" * 100_000},
    ],
)
def test_sign_up_when_the_app_sends_nonsense_then_400_and_nothing_made(api, body):
    answer = api.post(SIGNUP_API, body, format="json")

    assert answer.status_code == 400
    assert not User.objects.exists()


@pytest.mark.django_db
def test_sign_up_when_the_csrf_token_is_missing_then_refused():
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/accounts/signup/", FORM)

    assert answer.status_code == 403
    assert not User.objects.exists()
