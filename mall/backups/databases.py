"""Which database is backed up: the one the shop's settings name, whatever engine it has."""

import os
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.utils import load_backend
from environ import Env

from mall.backups import BackupError
from mall.backups.mysql import MySQL
from mall.backups.sqlite import SQLite
from mall.settings.databases import SQLITE_OPTIONS, mysql_database

ENGINES = {"mysql": MySQL, "sqlite": SQLite}
SCHEMES = "mysql://user:password@host/name or sqlite:////a/file"
# Never the parser's own words: they quote what stands where it looked for a port, the password.
UNREADABLE = (
    f"a database URL cannot be read: write {SCHEMES}, and what is neither letter nor "
    f"digit in a password as %40 (for @) and so on"
)


def shop() -> MySQL | SQLite:
    """Return the database of the shop's settings.

    Raises: BackupError when the environment names another one, or none where one must be named.
    """
    try:
        config = connections["default"].settings_dict
    except ImproperlyConfigured as error:
        raise BackupError(f"the settings name no database: {error}") from None
    url = os.environ.get("DATABASE_URL", "").strip()
    engine = _engine(config)
    if url and engine is not _scheme(url):
        raise BackupError(
            f"DATABASE_URL begins with {urlsplit(url).scheme}:// but {settings.SETTINGS_MODULE} "
            f"uses {engine.__name__}"
        )
    if engine is SQLite and os.environ.get("MALL_PROFILE") == "production":
        raise BackupError(f"DATABASE_URL is missing: name the shop's database, {SCHEMES}")
    return engine(config)


def named(url) -> MySQL | SQLite:
    """Return the database of a URL. Raises: BackupError when it makes no sense."""
    engine = _scheme(url)
    try:
        config = Env.db_url_config(url)
    except ValueError:
        raise BackupError(UNREADABLE) from None
    config = mysql_database(config) if engine is MySQL else {**config, "OPTIONS": SQLITE_OPTIONS}
    if not config["NAME"]:
        raise BackupError(f"a database URL names no database: write {SCHEMES}")
    return engine(config)


@contextmanager
def speaking_to(database):
    """Let the whole application read and write another database of the same kind."""
    own = connections["default"]
    own.close()
    config = {**own.settings_dict, "CONN_MAX_AGE": 0, **database.config}
    other = load_backend(config["ENGINE"]).DatabaseWrapper(config, "default")
    connections["default"] = other
    try:
        yield
    finally:
        other.close()
        connections["default"] = own


def _scheme(url):
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        raise BackupError(UNREADABLE) from None
    if scheme not in ENGINES:
        raise BackupError(
            f"a database URL begins with {scheme or 'nothing'}://, and the mall knows {SCHEMES}"
        )
    return ENGINES[scheme]


def _engine(config):
    for name, engine in ENGINES.items():
        if name in config.get("ENGINE", ""):
            return engine
    raise BackupError(f"the settings name a database of another kind: write {SCHEMES}")
