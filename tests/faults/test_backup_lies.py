"""No backup that cannot be restored: every way one could be empty or partial ends in a sentence and
no folder.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection

from mall.backups import BackupError, folder, making, programs
from mall.settings.databases import mysql_database
from points import ledger
from tests.factories.orders import give_points, place, virtual_sku

pytestmark = pytest.mark.own_servers
ROOT = Path(__file__).resolve().parents[2]
PLAIN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("MALL_", "DJANGO_", "DATABASE_"))
}
PRODUCTION = PLAIN | {
    "MALL_PROFILE": "production",
    "SECRET_KEY": "8Jx-2nqPz0sV5tYwR7uKmB4hE1gC6dLaF9oTiX3vNyQeZrMcWbUj",
    "PAYMENT_PROVIDERS": "",
    "ALLOWED_HOSTS": "mall.example",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "BROKER_URL": "redis://127.0.0.1:1/1",
    "EMAIL_URL": "smtp+tls://mall:secret@mail.example:587",
    **dict.fromkeys(
        ("FIELD_KEYS", "LEDGER_KEY", "PAYMENT_SECRET", "EVENT_SECRET"), "0123456789abcdef" * 4
    ),
}
OF_MYSQL = {"mariadb-dump": "mysqldump", "mariadb": "mysql"}
NASTY = "p\"a's\\ w#o%r=d;[x]$`&é"


@pytest.fixture
def shop(transactional_db, member, tmp_path, settings):
    """A shop with an order and a picture, and a folder for its backups."""
    give_points(member, 500)
    place(member, virtual_sku(points=100))
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "avatar.png").write_bytes(b"picture")
    member.avatar = "avatar.png"
    member.save(update_fields=["avatar"])
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """program(name, script): put a program in front of the real one, which the script knows as
    $real, under the name MariaDB gives it and the one MySQL does: a server's own is called first.
    """
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    (tmp_path / "bin").mkdir()

    def put(name, script):
        behind = os.environ["PATH"].partition(":")[2]
        names = (name, OF_MYSQL[name])
        real = next(found for one in names if (found := shutil.which(one, path=behind)))
        for one in names:
            path = tmp_path / "bin" / one
            path.write_text(
                f'#!/bin/bash\n[[ "$*" == *--version* ]] && exec {real} "$@"\n'
                f"real={real}\n{script}\n"
            )
            path.chmod(0o755)

    return put


@contextmanager
def signed_in_as(name, password):
    own = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(USER=name, PASSWORD=password)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(own)


@contextmanager
def database_user(name, password, *grants):
    """A user of this test's server with the rights named, where {} is the test's database."""
    database = connection.settings_dict["NAME"].replace("_", r"\_")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP USER IF EXISTS '{name}'@'%'")
        cursor.execute(f"CREATE USER '{name}'@'%%' IDENTIFIED BY %s", [password])
        for grant in grants:
            cursor.execute(f"GRANT {grant.format(database)} TO '{name}'@'%'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP USER '{name}'@'%'")


def run(program, *arguments, **environment):
    return subprocess.run(
        [ROOT / "ops" / program, *arguments], env=environment, capture_output=True, text=True
    )


def scratches():
    """Return the scratch databases of this test's shop that were left."""
    shop = connection.settings_dict["NAME"].replace("_", r"\_")
    with connection.cursor() as cursor:
        cursor.execute(rf"SHOW DATABASES LIKE '{shop}\_scratch\_%'")
        return cursor.fetchall()


def facts_of(backup):
    return json.loads((backup / "MANIFEST").read_text())


def assert_refused(done, target, *words):
    """One sentence, exit 1, nothing that looks like a backup."""
    assert done.returncode == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr
    assert "backed up" not in done.stderr + done.stdout
    assert not target.exists() or list(target.iterdir()) == []


