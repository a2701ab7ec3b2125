"""ops/backup, ops/restore, ops/drill on real databases: what comes back is what was there, and the
books close.
"""

import os
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import ON_MARIADB
from tests.factories.orders import give_points, place, virtual_sku

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not shutil.which("mariadb-dump") and not shutil.which("mysqldump"),
        reason="no client programs",
    ),
]


@pytest.fixture
def shop(transactional_db, member, tmp_path):
    """A shop with an order and a picture; returns the environment of the programs."""
    give_points(member, 500)
    place(member, virtual_sku(points=100))
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "avatar.png").write_bytes(b"picture")
    # The programs know DATABASE_URL; the settings of the suite know another name for it.
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\nMALL_TEST_DATABASE_URL="$DATABASE_URL" '
        f'MALL_TEST_SQLITE="${{DATABASE_URL#sqlite:///}}" exec {shlex.quote(sys.executable)} "$@"\n'
    )
    python.chmod(0o755)
    return {
        **os.environ,
        "PYTHON": str(python),
        "DJANGO_SETTINGS_MODULE": "mall.settings.test",
        "DATABASE_URL": url_of(connection.settings_dict["NAME"]),
        "MEDIA_ROOT": str(tmp_path / "media"),
    }


def url_of(name):
    if not ON_MARIADB:
        return f"sqlite:///{name}"
    own = connection.settings_dict
    return f"mysql://{own['USER']}@localhost/{name}?unix_socket={own['OPTIONS']['unix_socket']}"


@pytest.fixture
def scratch(tmp_path, transactional_db):
    """The URL of an empty database."""
    if not ON_MARIADB:
        yield url_of(tmp_path / "scratch.sqlite3")
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS scratch")
        cursor.execute("CREATE DATABASE scratch CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    yield url_of("scratch")
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE scratch")


def run(program, *arguments, **environment):
    return subprocess.run(
        [ROOT / "ops" / program, *arguments], env=environment, capture_output=True, text=True
    )


def test_drill_when_the_shop_is_well_then_every_row_is_back_and_the_books_close(shop, scratch):
    done = run("drill", **shop, SCRATCH_URL=scratch)

    assert done.returncode == 0, done.stderr
    assert "every row back, the books close" in done.stderr


@pytest.mark.skipif(ON_MARIADB, reason="the embedded profile keeps its rows in a file")
def test_restore_when_the_shop_is_embedded_then_run_would_not_load_the_demo_into_it(
    transactional_db, scratch, tmp_path
):
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MALL_", "DJANGO_"))
    }
    own |= {
        "PYTHON": sys.executable,
        "DATABASE_URL": url_of(connection.settings_dict["NAME"]),
        "MEDIA_ROOT": str(tmp_path),
        "PYTHONPATH": str(tmp_path),  # before the packages: an embedded shop has no such driver
    }
    (tmp_path / "MySQLdb.py").write_text("raise ImportError('not installed')")
    backup = run("backup", tmp_path / "backups", **own).stdout.strip()

    done = run(
        "restore", backup, **{**own, "DATABASE_URL": scratch, "MEDIA_ROOT": str(tmp_path / "back")}
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "scratch.sqlite3.seeded").exists()


def test_restore_when_a_row_was_altered_in_the_backup_then_the_books_say_so(
    shop, scratch, tmp_path, member
):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE points_ledgerentry SET delta = delta + 1 WHERE account_id = %s AND seq = 1",
            [member.pk],
        )
    backup = run("backup", tmp_path / "backups", "--quick", **shop).stdout.strip()

    done = run(
        "restore", backup, **{**shop, "DATABASE_URL": scratch, "MEDIA_ROOT": str(tmp_path / "back")}
    )

    assert done.returncode == 1
    assert str(member.pk) in done.stdout


def test_restore_when_it_cannot_be_then_nothing_happens_and_when_it_can_then_all_is_back(
    shop, scratch, tmp_path
):
    backup = Path(run("backup", tmp_path / "backups", "--quick", **shop).stdout.strip())
    (tmp_path / "file").write_text("no folder")
    empty = {**shop, "DATABASE_URL": scratch}

    onto_itself = run("restore", backup, **shop)
    placeless = run("restore", backup, **{**empty, "MEDIA_ROOT": str(tmp_path / "file")})
    done = run("restore", backup, **{**empty, "MEDIA_ROOT": str(tmp_path / "back")})
    with (backup / "media.tar.gz").open("ab") as media:
        media.write(b"x")
    damaged = run("restore", backup, **empty)

    refused = (onto_itself, placeless, damaged)
    assert [one.returncode for one in refused] == [1, 1, 1]
    assert "the database is not empty" in onto_itself.stderr
    assert "nothing was restored" in placeless.stderr
    assert "the backup is damaged" in damaged.stderr
    assert done.returncode == 0, done.stderr  # so the refusals before it left the database empty
    assert (tmp_path / "back" / "avatar.png").read_bytes() == b"picture"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert (
        run("restore", tmp_path, **shop).stderr
        == f"mall: {tmp_path} is no backup: name the folder with the MANIFEST, FOLDER/<time>\n"
    )
