"""Three database users: the application sells with the rights it has, and cannot rewrite what is
only ever added.

MALL_TEST_SERVER names another server (MariaDB 11.8, MySQL 9) to run these on.
Source: docs/reliability.md "Production settings", "operator abuse"; docs/ledger.md.
"""

import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from accounts.registration import note_sign_in, register
from mall import verification
from mall.core import clock
from mall.core.events import Event, tell
from mall.database.rights import WideRights, append_only_tables, verify
from marketing.analytics import period, reports
from marketing.checkin.streak import check_in
from marketing.models import Notification
from orders import group, lifecycle
from points import event_delivery, expiry, ledger, tiers
from points.models import LedgerEntry, Parked, PointAccount
from tests.factories.orders import (
    address_of,
    give_points,
    key_sku,
    pay,
    physical_sku,
    place,
    received,
    refund,
    virtual_sku,
)
from tests.factories.points import member_with
from tests.faults import users as database_users
from tests.faults.users import APP, MIGRATOR, READER, as_root, grant_tables, grants_of, signed_in_as
from tests.listening import hearing

pytestmark = [pytest.mark.mariadb, pytest.mark.own_servers, pytest.mark.django_db(transaction=True)]
NO_RIGHT = (1142, 1044)
ROOT = Path(__file__).resolve().parents[2]


fresh_and_upgraded = pytest.mark.parametrize("made", ["fresh", "upgraded"], indirect=True)


def refused(statement):
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except OperationalError as told:
        return told.args[0] in NO_RIGHT
    return False


def live_a_day():
    """Every kind of row a shop writes on an ordinary day, what follows from its facts too."""
    goods, keys, parcel = virtual_sku(points=50), key_sku(points=5), physical_sku(cash="10.00")
    member = register(username="buyer", email="buyer@example.com", password="a-long-test-password")
    note_sign_in(member)
    check_in(member)
    give_points(member, 500)
    give_points(member, 40, expires_on=clock.today())
    lifecycle.cancel(place(member, goods), actor="test")
    refund(place(member, goods))
    place(member, keys)
    paid = pay(place(member, parcel, address=address_of(member)))
    refund(received(paid))
    ledger.adjust(member.pk, points=5, key="adjust:1", actor="test", note="test")
    expiry.expire_due(clock.today() + timedelta(days=1))
    tiers.reassess(member.pk)
    order_together(member, goods)
    event_delivery.deliver_due()
    park_and_make_up(member)
    return member


def order_together(*guests_and_sku):
    """Two members redeem one SKU in one transaction, as in a rush."""
    *guests, sku = guests_and_sku
    guests.append(member_with(100))
    asked = [
        group.Request(user, sku.pk, 1, uuid4().hex, uuid4().hex, 0, None, None) for user in guests
    ]
    assert [order.user_id for order in group.place(asked)] == [user.pk for user in guests]


def park_and_make_up(member):
    """A fact cannot be heard until somebody tries again by hand."""
    is_broken = True

    def fail(_fact):
        if is_broken:
            raise ValueError

    with hearing("weighed", listener=fail):
        tell(Event("weighed", member.pk, "scale:1", clock.now()))
        for turn in range(event_delivery.TRIES):
            with time_machine.travel(clock.now() + timedelta(hours=turn)):
                event_delivery.deliver_due()
        is_broken = False
        assert event_delivery.make_up_for(Parked.objects.get())


@fresh_and_upgraded
def test_grants_when_the_application_lives_a_day_then_its_rights_suffice(made, heard_later):
    with signed_in_as(APP):
        member = live_a_day()
        books = verification.verify()

    assert books == []
    account = PointAccount.objects.get(pk=member.pk)
    assert (account.heard, account.hear_at) == (account.told, None)
    assert Notification.objects.filter(user=member, kind="order_paid").exists()
    assert LedgerEntry.objects.filter(account_id=member.pk).count() > 8


@fresh_and_upgraded
def test_grants_when_the_application_would_rewrite_history_then_the_database_refuses(made):
    keys = {model._meta.db_table: model._meta.pk.column for model in apps.get_models()}

    with signed_in_as(APP):
        done = [
            statement
            for table in sorted(append_only_tables())
            for statement in (
                f"DELETE FROM `{table}`",
                f"UPDATE `{table}` SET `{keys[table]}` = `{keys[table]}`",
                f"DROP TABLE `{table}`",
                f"ALTER TABLE `{table}` ADD COLUMN more INT",
                f"TRUNCATE TABLE `{table}`",
            )
            if not refused(statement)
        ]

    assert done == []


