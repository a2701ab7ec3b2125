"""Back to just before a disaster, with the binary log of a real, durable MariaDB."""

import json
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import MySQLdb
import pytest
from django.db import connection

from mall.backups import BackupError, folder, making, proof
from mall.backups.databases import speaking_to
from mall.backups.mysql import MySQL
from mall.settings.databases import mysql_database
from points import ledger
from points.models import LedgerEntry
from tests.factories.orders import give_points, place, virtual_sku
from tests.services import Server, start_mariadb

pytestmark = [pytest.mark.mariadb, pytest.mark.own_servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def server():
    """A MariaDB that keeps its binary log, as docs/operations.md says to."""
    with tempfile.TemporaryDirectory(prefix="log", dir="/tmp") as where:
        plain = start_mariadb(where, durable=True)
        plain.kill()
        command = [
            *plain.command,
            f"--log-bin={where}/shop-bin",
            "--binlog-format=ROW",
            "--server-id=1",
        ]
        logging = Server("mariadbd", command, log=Path(where) / "log")
        logging.folder = Path(where)
        logging.wait_until(lambda: _answers(Path(where) / "db.sock"))
        yield logging
        logging.kill()


def _answers(path):
    try:
        MySQLdb.connect(unix_socket=str(path), user="root").close()
    except MySQLdb.Error:
        return False
    return True


@pytest.fixture
def shop(server, member, tmp_path, settings):
    """This test's shop on that server."""
    give_points(member, 500)
    place(member, virtual_sku(points=100))
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    database = make_database(server, "mall")
    (tmp_path / "plain").mkdir()
    made = making.shop().dump(tmp_path / "plain", progress=False)
    database.load(tmp_path / "plain" / made["file"])
    return database


def make_database(server, name):
    run_sql(server, f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    socket = str(server.folder / "db.sock")
    config = {
        "NAME": name,
        "USER": "root",
        "PASSWORD": "",
        "HOST": "",
        "PORT": "",
        "OPTIONS": {"unix_socket": socket},
    }
    return MySQL(mysql_database(config))


def run_sql(server, statement):
    """What an operator types at the database."""
    socket = server.folder / "db.sock"
    subprocess.run(
        ["mariadb", "--no-defaults", "-uroot", f"--socket={socket}", "-e", statement], check=True
    )


def test_restore_when_an_operator_deleted_everything_then_what_was_acknowledged_before_is_there(
    server, shop, member, tmp_path
):
    with speaking_to(shop):
        kept, facts = making.back_up(tmp_path / "backups")
        ledger.accrue(member.pk, points=7, key="after the backup")
        order = place(member, virtual_sku(points=50, name="later"))
    time.sleep(2 - time.time() % 1)  # the log knows seconds
    moment = datetime.now(UTC)
    run_sql(
        server,
        "SET foreign_key_checks = 0; USE mall; DELETE FROM points_ledgerentry; DROP TABLE "
        "orders_orderline; FLUSH LOGS",
    )
    back = make_database(server, "back")

    with speaking_to(back):
        told = making.restore(
            kept, until=f"{moment:%Y-%m-%d %H:%M:%S+00:00}", binlogs=server.folder
        )
        found = set(LedgerEntry.objects.filter(account_id=member.pk).values_list("key", flat=True))
        books, order_back = proof.verify_books(), type(order).objects.get(pk=order.pk)

    assert facts["database"]["binlog"]["file"].startswith("shop-bin.")
    assert "changes" in told
    assert "after the backup" in found
    assert (order_back.no, order_back.status) == (order.no, order.status)
    assert books == []
    with (
        pytest.raises(BackupError, match="on another server"),
        speaking_to(make_database(server, "beyond")),
    ):
        making.restore(kept, until="2100-01-01", binlogs=server.folder)
    run_sql(server, "SET foreign_key_checks = 0; DROP TABLE mall.orders_order")
    with (
        pytest.raises(BackupError, match="from outside"),
        speaking_to(make_database(server, "outside")),
    ):
        making.restore(kept, until="2100-01-01", binlogs=server.folder)


@pytest.mark.parametrize(
    ("until", "missing", "word"),
    [
        ("yesterday", "", "is no moment"),
        ("2000-01-01 00:00:00", "", "take an earlier one"),
        ("2100-01-01 00:00:00", "000001", "where the backup's log begins, is not in"),
        ("2100-01-01 00:00:00", "000002", "000002 is missing"),
    ],
)
def test_restore_when_the_log_does_not_fit_then_nothing_is_restored(
    tmp_path, settings, until, missing, word
):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    kept, facts = making.back_up(tmp_path / "backups", quick=True)
    facts["database"]["binlog"] = {"file": "shop-bin.000001", "position": 4}
    facts["files"] = {
        path.name: folder.digest(path) for path in kept.iterdir() if path.name != "MANIFEST"
    }
    (kept / "MANIFEST").write_text(json.dumps(facts))
    for number in ("000001", "000002", "000003"):
        if number != missing:
            (tmp_path / f"shop-bin.{number}").touch()
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS nothing_yet")
        cursor.execute("CREATE DATABASE nothing_yet")

    with pytest.raises(BackupError, match=word), speaking_to(making.shop().sibling("nothing_yet")):
        making.restore(kept, until=until, binlogs=tmp_path)

    with connection.cursor() as cursor:
        cursor.execute("SHOW TABLES FROM nothing_yet")
        assert cursor.fetchall() == ()
        cursor.execute("DROP DATABASE nothing_yet")