# --- which database -----------------------------------------------------------
@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("mysql+pymysql://mall:x@db/mall", "mysql://"),
        ("mariadb://mall:x@db/mall", "mysql://"),
        ("sqlite:///var/mall.sqlite3", "mysql://"),
        ("mysql://mall:x@db:port/mall", "port"),
        ("", "DATABASE_URL is missing"),
        (None, "DATABASE_URL is missing"),
    ],
)
def test_backup_when_production_names_no_database_of_its_kind_then_refuses(tmp_path, url, word):
    environment = PRODUCTION if url is None else PRODUCTION | {"DATABASE_URL": url}

    done = run("backup", tmp_path / "backups", **environment)

    assert_refused(done, tmp_path / "backups", word)


@pytest.mark.parametrize("url", ["mysql://mall:x@db/mall", "postgres://mall:x@db/mall"])
def test_backup_when_the_embedded_profile_is_given_another_database_then_refuses(tmp_path, url):
    done = run("backup", tmp_path / "backups", **PLAIN, DATABASE_URL=url)

    assert_refused(done, tmp_path / "backups", "sqlite")


def test_backup_when_only_a_file_says_which_shop_then_it_is_that_one(tmp_path):
    shop = PRODUCTION | {"DATABASE_URL": "mysql://mall:x@127.0.0.1:1/mall"}
    (tmp_path / "mall.env").write_text(
        "".join(f"{name}={shop[name]}\n" for name in shop.keys() - PLAIN.keys())
    )
    program = (
        "import sys; from pathlib import Path; from mall.backups import __main__ as "
        "program; program.ROOT = Path(sys.argv[1]); "
    )
    program += "sys.exit(program.main(['backup', sys.argv[2]]))"

    command = [sys.executable, "-c", program, tmp_path, tmp_path / "backups"]
    done = subprocess.run(command, cwd=ROOT, env=PLAIN, capture_output=True, text=True)

    assert_refused(done, tmp_path / "backups", "127.0.0.1")
    assert "SQLite" not in done.stderr


@pytest.mark.parametrize(
    "content", [None, b"", "no table", b"this is no database, only some text that is long enough"]
)
def test_backup_when_the_file_is_no_shop_then_refuses_and_makes_none(tmp_path, content):
    file = tmp_path / "mall.sqlite3"
    if content == "no table":
        with closing(sqlite3.connect(file)) as made:
            made.execute("PRAGMA user_version = 1")
    elif content is not None:
        file.write_bytes(content)

    done = run("backup", tmp_path / "backups", **PLAIN, DATABASE_URL=f"sqlite:///{file}")

    assert_refused(done, tmp_path / "backups", str(file))
    assert file.exists() == (content is not None)


@pytest.mark.parametrize("python", ["/bin/false", "/bin/true", "/nowhere/python", "/bin/echo"])
def test_programs_when_python_fails_then_say_so_and_exit_1(tmp_path, python):
    for name, argument in (
        ("backup", tmp_path / "backups"),
        ("restore", tmp_path),
        ("drill", tmp_path),
    ):
        done = run(name, argument, **PLAIN, PYTHON=python)

        assert_refused(done, tmp_path / "backups", f"{python} cannot run the mall")


# --- the dump -----------------------------------------------------------------
@pytest.mark.mariadb
@pytest.mark.parametrize(
    ("script", "word"),
    [
        ('"$real" "$@" 2>/dev/null | head -c 30000; exit 2', "ended with code 2"),
        ('"$real" "$@" 2>/dev/null | head -c 30000; kill -9 $$', "killed"),
        ('"$real" "$@" 2>/dev/null | head -c 30000; exit 0', "last line"),
        ("exit 0", "last line"),
        ("echo; echo '-- Dump completed'", "left out"),
        ('"$real" "$@" --ignore-table=${!#}.points_ledgerentry', "points_ledgerentry"),
        ('"$real" "$@" | sed "/^INSERT INTO .accounts_user. /,/;$/d"', "accounts_user"),
        ('"$real" "$@" | sed "s/50000/50001/g; s/virtual/virtuel/gi"', "not what was backed up"),
        (
            "echo 'mariadb-dump: Got error: 2013: Lost connection to server during query' >&2; "
            "exit 2",
            "Lost connection",
        ),
        (
            "echo 'mariadb-dump: Got error: 2026: TLS/SSL error: SSL is required, but the server "
            "does not support it' >&2; exit 2",
            "?ssl_mode=",
        ),
    ],
)
def test_backup_when_the_dump_is_not_whole_then_nothing_is_kept(shop, program, script, word):
    program("mariadb-dump", script)

    with pytest.raises(BackupError, match=word.replace("?", r"\?")):
        making.back_up(shop)

    assert list(shop.iterdir()) == []


