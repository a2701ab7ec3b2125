"""An empty database to restore into: the one that was named, one beside the shop's own, or, for
MariaDB (which does not know MySQL's collations), a server of its own.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from mall.backups import BackupError
from mall.backups.databases import named
from mall.backups.mysql import MySQL
from mall.backups.snapshot import NO_RIGHT, MySQLdb, ask, connected, quote
from mall.settings.databases import mysql_database

START_SECONDS = 60
SERVER = ("mariadbd", "mariadb-install-db")
CARELESS = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--skip-innodb-doublewrite",
)


@contextmanager
def scratch_for(shop, url=""):
    """Give an empty database for what ``shop`` holds; it is empty or gone afterwards.

    Raises: BackupError when none can be had, or ``url`` names one that holds anything.
    """
    if url:
        with _of_url(shop, url) as found:
            yield found
    elif shop.kind == "SQLite":
        with shop.scratch() as found:
            yield found
    elif name := _create_beside(shop):
        found = shop.sibling(name)
        try:
            yield found
        finally:
            with connected(shop.params) as opened:
                ask(opened, f"DROP DATABASE IF EXISTS {quote(name)}")
    elif shop.is_mariadb and all(_program(name) for name in SERVER):
        with _own_server() as found:
            yield found
    else:
        raise BackupError(
            "there is nowhere to restore to, so nothing would be verified: GRANT ALL ON "
            f"{quote(shop.name + '_scratch_%').replace('_', chr(92) + '_')}.* to the user, "
            "name an empty database in SCRATCH_URL, or take --quick"
        )


@contextmanager
def _of_url(shop, url):
    found = named(url)
    if found.kind != shop.kind:
        raise BackupError(f"SCRATCH_URL names {found.kind}, the backup is of {shop.kind}")
    if not found.is_empty():
        raise BackupError("the database of SCRATCH_URL is not empty: name an empty one")
    try:
        yield found
    finally:
        found.clear()


def _create_beside(shop):
    name = f"{shop.name[:46]}_scratch_{secrets.token_hex(4)}"
    look = (
        "SELECT default_character_set_name, default_collation_name FROM "
        "information_schema.schemata WHERE schema_name = DATABASE()"
    )
    with connected(shop.params) as opened:
        ((charset, collation),) = ask(opened, look)
        try:
            ask(
                opened, f"CREATE DATABASE {quote(name)} CHARACTER SET {charset} COLLATE {collation}"
            )
        except MySQLdb.OperationalError as error:
            if error.args[0] not in NO_RIGHT:
                raise
            return ""
    return name


@contextmanager
def _own_server():
    """Start a MariaDB of nobody else's on a socket in a temporary folder; it ends with the
    block.
    """
    with tempfile.TemporaryDirectory(prefix="mall", dir="/tmp") as folder:
        data, where = f"--datadir={folder}/db", f"{folder}/db.sock"
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        install = [
            _program("mariadb-install-db"),
            "--no-defaults",
            data,
            "--auth-root-authentication-method=normal",
        ]
        install += ["--skip-test-db", "--skip-name-resolve", "--force", *as_root]
        # A server that starts clears "#sql*" out of its temporary folder: the shop's server may
        # keep its own in /tmp.
        made = subprocess.run(
            install, capture_output=True, text=True, env={**os.environ, "TMPDIR": folder}
        )
        if made.returncode:
            raise BackupError(
                f"a throw-away MariaDB could not be made: "
                f"{(made.stderr or made.stdout).strip()[-200:]}; set SCRATCH_URL"
            )
        settings = [
            "--skip-networking",
            f"--tmpdir={folder}",
            f"--socket={where}",
            f"--pid-file={folder}/pid",
            "--character-set-server=utf8mb4",
        ]
        with open(f"{folder}/log", "wb") as log:
            server = subprocess.Popen(
                [_program("mariadbd"), "--no-defaults", data, *settings, *CARELESS, *as_root],
                stdout=log,
                stderr=log,
                process_group=0,
            )
        try:
            _wait(server, where, Path(f"{folder}/log"))
            config = {
                "ENGINE": "",
                "NAME": "scratch",
                "USER": "root",
                "PASSWORD": "",
                "HOST": "",
                "PORT": "",
            }
            found = MySQL(mysql_database({**config, "OPTIONS": {"unix_socket": where}}))
            with connected(found.sibling("").params) as opened:
                ask(
                    opened,
                    "CREATE DATABASE scratch CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
                )
            yield found
        finally:
            server.kill()  # nothing in it is worth a goodbye
            server.wait()


def _wait(server, where, log):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket(socket.AF_UNIX) as knock, suppress(OSError):
            knock.connect(where)
            return
        time.sleep(0.05)
    raise BackupError(
        f"a throw-away MariaDB did not start: {log.read_text(errors='replace').strip()[-200:]}; "
        f"set SCRATCH_URL"
    )


def _program(name):
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