@fresh_and_upgraded
def test_grants_when_the_reader_reads_reports_then_it_can_and_writes_nothing(made):
    with signed_in_as(READER):
        for name in reports.REPORTS:
            reports.work_out(name, period.latest())
        assert refused("UPDATE points_pointaccount SET available = available")
        assert refused(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', NOW())"
        )
        assert refused("DELETE FROM points_ledgerentry")


def test_grants_when_the_migrator_adds_a_table_then_both_others_get_their_rights(made):
    with signed_in_as(MIGRATOR):
        as_root("CREATE TABLE a_new_table (id INT PRIMARY KEY)")
        grant_tables()

    try:
        with signed_in_as(APP):
            as_root("INSERT INTO a_new_table VALUES (1)", "UPDATE a_new_table SET id = 2")
            assert refused("DROP TABLE a_new_table")
        with signed_in_as(READER):
            as_root("SELECT * FROM a_new_table")
            assert refused("DELETE FROM a_new_table")
    finally:
        as_root("DROP TABLE a_new_table")


def test_grants_when_run_again_then_nobodys_rights_change(made):
    before = grants_of(APP), grants_of(READER)

    with signed_in_as(MIGRATOR):
        grant_tables()

    assert (grants_of(APP), grants_of(READER)) == before


def test_grants_when_only_printed_then_nothing_is_run(made, capsys):
    as_root(f"GRANT UPDATE ON points_ledgerentry TO '{APP}'@'%'")

    with signed_in_as(MIGRATOR):
        grant_tables(only_print=True)

    try:
        printed = capsys.readouterr().out
        assert re.search(
            rf"REVOKE .*UPDATE.* ON `{database_users.database()}`.`points_ledgerentry` FROM "
            rf"'{APP}'@'%';",
            printed,
        )
        with signed_in_as(APP):
            assert not refused("UPDATE points_ledgerentry SET note = 'x' WHERE FALSE")
    finally:
        as_root(f"REVOKE UPDATE ON points_ledgerentry FROM '{APP}'@'%'")


# --- what is too much, on whose side it shows, and who takes it back -------------------
def _role(*, default):
    name = database_users.ROLE
    as_root(
        f"CREATE ROLE {name}",
        f"GRANT UPDATE ON points_ledgerentry TO {name}",
        f"GRANT {name} TO '{APP}'@'%'",
    )
    if default:
        as_root(
            f"SET DEFAULT ROLE {name} {'FOR' if database_users.is_mariadb() else 'TO'} '{APP}'@'%'"
        )


def _public():
    if not database_users.is_mariadb():
        pytest.skip("MySQL grants nothing to PUBLIC")
    as_root("GRANT UPDATE ON points_ledgerentry TO PUBLIC")


def _grant(what, on):
    return lambda: as_root(
        f"GRANT {what} ON {on.format(database_users.database(), database_users.pattern())} TO "
        f"'{APP}'@'%'"
    )


WIDE = {
    "table": _grant("UPDATE, DELETE", "points_ledgerentry"),
    "column": _grant("UPDATE (note)", "points_ledgerentry"),
    "table altered": _grant("ALTER", "points_pointaccount"),
    "table dropped": _grant("DROP", "points_ledgerentry"),
    "trigger": _grant("TRIGGER", "points_ledgerentry"),
    "migrations": _grant("DELETE", "django_migrations"),
    "handed on": lambda: as_root(
        f"GRANT SELECT ON points_ledgerentry TO '{APP}'@'%' WITH GRANT OPTION"
    ),
    "schema": _grant("UPDATE", "`{0}`.*"),
    "everything in the schema": _grant("ALL PRIVILEGES", "`{0}`.*"),
    "pattern": _grant("UPDATE", "`{1}`.*"),
    "global": _grant("DELETE", "*.*"),
    "everything everywhere": _grant("ALL PRIVILEGES", "*.*"),
    "users": _grant("CREATE USER", "*.*"),
    "rights themselves": _grant("INSERT", "mysql.*"),
    "role": lambda: _role(default=True),
    "role not put on": lambda: _role(default=False),
    "public": _public,
    "proxy": lambda: as_root(f"GRANT PROXY ON 'root'@'localhost' TO '{APP}'@'%'"),
}
OUT_OF_THE_MIGRATORS_REACH = {
    "pattern",
    "global",
    "everything everywhere",
    "users",
    "rights themselves",
    "role",
    "role not put on",
    "proxy",
}


