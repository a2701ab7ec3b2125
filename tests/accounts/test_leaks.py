"""What a stolen dump of the database, or the logs of a day, tell about people: nothing
(docs/reliability.md, "Threats").
"""

import io
import logging

import pytest
import structlog
from django.apps import apps
from django.db import connection

from accounts import closing
from marketing.notices import deliveries
from tests.factories import orders as life
from tests.factories.accounts import PASSWORD, AddressFactory, mails

PHONE, RECIPIENT, STREET = "13912349876", "欧阳锋", "白驼山路 77 号"
SECRETS = (
    PHONE,
    RECIPIENT,
    STREET,
    life.HOME["phone"],
    life.HOME["recipient"],
    life.HOME["detail"],
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lived(operator, member):
    """A member who gave an address, ordered to it, was shipped to, and got mail; ``staff:1`` is
    somebody else.
    """
    AddressFactory(user=member, phone=PHONE, recipient=RECIPIENT, detail=STREET)
    life.give_points(member, 500)
    life.received(
        life.place(member, life.physical_sku(points=100), address=life.address_of(member))
    )
    deliveries.send_due()
    return member


def dump() -> str:
    """Return every value of every table, as a thief of the database file would read it."""
    text = io.StringIO()
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                text.write(f"{table}: {row}\n")
    return text.getvalue()


def test_dump_when_members_lived_here_then_no_phone_recipient_or_street(lived):
    text = dump()

    assert "orders_order:" in text
    assert [secret for secret in SECRETS if secret in text] == []


def test_dump_when_a_mail_waited_and_left_then_only_the_accounts_know_the_address(lived):
    holders = {line.split(":")[0] for line in dump().splitlines() if lived.email in line}

    assert holders == {"accounts_user", "account_emailaddress"}


def test_dump_when_a_member_left_then_nothing_names_them(lived):
    name, email = lived.username, lived.email
    lived.nickname = "独一无二的昵称"
    lived.save()

    closing.close(lived)

    text = dump()
    assert [
        secret for secret in (*SECRETS, email, "独一无二的昵称", f"'{name}'") if secret in text
    ] == []


def test_logs_when_a_member_comes_and_goes_then_no_personal_data(lived, client, bearer, api):
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setLevel(logging.DEBUG)
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        structlog.get_logger("test").warning("listening")
        client.post("/accounts/login/", {"login": lived.email, "password": "wrong"})
        client.post("/accounts/login/", {"login": lived.email, "password": PASSWORD})
        client.post("/accounts/password/reset/", {"email": lived.email})
        mails()
        client.post(
            "/account/addresses/new/",
            {"recipient": RECIPIENT, "phone": PHONE, "region": "上海", "detail": STREET},
        )
        client.get("/account/addresses/999/")
        api.post(
            "/api/auth/app/v1/auth/login",
            {"email": lived.email, "password": "wrong"},
            format="json",
        )
        bearer(lived).post(
            "/api/v1/me/addresses",
            {"recipient": RECIPIENT, "phone": PHONE, "region": "x"},
            format="json",
        )
        client.post("/account/privacy/delete/", {"password": PASSWORD, "sure": "on"})
    finally:
        root.removeHandler(handler)
        root.setLevel(before)

    text = written.getvalue()
    assert "listening" in text
    assert [secret for secret in (*SECRETS, lived.email, PASSWORD) if secret in text] == []


def test_tables_when_a_column_may_hold_personal_data_then_it_is_sealed_or_known():
    """A new column named like personal data has to be encrypted, or be listed here with its
    reason.
    """
    known = {
        "accounts.User.email",  # mail needs it; masked wherever it is shown
        "account.EmailAddress.email",  # allauth's copy of it
        "usersessions.UserSession.ip",  # the member's own list of devices
        "accounts.Address.region",  # a town names nobody
        "mall.ShopFace.contact_email",  # the shop's own, shown to everybody
        "mall.ShopFace.contact_phone",
        "mall.ShopFace.contact_address",
        "orders.Registration.address",  # the number of a row
    }
    words = ("phone", "recipient", "street", "email", "address", "ip")
    found = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if not field.is_relation
        and any(word == part for word in words for part in field.name.split("_"))
        and type(field).__name__
        not in ("EncryptedTextField", "BooleanField", "EmailFingerprintField", "BlindIndexField")
    }
    assert found <= known, found - known
