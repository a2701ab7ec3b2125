"""Usernames and e-mails are kept in small letters, those of earlier days too."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import User

pytestmark = pytest.mark.django_db
EDITOR = SimpleNamespace(connection=connection)
migration = import_module("accounts.migrations.0004_small_letters")


def rename(user, **columns):
    """Write what no door would write."""
    with connection.cursor() as cursor:
        for column, value in columns.items():
            cursor.execute(
                f"UPDATE accounts_user SET {column} = %s WHERE id = %s", [value, user.pk]
            )


def names():
    return set(User.objects.values_list("username", "email"))


def test_migrate_when_a_name_has_capitals_then_it_is_written_small(member):
    rename(member, username="Boss", email="Boss@Example.com")

    migration.write_small(apps, EDITOR)

    assert names() == {("boss", "boss@example.com")}


def test_migrate_when_two_names_differ_in_case_then_both_stay_and_are_told(
    member, other_member, capsys
):
    rename(other_member, username="MEMBER", email="Other@example.com")

    migration.write_small(apps, EDITOR)

    assert names() == {("member", "member@example.com"), ("MEMBER", "other@example.com")}
    assert (
        f"member {other_member.pk}: username 'MEMBER' differs from another member's in case only"
        in capsys.readouterr().out
    )


def test_save_when_a_name_is_given_in_capitals_then_the_object_says_what_is_kept(member):
    member.username, member.email = "MEMBER", "Member@EXAMPLE.com"

    member.save()

    assert (member.username, member.email) == ("member", "member@example.com")
    assert User.objects.filter(username__in=["Member", "nobody"]).get() == member
