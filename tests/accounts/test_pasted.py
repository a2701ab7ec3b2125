"""What members paste into our doors and allauth's: the same name, number and day everywhere."""

from datetime import date
from importlib import import_module
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection
from django.urls import reverse

from accounts.models import Address, User
from tests.factories.accounts import PASSWORD, AddressFactory
from tests.factories.orders import HOME

pytestmark = pytest.mark.django_db
BOOK = "/api/v1/me/addresses"
SIGN_IN = "/api/auth/app/v1/auth/login"


@pytest.mark.parametrize(
    "typed", ["Ｍember", "\u202dmember\u202c", " MEMBER\u200b", "member@example。com"]
)
def test_sign_in_when_the_name_is_pasted_then_known_on_page_and_app(client, member, typed):
    kind = "email" if "@" in typed else "username"

    page = client.post("/accounts/login/", {"login": typed, "password": PASSWORD})
    app = client.post(SIGN_IN, {kind: typed, "password": PASSWORD}, content_type="application/json")

    assert (page.status_code, app.status_code) == (302, 200)


def test_sign_up_when_a_name_differs_in_width_only_then_taken(client, member):
    typed = {"username": "ＭＥＭＢＥＲ", "email": "ｎｅｗ＠example.com", "password1": PASSWORD}

    taken = client.post("/accounts/signup/", typed)
    made = client.post("/accounts/signup/", {**typed, "username": "Ｎew\u200bＮame"})

    assert list(taken.context["form"].errors) == ["username"]
    assert made.status_code == 302
    assert User.objects.get(username="ｎｅｗname").email == "new@example.com"
    assert EmailAddress.objects.filter(email="new@example.com").exists()


def test_migrate_when_a_name_is_in_full_width_then_folded_unless_taken(
    member, other_member, capsys
):
    migration = import_module("accounts.migrations.0008_folded_names")
    with connection.cursor() as cursor:
        for pk, name in ((member.pk, "ｗｉｄｅ"), (other_member.pk, "ＷIDE")):
            cursor.execute("UPDATE accounts_user SET username = %s WHERE id = %s", [name, pk])

    migration.fold(apps, SimpleNamespace(connection=connection))

    assert set(User.objects.values_list("pk", "username")) == {
        (member.pk, "wide"), (other_member.pk, "ＷIDE"),
    }  # fmt: skip
    assert f"member {other_member.pk}: username 'ＷIDE'" in capsys.readouterr().out


def test_address_when_pasted_then_kept_in_one_form_by_page_and_app(signed_in, signed_in_api):
    pasted = {**HOME, "recipient": "\u200b张\u00a0小明", "phone": "\u202d+86 138-1234-5678\u202c"}
    landline = {**HOME, "phone": "0571-88886666"}
    hong_kong = {**HOME, "phone": "5123 4567", "territory": "HK", "region": "九龙"}

    for sent in (pasted, landline, hong_kong):
        assert signed_in.post("/account/addresses/new/", sent).status_code == 302
        assert signed_in_api.post(BOOK, sent, format="json").status_code == 201
    book = signed_in.get("/account/addresses/").content.decode()

    kept = [(row.recipient, row.territory, row.phone) for row in Address.objects.order_by("pk")]
    assert kept == [
        ("张 小明", "CN", "13812345678"), ("张 小明", "CN", "13812345678"),
        (HOME["recipient"], "CN", "057188886666"), (HOME["recipient"], "CN", "057188886666"),
        (HOME["recipient"], "HK", "+85251234567"), (HOME["recipient"], "HK", "+85251234567"),
    ]  # fmt: skip
    assert all(shown in book for shown in ("138 1234 5678", "0571 8888 6666", "+852 5123 4567"))
    assert Address.objects.latest("pk").snapshot()["region"].endswith(" 九龙")


def test_address_when_the_number_fits_no_region_then_said_beside_it_and_kept_typed(
    signed_in, signed_in_api
):
    wrong = {**HOME, "phone": "13812345678", "territory": "HK"}

    page = signed_in.post("/account/addresses/new/", wrong)
    app = signed_in_api.post(BOOK, wrong, format="json")

    assert list(page.context["form"].errors) == ["phone"]
    assert 'value="13812345678"' in page.content.decode()
    assert 'value="HK" selected' in page.content.decode()
    assert [(e["code"], e["attr"]) for e in app.json()["errors"]] == [("invalid_phone", "phone")]
    assert signed_in_api.post(BOOK, {**HOME, "territory": "US"}, format="json").status_code == 400
    assert not Address.objects.exists()


def test_change_address_when_only_the_number_is_sent_then_read_as_its_region_says(
    signed_in_api, member
):
    address = AddressFactory(user=member, territory="TW", phone="+886912345678")

    answer = signed_in_api.patch(f"{BOOK}/{address.pk}", {"phone": "0987 654 321"}, format="json")
    moved = signed_in_api.patch(f"{BOOK}/{address.pk}", {"territory": "CN"}, format="json")

    assert answer.json()["phone"] == moved.json()["phone"] == "+886987654321"
    assert moved.json()["territory"] == "CN"


@pytest.mark.parametrize("phone", ["13812345678", "057188886666-802", "+85251234567"])
def test_change_address_when_sent_back_as_it_was_shown_then_the_number_stays(
    signed_in, signed_in_api, member, phone
):
    address = AddressFactory(user=member, territory="HK", phone=phone)
    where = f"/account/addresses/{address.pk}/"
    form = signed_in.get(where).context["form"]
    shown = {name: form[name].value() for name in ("recipient", "territory", "phone", "region")}

    page = signed_in.post(where, {**shown, "detail": "弥敦道 1 号"})
    told = signed_in_api.get(f"{BOOK}/{address.pk}").json()
    told = {name: told[name] for name in shown}
    app = signed_in_api.patch(f"{BOOK}/{address.pk}", told, format="json")

    assert (page.status_code, app.status_code) == (302, 200)
    assert app.json()["phone"] == phone
    assert app.json()["detail"] == "弥敦道 1 号"


@pytest.mark.parametrize(
    "written", ["1990年5月1日", "1990/5/1", "１９９０-０５-０１", "May 1, 1990"]
)
def test_birthday_when_written_as_the_page_shows_it_then_kept(
    signed_in, signed_in_api, member, written
):
    signed_in.post("/account/profile/", {"nickname": "", "birthday": written})
    member.refresh_from_db()
    kept = member.birthday
    User.objects.filter(pk=member.pk).update(birthday=None)

    app = signed_in_api.patch("/api/v1/me", {"birthday": written}, format="json")

    assert (kept, app.json()["birthday"]) == (date(1990, 5, 1), "1990-05-01")


def test_member_search_in_the_back_office_when_pasted_then_found(admin_client, member):
    for typed in ("ＭＥＭＢＥＲ", "\u202dmember\u202c", "Ｍember＠example.com"):
        page = admin_client.get(reverse("admin:accounts_user_changelist"), {"q": typed})
        assert [row.pk for row in page.context["cl"].result_list] == [member.pk], typed
