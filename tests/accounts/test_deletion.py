"""Leaving: the person is forgotten, every door closes, and the books stay as they were."""

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum

from accounts import closing
from accounts.models import Address, User
from accounts.registration import register
from mall.core.models import AuditRow
from marketing.models import Notification
from orders import lifecycle
from orders.closing import OrdersOpen
from orders.models import Order
from points.models import Grant, LedgerEntry, PointAccount
from tests.factories import orders as life
from tests.factories.accounts import PASSWORD, AddressFactory

pytestmark = pytest.mark.django_db
DELETION = "/api/v1/me/deletion"


@pytest.fixture
def lived(member):
    """A member with an address, a finished order, and points left."""
    AddressFactory(user=member)
    life.give_points(member, 500)
    life.received(
        life.place(member, life.physical_sku(points=100), address=life.address_of(member))
    )
    return member


def test_close_when_nothing_is_open_then_the_person_is_gone_and_the_books_stay(lived, books_close):
    email, entries = lived.email, LedgerEntry.objects.count()
    left = PointAccount.objects.get(pk=lived.pk).available
    issued = LedgerEntry.objects.filter(delta__gt=0).aggregate(sum=Sum("delta"))

    closing.close(lived)

    row = User.objects.get(pk=lived.pk)
    assert (row.is_active, row.email, row.nickname, row.birthday) == (
        False,
        f"closed-{row.pk}@deleted.invalid",
        "",
        None,
    )
    assert not row.has_usable_password()
    assert not Address.objects.filter(user=row).exists()
    assert not Notification.objects.filter(user=row).exists()
    assert not EmailAddress.objects.filter(email=email).exists()
    assert list(Order.objects.values_list("address_sealed", flat=True)) == [""]
    account = PointAccount.objects.get(pk=row.pk)
    assert (account.available, account.held, account.status) == (0, 0, "closed")
    last = LedgerEntry.objects.filter(account=account).latest("seq")
    assert (LedgerEntry.objects.count(), last.delta, last.key) == (entries + 1, -left, "closing")
    assert LedgerEntry.objects.filter(delta__gt=0).aggregate(sum=Sum("delta")) == issued
    call_command("verify_ledger")


def test_close_when_called_twice_then_one_entry_and_one_audit_row(lived):
    closing.close(lived)
    closing.close(User.objects.get(pk=lived.pk))
    closing.close(lived)  # a stale row of an older request

    assert LedgerEntry.objects.filter(key="closing").count() == 1
    assert AuditRow.objects.filter(action="accounts.close").count() == 1


def test_close_when_an_order_is_open_then_refused_and_nothing_changed(member):
    life.give_points(member, 500)
    order = life.place(member, life.physical_sku(points=100), address=life.address_of(member))
    before = (
        User.objects.values().get(pk=member.pk),
        PointAccount.objects.values().get(pk=member.pk),
    )

    with pytest.raises(OrdersOpen), transaction.atomic():
        closing.close(member)

    assert (
        User.objects.values().get(pk=member.pk),
        PointAccount.objects.values().get(pk=member.pk),
    ) == before
    assert any(consequence.blocks for consequence in closing.consequences(member))
    lifecycle.cancel(order, actor=f"member:{member.pk}")
    closing.close(member)


def test_close_when_points_are_on_the_way_then_they_never_come(member):
    life.received(
        life.pay(
            life.place(member, life.physical_sku(cash="100.00"), address=life.address_of(member))
        )
    )
    assert Grant.objects.filter(account_id=member.pk, status="pending").exists()

    closing.close(member)

    assert not Grant.objects.filter(account_id=member.pk, status="pending").exists()


def test_close_when_a_member_of_staff_then_refused(operator):
    with pytest.raises(closing.StaffStays), transaction.atomic():
        closing.close(operator)

    assert User.objects.get(pk=operator.pk).is_active


def test_sign_up_when_the_same_person_comes_back_then_welcome_without_a_second_bonus(lived):
    email = lived.email
    closing.close(lived)

    again = register("backagain", email, PASSWORD)

    assert PointAccount.objects.get(pk=again.pk).available == 0


# --- doors ------------------------------------------------------------------------
def test_delete_when_confirmed_on_the_page_then_signed_out_everywhere(client, lived):
    client.post("/accounts/login/", {"login": lived.username, "password": PASSWORD})
    assert UserSession.objects.filter(user=lived).exists()
    assert (
        str(PointAccount.objects.get(pk=lived.pk).available)
        in client.get("/account/privacy/delete/").text
    )

    answer = client.post("/account/privacy/delete/", {"password": PASSWORD, "sure": "on"})

    assert answer.status_code == 302
    assert client.get("/account/").status_code == 302
    assert not UserSession.objects.filter(user_id=lived.pk).exists()
    assert not [
        session
        for session in Session.objects.all()
        if session.get_decoded().get("_auth_user_id") == str(lived.pk)
    ]
    client.post("/accounts/login/", {"login": lived.username, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("form", [{"password": "wrong", "sure": "on"}, {"password": PASSWORD}, {}])
def test_delete_when_the_form_is_not_meant_then_nothing_happens(client, lived, form):
    client.force_login(lived)

    assert client.post("/account/privacy/delete/", form).status_code == 400
    assert User.objects.get(pk=lived.pk).is_active


def test_delete_api_when_confirmed_then_tokens_and_sign_in_are_dead(bearer, api, lived):
    name, caller = lived.username, bearer(lived)
    assert caller.get(DELETION).json()["possible"] is True

    assert caller.post(DELETION, {"password": PASSWORD}, format="json").status_code == 204

    assert caller.get("/api/v1/me").status_code == 401
    sign_in = api.post(
        "/api/auth/app/v1/auth/login", {"username": name, "password": PASSWORD}, format="json"
    )
    assert sign_in.status_code == 400


def test_delete_api_when_an_order_is_open_then_conflict(bearer, member):
    life.give_points(member, 500)
    life.place(member, life.physical_sku(points=100), address=life.address_of(member))
    caller = bearer(member)

    answer = caller.post(DELETION, {"password": PASSWORD}, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "orders_open")
    assert caller.get(DELETION).json()["possible"] is False


def test_delete_api_when_the_password_is_guessed_then_closed_after_five(bearer, lived):
    caller = bearer(lived)

    answers = [
        caller.post(DELETION, {"password": "wrong"}, format="json").status_code for _n in range(6)
    ]

    assert answers == [400] * 5 + [429]