@pytest.mark.mariadb
def test_backup_when_loading_it_fails_then_nothing_is_kept_and_no_scratch_is_left(shop, program):
    program(
        "mariadb",
        'head -c 100000 >/dev/null; echo "ERROR 1114 (HY000) at line 9: The table is full" >&2; '
        "exit 1",
    )

    with pytest.raises(BackupError, match="The table is full"):
        making.back_up(shop)

    assert list(shop.iterdir()) == []
    assert scratches() == ()


@pytest.mark.mariadb
def test_backup_when_the_user_sees_a_part_only_then_refuses_with_the_grant(shop):
    database = connection.settings_dict["NAME"]
    with (
        database_user("reader", "x", f"SELECT ON `{database}`.points_ledgerentry"),
        signed_in_as("reader", "x"),
        pytest.raises(BackupError, match="GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON"),
    ):
        making.back_up(shop, quick=True)

    assert list(shop.iterdir()) == []


@pytest.mark.mariadb
@pytest.mark.parametrize(
    "rights",
    [
        pytest.param((), id="locks tables"),
        pytest.param(
            ("RELOAD, BINLOG MONITOR, BINLOG ADMIN ON *.*",), id="locks all", marks=pytest.mark.long
        ),
    ],
)
def test_backup_when_a_user_of_its_own_has_a_nasty_password_then_it_is_good(shop, rights):
    needed = "SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON `{}`.*"

    with (
        database_user("mall_backup", NASTY, needed, r"ALL ON `{}\_scratch\_%`.*", *rights),
        signed_in_as("mall_backup", NASTY),
    ):
        kept, _facts = making.back_up(shop)

    assert folder.is_good(facts_of(kept))
    assert scratches() == ()


@pytest.mark.mariadb
def test_backup_when_no_scratch_may_be_made_here_then_mariadb_takes_a_server_of_its_own(shop):
    with (
        database_user("narrow", "x", "SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON `{}`.*"),
        signed_in_as("narrow", "x"),
    ):
        if not connection.mysql_is_mariadb:  # a throw-away MariaDB could not load its dump
            with pytest.raises(BackupError, match="nowhere to restore to.*_scratch"):
                making.back_up(shop)
            assert list(shop.iterdir()) == []
            return
        kept, facts = making.back_up(shop)

    assert folder.is_good(facts_of(kept))
    assert facts["database"]["rows"] > 100


def test_backup_when_the_shop_sells_meanwhile_then_every_row_of_one_moment_is_there(
    shop, member, tmp_path
):
    import threading

    from django.db import connections

    open_, sold = threading.Event(), []

    def sell():
        while not open_.is_set():
            sold.append(ledger.accrue(member.pk, points=1, key=f"meanwhile:{len(sold)}"))
        connections.close_all()

    seller = threading.Thread(target=sell)
    seller.start()
    try:
        kept, facts = making.back_up(shop)
    finally:
        open_.set()
        seller.join(60)

    assert folder.is_good(facts_of(kept))
    assert len(sold) > 0
    assert {"rows"} <= facts["database"]["tables"]["points_ledgerentry"].keys()
    assert (facts["media"]["files"], facts["media"]["missing"]) == (1, [])


# --- the pictures -------------------------------------------------------------
def test_backup_when_the_pictures_are_not_there_then_refuses(shop, settings):
    shutil.rmtree(settings.MEDIA_ROOT)

    with pytest.raises(BackupError, match="MEDIA_ROOT"):
        making.back_up(shop, quick=True)

    assert list(shop.iterdir()) == []