@pytest.fixture
def given(made):
    """given(case): grant the application too much; afterwards all of it is taken back."""
    yield lambda case: WIDE[case]()
    as_root(f"DROP ROLE IF EXISTS {database_users.ROLE}")
    with signed_in_as(APP):
        verify(connection)


@pytest.mark.parametrize("case", WIDE)
def test_verify_when_the_application_may_too_much_then_its_own_side_says_so_and_the_mend_mends(
    given, case
):
    with signed_in_as(APP):
        verify(connection)
    given(case)

    with signed_in_as(APP), pytest.raises(WideRights) as told:
        verify(connection)

    sentence = str(told.value)
    assert APP in sentence and "could be rewritten" in sentence and "IDENTIFIED" not in sentence
    as_root(*re.findall(r"REVOKE [^;]+(?=;)", sentence))
    # one statement takes all of it, so the sentence's second half is needed
    if case == "everything everywhere":
        with signed_in_as(MIGRATOR):
            grant_tables()
    with signed_in_as(APP):
        verify(connection)


def test_grants_when_run_by_the_migrator_then_all_it_could_have_given_is_taken_back(given):
    for case in WIDE.keys() - OUT_OF_THE_MIGRATORS_REACH - {"public"}:
        given(case)

    with signed_in_as(MIGRATOR):
        grant_tables()

    with signed_in_as(APP):
        verify(connection)
        assert refused("UPDATE points_ledgerentry SET note = 'x' WHERE FALSE")
        assert refused("DELETE FROM points_ledgerentry WHERE FALSE")


@pytest.mark.parametrize("left_out", ["everything everywhere", "global"])
def test_grants_when_run_by_the_administrator_then_all_that_can_be_seen_is_taken_back(
    given, left_out
):
    for case in OUT_OF_THE_MIGRATORS_REACH - {left_out, "role not put on"}:  # one role is enough
        given(case)
    with signed_in_as(APP):
        assert not refused("DELETE FROM points_ledgerentry WHERE FALSE")

    grant_tables()

    with signed_in_as(APP):
        verify(connection)
        assert refused("UPDATE points_ledgerentry SET note = 'x' WHERE FALSE")
        assert refused("DELETE FROM points_ledgerentry WHERE FALSE")
        as_root("UPDATE points_pointaccount SET available = available WHERE FALSE")


@pytest.mark.parametrize("name", [MIGRATOR, "root"], ids=["the migrator", "root"])
def test_verify_when_one_user_does_everything_then_says_what_to_do(made, name):
    with (
        signed_in_as(name, "" if name == "root" else database_users.PASSWORD),
        pytest.raises(WideRights, match="a second one"),
    ):
        verify(connection)


@pytest.mark.parametrize("name", [APP, READER], ids=["the application", "the reader"])
def test_verify_when_a_user_has_what_grant_tables_gave_then_nothing_to_say(made, name):
    with signed_in_as(name):
        verify(connection)


def test_verify_when_the_user_may_ask_for_the_free_disk_then_only_other_functions_are_a_reason(
    given,
):
    for name in ("free_disk_share", "another_function"):
        as_root(
            f"CREATE FUNCTION {name}() RETURNS INT DETERMINISTIC RETURN 1",
            f"GRANT EXECUTE ON FUNCTION {name} TO '{APP}'@'%'",
        )

    with signed_in_as(APP), pytest.raises(WideRights, match="another_function") as told:
        verify(connection)

    assert "free_disk_share" not in str(told.value)
    as_root("DROP FUNCTION another_function")
    with signed_in_as(APP):
        verify(connection)
    as_root("DROP FUNCTION free_disk_share")


def test_verify_when_rights_concern_another_database_then_they_are_its_own_matter(given):
    as_root(
        f"GRANT ALL PRIVILEGES ON `another`.* TO '{APP}'@'%'",
        f"GRANT SELECT, PROCESS ON *.* TO '{APP}'@'%'",
    )

    with signed_in_as(APP):
        verify(connection)

    as_root(
        f"REVOKE ALL PRIVILEGES ON `another`.* FROM '{APP}'@'%'",
        f"REVOKE SELECT, PROCESS ON *.* FROM '{APP}'@'%'",
    )


def test_grants_when_the_user_is_known_from_two_hosts_then_the_administrator_narrows_both(given):
    as_root(f"CREATE USER '{APP}'@'localhost' IDENTIFIED BY '{database_users.PASSWORD}'")
    as_root(f"GRANT ALL PRIVILEGES ON `{database_users.database()}`.* TO '{APP}'@'localhost'")

    grant_tables()

    with signed_in_as(APP):  # over the socket the server takes the nearer of the two
        verify(connection)
        assert refused("DELETE FROM points_ledgerentry WHERE FALSE")
    as_root(f"DROP USER '{APP}'@'localhost'")


