"""A shop's MySQL or MariaDB: dumped by the client program while the shop writes, loaded by it
again.
"""

import gzip
import re
import select
import shutil
import sys
from contextlib import contextmanager, suppress
from functools import cached_property

from django.db.utils import load_backend
from tqdm import tqdm

from mall.backups import BackupError
from mall.backups.programs import Program, running
from mall.backups.snapshot import (
    HELD_SECONDS,
    OBJECTS,
    ask,
    base_tables,
    connected,
    contents,
    quote,
    standing_still,
)

SANDBOX = b"/*M!999999\\-"  # MariaDB's first line: MySQL's client and older ones stumble over it
TABLE = re.compile(rb"^CREATE TABLE `((?:[^`]|``)+)`", re.MULTILINE)
ENDING = re.compile(rb"\n-- Dump completed[^\n]*\n$")
DUMP = (
    "--single-transaction", "--quick", "--skip-lock-tables", "--order-by-primary", "--hex-blob",
    "--skip-dump-date",
    "--no-tablespaces", "--routines", "--events", "--triggers", "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G",
)  # fmt: skip
OF_MYSQL = ("--column-statistics=0", "--set-gtid-purged=OFF")  # MariaDB knows neither
LOAD = ("--default-character-set=utf8mb4", "--max-allowed-packet=1G")
LOADED_QUIETLY = "--init-command=SET SESSION sql_log_bin = 0"


class MySQL:
    """One database of a server."""

    kind, file = "MySQL", "database.sql.gz"

    def __init__(self, config):
        self.config = config
        self.name = config["NAME"]

    def __str__(self):
        return self.name

    @property
    def params(self):
        """What the shop's own connections are opened with."""
        return (
            load_backend(self.config["ENGINE"])
            .DatabaseWrapper(self.config, "default")
            .get_connection_params()
        )

    @cached_property
    def is_mariadb(self) -> bool:
        """Tell whose server it is."""
        with connected(self.params) as opened:
            return "mariadb" in opened.get_server_info().lower()

    def is_empty(self) -> bool:
        """Tell whether the database holds nothing. Raises: BackupError when it is not there."""
        with connected(self.params) as opened:
            query = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
            return ask(opened, query) == ((0,),)

    def dump(self, target, *, progress) -> dict:
        """Write one consistent picture to ``target``/``file``; returns what it holds.

        Writers stand still until the dump has begun, for a fraction of a second. Raises:
        BackupError when anything is missing: a right, a table, the dump's last line.
        """
        with standing_still(self.params, self.name) as picture:
            program = self.program("mariadb-dump", "mysqldump")
            arguments = [*DUMP, *([] if program.is_mariadb else OF_MYSQL), self.name]
            with running(program, self.config, *arguments, stdout=-1, bufsize=0) as process:
                tables, tail = _pack(process.stdout, target / self.file, picture, progress)
            if not ENDING.search(tail):
                raise BackupError(
                    f"{program.path} ended without its last line: the dump is not whole"
                )
            if lacking := sorted(set(picture.tables) - tables):
                raise BackupError(
                    f"{program.path} left out {', '.join(lacking[:5])}: the dump is not whole"
                )
            with tqdm(
                total=len(picture.tables), desc="counting", disable=not progress, leave=False
            ) as bar:
                facts = picture.contents(bar.update)
        return {**facts, "file": self.file, "program": program.version, "binlog": picture.binlog}

    def load(self, archive, *, progress=False, unlogged=False):
        """Load a dump. ``unlogged``: keep it out of the binary log where the user may."""
        size = archive.stat().st_size
        with (
            archive.open("rb") as packed,
            tqdm.wrapattr(
                packed, "read", total=size, desc="loading", disable=not progress, leave=False
            ) as counted,
            gzip.open(counted) as dump,
            self.loading(unlogged=unlogged) as process,
        ):
            first = dump.readline()
            if not first.startswith(SANDBOX):
                process.stdin.write(first)
            shutil.copyfileobj(dump, process.stdin, 1 << 20)

    @contextmanager
    def loading(self, *, unlogged=False):
        """Give a client program's process that runs the statements written to its stdin."""
        program = self.program("mariadb", "mysql")
        extra = [LOADED_QUIETLY] if unlogged and self._may_hide() else []
        with running(
            program, self.config, *LOAD, *extra, self.name, stdin=-1, stdout=sys.stderr
        ) as process:
            yield process

    def contents(self) -> dict:
        """Return version, rows and checksum of each table, and the names of all else."""
        with connected(self.params) as opened:
            return contents(opened, self.name)

    def clear(self):
        """Drop everything ``load`` made: the database was empty before."""
        with connected(self.params) as opened:
            ask(opened, "SET SESSION foreign_key_checks = 0")
            for table in base_tables(opened):
                ask(opened, f"DROP TABLE {quote(table)}")
            for kind, name in ask(opened, OBJECTS):
                ask(opened, f"DROP {kind} IF EXISTS {quote(name)}")

    def sibling(self, name):
        """Return another database of the same server."""
        return MySQL({**self.config, "NAME": name})

    def program(self, of_mariadb, of_mysql) -> Program:
        """Return a client program: each server's own knows it best, the other's does where it is
        alone.
        """
        return Program(of_mariadb, of_mysql) if self.is_mariadb else Program(of_mysql, of_mariadb)

    def _may_hide(self):
        with suppress(BackupError), connected(self.params) as opened:
            ask(opened, "SET SESSION sql_log_bin = 0")
            return True
        return False


def _read(stream, seconds):
    """Return what a program wrote next. Raises: BackupError when writers would stand still too
    long.
    """
    if not select.select([stream], [], [], seconds)[0]:
        raise BackupError(f"the dump did not begin within {seconds:.0f} s; is the server busy?")
    return stream.read(1 << 18)


def _pack(stream, path, picture, progress):
    """Write a dump to a gzip file, letting the writers go once it has begun; returns its tables and
    last bytes.
    """
    head = tail = b""
    tables = set()
    with (
        gzip.open(path, "wb", 6) as packed,
        tqdm(unit="B", unit_scale=True, desc="dump", disable=not progress, leave=False) as bar,
    ):
        while block := _read(stream, HELD_SECONDS / 2 if picture.holds else None):
            bar.update(len(block))
            tables.update(TABLE.findall(tail + block))
            tail = (tail + block)[-4096:]
            if picture.holds:
                head += block
                if not tables:
                    continue
                picture.let_go()
                block = head.split(b"\n", 1)[1] if head.startswith(SANDBOX) else head
            packed.write(block)
    return {name.decode().replace("``", "`") for name in tables}, tail