def test_backup_when_a_picture_cannot_be_read_then_names_it(shop, settings):
    (settings.MEDIA_ROOT / "lost.png").symlink_to("nowhere.png")

    with pytest.raises(BackupError, match=r"lost\.png"):
        making.back_up(shop, quick=True)

    assert list(shop.iterdir()) == []


def test_backup_when_the_folder_holds_none_of_the_shops_pictures_then_refuses(shop, member):
    member.avatar = "avatars/1.png"
    member.save(update_fields=["avatar"])

    with pytest.raises(BackupError, match="none of the 1 pictures"):
        making.back_up(shop)

    assert list(shop.iterdir()) == []


# --- the folder ---------------------------------------------------------------
def test_backup_when_the_target_cannot_be_written_then_says_so(shop, tmp_path):
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(BackupError, match="cannot be written"):
        making.back_up(tmp_path / "file" / "backups")


def test_backup_when_made_twice_in_a_second_then_both_are_kept(shop, standing_clock):
    first, _facts = making.back_up(shop, quick=True)
    second, _facts = making.back_up(shop, quick=True)

    assert sorted(path.name for path in shop.iterdir()) == [first.name, second.name]
    assert second.name == f"{first.name}-2"


def test_backup_when_quick_then_the_manifest_says_not_verified(shop):
    kept, _facts = making.back_up(shop, quick=True)

    assert facts_of(kept)["verified"] == "not verified (--quick)"
    assert making.drill(kept).endswith("1 pictures")


def test_backup_when_the_books_do_not_close_then_it_is_kept_and_not_called_good(shop, member):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE points_ledgerentry SET delta = delta + 1 WHERE account_id = %s AND seq = 1",
            [member.pk],
        )

    kept, _facts = making.back_up(shop)

    assert facts_of(kept)["verified"] == "not verified: the books do not close"
    assert any(f"account {member.pk}:" in line for line in facts_of(kept)["mismatches"])
    with pytest.raises(BackupError, match="do not close"):
        making.drill(kept)


def test_restore_when_the_ledger_key_is_another_then_refuses_before_every_account_is_frozen(
    shop, settings
):
    kept, _facts = making.back_up(shop, quick=True)
    settings.LEDGER_KEY = "ab" * 32

    for verb in (making.restore, making.drill):
        with pytest.raises(BackupError, match="LEDGER_KEY"):
            verb(kept)

    assert "22" * 8 not in (kept / "MANIFEST").read_text()


def test_rotate_when_a_good_one_was_made_then_only_older_than_the_newest_good_ones_go(tmp_path):
    def made(name, verified):
        (tmp_path / name).mkdir()
        (tmp_path / name / "MANIFEST").write_text(
            json.dumps({"verified": verified, "files": {"x": "y"}})
        )

    good = {"how": "restored"}
    for day, verified in enumerate(
        [good, "not verified (--quick)", good, good, "not verified (--quick)"], 1
    ):
        made(f"2026110{day}T000000Z", verified)
    (tmp_path / "20261101-mine").mkdir()

    assert [path.name for path in folder.rotate(tmp_path, 3)] == []
    assert [path.name for path in folder.rotate(tmp_path, 2)] == [
        "20261101T000000Z",
        "20261102T000000Z",
    ]
    assert len(list(tmp_path.iterdir())) == 4


def test_open_when_a_backup_is_of_an_earlier_release_or_half_made_then_knows(tmp_path):
    (tmp_path / "database.sql.gz").write_bytes(b"rows")
    listed = subprocess.run(
        ["sha256sum", "database.sql.gz"], cwd=tmp_path, capture_output=True, text=True
    )
    (tmp_path / "MANIFEST").write_text(listed.stdout)

    assert folder.open_backup(tmp_path)["files"].keys() == {"database.sql.gz"}
    (tmp_path / "database.sql.gz").write_bytes(b"other rows")
    with pytest.raises(BackupError, match=r"damaged \(database"):
        folder.open_backup(tmp_path)
    (tmp_path / "MANIFEST").write_text("")
    with pytest.raises(BackupError, match="damaged"):
        folder.open_backup(tmp_path)


