"""Personal data: what is stored, what is shown, and how keys change."""

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from accounts.models import Address
from accounts.passwords import Argon2Hasher
from accounts.privacy import (
    Undecryptable,
    canonical_email,
    decrypt,
    email_fingerprint,
    encrypt,
    mask_email,
    mask_name,
    mask_phone,
)
from tests.factories.accounts import AddressFactory

OLD, NEW = "aa" * 32, "bb" * 32


def stored_columns():
    with connection.cursor() as cursor:
        cursor.execute("SELECT recipient, phone, detail FROM accounts_address")
        return cursor.fetchall()


@pytest.mark.django_db
def test_address_when_stored_then_no_plain_text_in_the_row():
    address = AddressFactory(recipient="张小明", phone="13812345678", detail="文三路 100 号")

    row = " ".join(stored_columns()[0])
    assert not any(secret in row for secret in ("张", "138", "12345678", "文三路"))
    assert Address.objects.get(pk=address.pk).snapshot() == {
        "recipient": "张小明",
        "phone": "13812345678",
        "region": "浙江省杭州市西湖区",
        "detail": "文三路 100 号",
    }


@pytest.mark.django_db
def test_address_when_searched_by_phone_then_refused():
    with pytest.raises(FieldError):
        Address.objects.filter(phone="13812345678").exists()


def test_encrypt_when_twice_then_different_ciphertexts(settings):
    settings.FIELD_KEYS = [OLD]

    assert encrypt("a", place="x") != encrypt("a", place="x")
    assert decrypt(encrypt("", place="x"), place="x") == ""


@pytest.mark.parametrize(
    "spoil",
    [lambda s: s[:-6] + "AAAAA=", lambda s: "v1:zz:" + s[12:], lambda s: "plain", lambda s: ""],
)
def test_decrypt_when_altered_then_refused(settings, spoil):
    settings.FIELD_KEYS = [OLD]

    with pytest.raises(Undecryptable):
        decrypt(spoil(encrypt("secret", place="x")), place="x")


def test_decrypt_when_moved_to_another_column_then_refused(settings):
    settings.FIELD_KEYS = [OLD]

    with pytest.raises(Undecryptable):
        decrypt(encrypt("secret", place="orders.address"), place="accounts.address")


def test_encrypt_when_keys_are_unfit_then_refused_to_start(settings):
    settings.FIELD_KEYS = ["aa"]

    with pytest.raises(ImproperlyConfigured):
        encrypt("secret", place="x")


@pytest.mark.django_db
def test_rotate_when_a_new_key_stands_in_front_then_the_old_one_can_go(settings, capsys):
    settings.FIELD_KEYS = [OLD]
    address = AddressFactory()
    settings.FIELD_KEYS = [NEW, OLD]
    assert Address.objects.get(pk=address.pk).recipient == "张小明"

    call_command("rotate_field_keys")
    call_command("rotate_field_keys")

    settings.FIELD_KEYS = [NEW]
    assert Address.objects.get(pk=address.pk).snapshot() == address.snapshot()
    assert capsys.readouterr().out.split() == ["rotated=1", "rotated=0"]


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("A@Example.com", "a@example.com"),
        ("a+tag+more@example.com", "a@example.com"),
        ("+tag@example.com", "+tag@example.com"),
        ("a.b.c+x@googlemail.com", "abc@gmail.com"),
        ("a.b@example.com", "a.b@example.com"),
        ("ａ@example.com", "a@example.com"),
        ('"odd@local"@example.com', '"odd@local"@example.com'),
    ],
)
def test_canonical_email_when_typed_differently_then_one_mailbox(typed, canonical):
    assert canonical_email(typed) == canonical


def test_email_fingerprint_when_another_key_then_another_fingerprint(settings):
    here = email_fingerprint("a@example.com")
    settings.LEDGER_KEY = "99" * 32

    assert here != email_fingerprint("a@example.com")
    assert len(here) == 64


def test_masks_when_shown_then_little_is_told():
    assert mask_phone("13812345678") == "138****5678"
    assert mask_phone("123") == "***"
    assert mask_email("alice@example.com") == "al***@example.com"
    assert mask_email("a@example.com") == "***@example.com"
    assert mask_email("") == ""
    assert (mask_name("张小明"), mask_name("王"), mask_name("")) == ("张**", "王*", "")


def test_password_when_hashed_then_argon2id_with_19_mib(settings):
    settings.PASSWORD_HASHERS = ["accounts.passwords.Argon2Hasher"]
    hasher = Argon2Hasher()

    stored = hasher.encode("a-long-password", hasher.salt())

    assert stored.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.verify("a-long-password", stored)
