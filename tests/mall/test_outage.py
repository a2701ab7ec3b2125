"""Faults of the database that pass become 503 in words from every door; faults of ours stay what
they are.
"""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.db.transaction import TransactionManagementError

from mall.core import faults
from points.models import PointAccount
from tests.factories.accounts import PASSWORD
from tests.factories.catalog import CategoryFactory

AWAY = [2002, 2003, 2005, 2006, 2013, 1040, 1047, 1053, 1203, 1290, 1836, 1927, 4031]
UNDONE = [1205, 1213, 1020, 1180, 3101]
FULL = [1021, 1114, 1041]
OURS = [
    OperationalError(1054, "unknown column"), ProgrammingError(1064, "syntax"),
    IntegrityError(1062, "duplicate"), DataError(1406, "long"),
    InternalError(1, "x"), OperationalError("no such table: x"), OperationalError(1045,
    "Access denied"), ValueError(2006), KeyError(1213),
]  # fmt: skip
committing = pytest.mark.django_db(transaction=True)


class Fault:
    """Break the first ``times`` statements that begin with ``words``."""

    def __init__(self, error, *, words="", times=1_000):
        self.error, self.words, self.times = error, words, times

    def __call__(self, execute, sql, params, many, context):
        if not sql.startswith(self.words) or not self.times:
            return execute(sql, params, many, context)
        self.times -= 1
        raise self.error


def breaking(code, said, **more):
    return connection.execute_wrapper(Fault(OperationalError(code, said), **more))


def breaking_at(table):
    """Lose the database whenever rows of a table are read."""

    def strike(execute, sql, params, many, context):
        if f"FROM {connection.ops.quote_name(table)}" in sql:
            raise OperationalError(2013, "injected")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(strike)


@pytest.fixture
def commit_fails(monkeypatch):
    """commit_fails(code) breaks the next COMMIT, as a deadlock certified there does on Galera; the
    server undid it all.
    """
    commit, left = connection._commit, []

    def broken():
        if left:
            raise OperationalError(left.pop(), "injected")
        return commit()

    monkeypatch.setattr(connection, "_commit", broken)
    return left.append


@pytest.fixture
def desk(client, operator):
    """A browser of a superuser."""
    operator.is_superuser = True
    operator.save()
    client.force_login(operator)
    return client


def is_told(answer):
    return (
        answer.status_code == 503
        and answer["Retry-After"] == "2"
        and answer["Cache-Control"] == "no-store"
    )


def behind(fault, wrapper):
    """``wrapper`` as Django raises it over a fault."""
    try:
        try:
            raise fault
        except type(fault):
            raise wrapper  # noqa: B904 - that is how it is done there
    except type(wrapper) as error:
        return error


@pytest.mark.parametrize("code", AWAY + UNDONE + FULL)
def test_fault_when_waiting_mends_it_then_passing(code):
    error = OperationalError(code, "said by the server")

    assert faults.is_passing(error)
    assert faults.is_lost(error) == (code in AWAY)
    assert faults.is_passing(behind(error, behind(UpdateError(), SessionInterrupted("gone"))))
    assert faults.is_passing(behind(error, TransactionManagementError("broken")))


@pytest.mark.parametrize(
    "error",
    [
        InterfaceError(0, ""), InterfaceError("connection closed"),
        OperationalError("database is locked"), OperationalError("database or disk is full"),
        InternalError(3, "Error writing file '/tmp/x' (Errcode: 28 \"No space left on device\")"),
        OperationalError(1030, "Got error 28 \"No space left on device\" from storage engine "
            "InnoDB"),
    ],
    ids=repr,
)  # fmt: skip
def test_fault_when_it_has_no_code_of_its_own_then_known_by_its_words(error):
    assert faults.is_passing(error)


@pytest.mark.parametrize("error", OURS, ids=repr)
def test_fault_when_it_is_ours_then_not_passing(error):
    assert not faults.is_passing(error)
    assert not faults.is_passing(
        behind(OperationalError(1213, "handled"), KeyError("a mistake while handling it"))
    )
    assert not faults.is_passing(SessionInterrupted("signed out elsewhere"))