# --- in the middle ------------------------------------------------------------
@pytest.fixture
def environment(environment_of_test, settings, tmp_path):
    """The environment in which ops/… finds this test's shop."""
    return {**environment_of_test, "PYTHON": sys.executable, "MEDIA_ROOT": str(settings.MEDIA_ROOT)}


@pytest.mark.mariadb
@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        *(pytest.param(one, marks=pytest.mark.long) for one in (signal.SIGINT, signal.SIGHUP)),
    ],
)
def test_backup_when_interrupted_then_nothing_looks_like_a_backup(
    shop, program, tmp_path, environment, number
):
    program("mariadb-dump", f'"$real" "$@" | head -c 200000; touch {tmp_path}/half; exec sleep 60')
    environment["PATH"] = os.environ["PATH"]
    backing_up = subprocess.Popen(
        [ROOT / "ops" / "backup", shop],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        # what was started in the background of a script ignores SIGINT, and so do its children
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "half").exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    backing_up.send_signal(number)
    words = backing_up.communicate(timeout=30)[1]

    assert backing_up.returncode == (130 if number == signal.SIGINT else 128 + number)
    assert "interrupted" in words
    assert "Traceback" not in words
    assert list(shop.iterdir()) == []


def test_backup_when_the_disk_is_full_then_the_older_one_stays(shop, environment):
    older, _facts = making.back_up(shop, quick=True)
    limit = 24  # KiB a file may have: the rows do not fit

    done = subprocess.run(
        ["bash", "-c", f'ulimit -f {limit}; exec "$0" '
            f'"$@"', ROOT / "ops" / "backup", shop, "--keep", "1"],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert list(shop.iterdir()) == [older]


def test_help_when_asked_then_each_program_says_how_it_is_used(tmp_path):
    for name in ("backup", "restore", "drill"):
        done = run(name, "--help", **PLAIN, PYTHON="/nowhere")

        assert (done.returncode, done.stderr) == (0, "")
        assert f"./ops/{name}" in done.stdout


# --- how far a server is trusted ------------------------------------------------
@pytest.mark.parametrize(
    ("options", "of_mariadb", "of_mysql"),
    [
        ({}, {"skip-ssl-verify-server-cert"}, {"ssl-mode=PREFERRED"}),
        ({"ssl_mode": "DISABLED"}, {"skip-ssl"}, {"ssl-mode=DISABLED"}),
        ({"ssl_mode": "required"}, {"ssl", "skip-ssl-verify-server-cert"}, {"ssl-mode=REQUIRED"}),
        (
            {"ssl_ca": "/ca"},
            {"ssl", "ssl-verify-server-cert", 'ssl-ca="/ca"'},
            {"ssl-mode=VERIFY_CA", 'ssl-ca="/ca"'},
        ),
        (
            {"ssl_ca": "/ca", "ssl_cert": "/c", "ssl_key": "/k", "ssl_mode": "VERIFY_IDENTITY"},
            {"ssl", "ssl-verify-server-cert", 'ssl-ca="/ca"', 'ssl-cert="/c"', 'ssl-key="/k"'},
            {"ssl-mode=VERIFY_IDENTITY", 'ssl-ca="/ca"', 'ssl-cert="/c"', 'ssl-key="/k"'},
        ),
    ],
)
def test_programs_when_the_url_says_how_far_to_trust_then_both_kinds_hear_it(
    options, of_mariadb, of_mysql
):
    config = mysql_database(
        {
            "NAME": "mall",
            "USER": "mall",
            "PASSWORD": "x",
            "HOST": "db",
            "PORT": 3306,
            "OPTIONS": options,
        }
    )

    told = {
        kind: {line for line in programs.option_lines(config, kind) if "ssl" in line}
        for kind in (True, False)
    }

    assert told == {True: of_mariadb, False: of_mysql}


def test_settings_when_the_url_names_an_unknown_ssl_mode_then_refuse_in_one_sentence():
    with pytest.raises(SystemExit, match="ssl_mode is one of DISABLED"):
        mysql_database({"OPTIONS": {"ssl_mode": "maybe"}})