def test_grants_when_a_user_is_missing_then_one_sentence_says_how_to_make_it(made):
    with (
        signed_in_as(MIGRATOR),
        pytest.raises(CommandError, match=r"no database user 'no\\'body'@'%': CREATE USER"),
    ):
        call_command("grant_tables", app="no'body", reader=READER)


def test_grants_when_a_shop_has_no_reader_then_none_is_asked_for(made, capsys):
    with signed_in_as(MIGRATOR):
        call_command("grant_tables", app=APP, reader="", only_print=True)

    assert READER not in capsys.readouterr().out


def test_grants_when_run_by_the_application_then_one_sentence_says_who_should(made):
    with signed_in_as(APP), pytest.raises(CommandError, match="Run this as the user that migrates"):
        grant_tables()


# --- ops/mysql/users.sh ----------------------------------------------------------
def test_users_when_the_script_makes_them_then_each_signs_in_and_the_shop_can_be_migrated(
    made, tmp_path
):
    """As the image runs it: the server is new, and a password may lie in a file."""
    (tmp_path / "app").write_text("it's \\ the app's\n")
    (tmp_path / ".my.cnf").write_text(
        f"[client]\nsocket={connection.settings_dict['OPTIONS']['unix_socket']}\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "MYSQL_DATABASE": database_users.database(),
        "MYSQL_ROOT_PASSWORD": "",
        "MYSQL_MIGRATE_PASSWORD": "m'\\",
        "MALL_PASSWORD_FILE": str(tmp_path / "app"),
        "MALL_READ_PASSWORD": "r",
        "MALL_WATCH_PASSWORD": "w",
        "MALL_BACKUP_PASSWORD": "b",
    }
    command = ["sh", str(ROOT / "ops/mysql/users.sh")]
    try:
        for _twice in range(2):
            ran = subprocess.run(command, env=environment, capture_output=True, text=True)
            assert (ran.returncode, ran.stderr) == (0, "")
        with signed_in_as("mall_migrate", "m'\\"):
            call_command("grant_tables", verbosity=0)
        for name, password in (("mall", "it's \\ the app's"), ("mall_read", "r")):
            with signed_in_as(name, password):
                verify(connection)
                as_root("SELECT 1 FROM points_pointaccount")
        with signed_in_as("mall_backup", "b"):
            as_root("FLUSH TABLES WITH READ LOCK", "UNLOCK TABLES", "SET SESSION sql_log_bin = 0")
        del environment["MALL_READ_PASSWORD"]
        told = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert (
            told.returncode != 0
            and "MALL_READ_PASSWORD (or MALL_READ_PASSWORD_FILE) is missing" in told.stderr
        )
    finally:
        made_here = ("mall_migrate", "mall", "mall_read", "mall_watch", "mall_backup")
        as_root(*(f"DROP USER IF EXISTS '{name}'@'%'" for name in made_here))


# --- everything, by its own user -----------------------------------------------------
@pytest.mark.long
@pytest.mark.parametrize("upgraded", [False, True])
def test_shop_when_each_user_does_its_part_then_nobody_lacks_a_right(
    upgraded, settings, heard_later
):
    """Migrate as the migrator, fill the whole demo shop and check it as the application, read every
    report as the reader.
    """
    settings.DEMO_SIGN_INS = True
    own, name = database_users.database(), f"shop_of_users{database_users.WORKER}"
    as_root(
        f"DROP DATABASE IF EXISTS `{name}`",
        f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    )
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        database_users.make()
        if upgraded:
            as_root(
                *(
                    f"GRANT ALL PRIVILEGES ON `{name}`.* TO '{user}'@'%' WITH GRANT OPTION"
                    for user in (APP, READER)
                )
            )
        with signed_in_as(MIGRATOR):
            call_command("migrate", verbosity=0, interactive=False)
            grant_tables()
        with signed_in_as(APP):
            verify(connection)
            call_command("seed_demo")
            call_command("nightly")
            call_command("verify_ledger")
            live_a_day()
            assert verification.verify() == []
        with signed_in_as(READER):
            for report in reports.REPORTS:
                reports.work_out(report, period.latest())
    finally:
        database_users.drop()
        as_root(f"DROP DATABASE `{name}`")
        connection.close()
        connection.settings_dict["NAME"] = own