@pytest.mark.parametrize("code", [2002, 1205, 1021])
def test_page_when_the_database_says_a_passing_no_then_503_in_words(client, db, code):
    client.cookies["mall_language"] = "en"

    with breaking(code, "injected"):
        answer = client.get("/products/")

    assert is_told(answer)
    assert "The shop is very busy. Nothing was changed" in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/points/", "/admin/", "/admin/orders/order/", "/accounts/email/"]
)
def test_any_door_when_the_reader_cannot_be_found_then_503(desk, path):
    desk.raise_request_exception = False

    with breaking(2006, "injected"):
        answer = desk.get(path)

    assert is_told(answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/points"),
        ("get", "/api/v1/products"),
        ("patch", "/api/v1/me"),
        ("get", "/api/auth/app/v1/auth/session"),
    ],
)
def test_api_when_the_link_is_lost_then_busy_in_the_error_shape(signed_in_api, method, path):
    signed_in_api.raise_request_exception = False

    with breaking(2013, "injected"):
        answer = getattr(signed_in_api, method)(
            path, {} if method == "get" else {"nickname": "N"}, format="json"
        )

    assert is_told(answer)
    assert (answer.json()["type"], answer.json()["errors"][0]["code"]) == ("server_error", "busy")
    assert answer.json()["request_id"]


@pytest.mark.parametrize("path", ["/products/", "/api/v1/products"])
@pytest.mark.parametrize("code", [2006, 1213])
@committing
def test_reading_when_the_link_breaks_once_then_it_is_asked_again(client, path, code):
    fault = Fault(OperationalError(code, "injected"), times=1)

    with connection.execute_wrapper(fault):
        answer = client.get(path)

    assert (answer.status_code, fault.times) == (200, 0)


@committing
def test_writing_when_the_link_breaks_once_outside_a_verb_then_it_is_not_done_again(signed_in):
    signed_in.raise_request_exception = False

    with breaking(2013, "injected", times=1, words="SELECT"):
        answer = signed_in.post("/account/profile/", {"nickname": "N"})

    assert is_told(answer)
    assert "先看看" in answer.content.decode() or "look first" in answer.content.decode()


@pytest.mark.parametrize("path", ["/products/", "/api/v1/products"])
def test_door_when_the_fault_is_ours_then_500(client, db, path):
    client.raise_request_exception = False

    with breaking(1054, "unknown column"):
        answer = client.get(path)

    assert answer.status_code == 500


@pytest.mark.parametrize("code", [1213, 1047])
@committing
def test_back_office_when_commit_fails_then_told_and_nothing_is_half_done(desk, commit_fails, code):
    category = CategoryFactory()
    form = {"name_zh_hans": "新名", "name_en": "New name", "slug": category.slug, "position": 3}
    commit_fails(code)

    answer = desk.post(f"/admin/catalog/category/{category.pk}/change/", form)

    assert is_told(answer)
    before = category.name
    category.refresh_from_db()
    assert category.name == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("table", ["django_session", "usersessions"])
@committing
def test_sign_up_when_a_write_outside_the_verb_fails_then_told_and_the_member_can_sign_in(
    client, table
):
    client.raise_request_exception = False
    client.cookies["mall_language"] = "en"
    form = {"username": "newcomer", "email": "newcomer@example.com", "password1": PASSWORD}

    with breaking(
        1213, "injected", times=1, words=f"INSERT INTO {connection.ops.quote_name(table)[:-1]}"
    ):
        answer = client.post("/accounts/signup/", form)
    client.cookies.clear()
    signed_in = client.post("/accounts/login/", {"login": "newcomer", "password": PASSWORD})

    assert is_told(answer)
    assert "look first whether it has been done already" in answer.content.decode()
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/")
    # the welcome, and today's sign-in
    assert PointAccount.objects.get(user__username="newcomer").available == 100 + 10


@committing
def test_sign_up_when_the_address_meets_a_deadlock_then_the_member_is_made_with_it_once(client):
    form = {"username": "newcomer", "email": "newcomer@example.com", "password1": PASSWORD}
    address = connection.ops.quote_name("account_emailaddress")

    with breaking(1213, "injected", times=1, words=f"INSERT INTO {address[:-1]}"):
        answer = client.post("/accounts/signup/", form)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert EmailAddress.objects.get().user.username == "newcomer"
    assert PointAccount.objects.get(user__username="newcomer").available == 100


@committing
def test_session_when_it_cannot_be_kept_then_busy_and_not_that_it_was_deleted(signed_in):
    signed_in.raise_request_exception = False

    with breaking(1213, "injected", words="UPDATE"):
        answer = signed_in.post("/account/profile/", {"nickname": "N"})

    assert is_told(answer)


@pytest.mark.parametrize("shape", ["json", "page"])
def test_outage_when_own_data_cannot_be_read_to_the_end_then_no_file_is_begun(signed_in, shape):
    with breaking_at("accounts_address"):
        answer = signed_in.post("/account/privacy/export/", {"password": PASSWORD, "shape": shape})

    assert answer.status_code == 503
    assert "Content-Disposition" not in answer.headers


def test_outage_when_a_table_cannot_be_read_to_the_end_then_no_file_is_begun(signed_in):
    with breaking_at("points_ledgerentry"):
        answer = signed_in.get("/points/statement.csv")

    assert answer.status_code == 503
    assert "Content-Disposition" not in answer.headers
