"""A shop's SQLite file: copied while the shop writes, put in place whole."""

import gzip
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

from mall.backups import BackupError

OBJECTS = "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger') ORDER BY 1, 2"
TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
)


class SQLite:
    """One database file."""

    kind, file = "SQLite", "database.sqlite3.gz"

    def __init__(self, config):
        self.config = config
        self.path = Path(config["NAME"])

    def __str__(self):
        return str(self.path)

    def is_empty(self) -> bool:
        """Tell whether nothing is kept there."""
        beside = (self.path, Path(f"{self.path}-wal"))
        return not any(path.exists() and path.stat().st_size for path in beside)

    def dump(self, target, *, progress) -> dict:
        """Write one consistent picture to ``target``/``file``; returns what it holds. Nobody waits.

        Raises: BackupError when there is no shop in the file, or it is damaged.
        """
        copy = target / "copy.sqlite3"
        with self._opened() as shop, closing(sqlite3.connect(copy)) as made:
            shop.execute("BEGIN")  # what is counted and what is copied is one picture
            facts = self._contents(shop)
            if not facts["tables"]:
                raise BackupError(f"{self.path} holds no table: is DATABASE_URL the shop's?")
            shop.backup(made)
        _check(copy)
        with copy.open("rb") as plain, gzip.open(target / self.file, "wb", 6) as packed:
            shutil.copyfileobj(plain, packed, 1 << 20)
        copy.unlink()
        return {**facts, "file": self.file}

    def load(self, archive, *, progress=False, unlogged=False):
        """Put the file of a backup in place, whole or not at all. Raises: BackupError when it is
        damaged.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=".restoring-", dir=self.path.parent)
        try:
            with gzip.open(archive) as packed, os.fdopen(handle, "wb") as plain:
                shutil.copyfileobj(packed, plain, 1 << 20)
                plain.flush()
                os.fsync(plain.fileno())
            _check(draft)
            os.replace(draft, self.path)
        except (EOFError, gzip.BadGzipFile) as error:
            raise BackupError(f"{archive.name} is damaged: {error}") from None
        finally:
            Path(draft).unlink(missing_ok=True)

    def contents(self) -> dict:
        """Return the version, the rows of each table, and the names of views and triggers."""
        with self._opened() as shop:
            return self._contents(shop)

    @contextmanager
    def scratch(self):
        """Give an empty database that goes away."""
        with tempfile.TemporaryDirectory(prefix="mall") as folder:
            yield SQLite({**self.config, "NAME": f"{folder}/scratch.sqlite3"})

    def clear(self):
        """Remove what ``load`` made."""
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)

    def _contents(self, shop):
        tables = [name for (name,) in shop.execute(TABLES)]
        counted = {
            name: {"rows": shop.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]}
            for name in tables
        }
        return {
            "engine": f"SQLite {sqlite3.sqlite_version}",
            "name": str(self.path),
            "tables": counted,
            "rows": sum(table["rows"] for table in counted.values()),
            "objects": [" ".join(found) for found in shop.execute(OBJECTS)],
        }

    @contextmanager
    def _opened(self):
        if not self.path.is_file():
            raise BackupError(
                f"there is no database {self.path}: set DATABASE_URL to the shop's, or "
                f"MALL_PROFILE=production"
            )
        try:
            with closing(
                sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=20)
            ) as shop:
                yield shop
        except sqlite3.Error as error:
            raise BackupError(f"{self.path} cannot be read: {error}") from None


def _check(path):
    try:
        with closing(sqlite3.connect(path)) as copy:
            told = [line for (line,) in copy.execute("PRAGMA integrity_check(3)")]
            if told == ["ok"]:
                told = [
                    f"row {row} of {table} points nowhere"
                    for table, row, *_ in copy.execute("PRAGMA foreign_key_check")
                ][:3]
    except sqlite3.Error as error:
        told = [str(error)]
    if told not in (["ok"], []):
        raise BackupError(f"the database file is damaged: {'; '.join(told)}")
