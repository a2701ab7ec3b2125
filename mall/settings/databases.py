"""Database and cache options that were tested (dependencies.md, "Embedded profile" and "Database and broker settings")."""

from mall.text_columns import SPOKEN

# Writers queue at BEGIN instead of failing in the middle with "database is locked".
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}

# A frozen Redis costs a page 0.2 s once a second, not 5 s per command; a lost one costs it the cache and nothing else.
CACHE_OPTIONS = {
    "SOCKET_CONNECT_TIMEOUT": 0.2,
    "SOCKET_TIMEOUT": 0.2,
    "IGNORE_EXCEPTIONS": True,
    "REDIS_CLIENT_CLASS": "mall.fuse.FusedRedis",
}


SSL_MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
SSL_FILES = ("ca", "cert", "key", "capath", "cipher")


def mysql_database(config: dict) -> dict:
    """Return a DATABASES entry for a parsed mysql:// URL, with READ COMMITTED and bounded waits.

    How far the server is trusted stands in the URL: ?ssl_mode=…, ?ssl_ca=… (then verified unless
    ssl_mode says less), ssl_cert, ssl_key. Raises: SystemExit for a mode nobody knows.
    """
    options = {
        "charset": "utf8mb4",
        "collation": SPOKEN,  # of literals; columns have their own (mall/collations.py)
        "isolation_level": "read committed",
        "sql_mode": "STRICT_TRANS_TABLES",
        "init_command": "SET SESSION innodb_lock_wait_timeout=3",
        "connect_timeout": 3,
        "read_timeout": 10,
        "write_timeout": 10,
    }
    return {
        **config,
        "ENGINE": "django.db.backends.mysql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, **_with_tls(config.get("OPTIONS", {}))},
    }


def _with_tls(options):
    """Bring ssl_ca and its like into the one mapping mysqlclient takes."""
    files = {name: options[f"ssl_{name}"] for name in SSL_FILES if f"ssl_{name}" in options}
    rest = {name: value for name, value in options.items() if name.removeprefix("ssl_") not in SSL_FILES}
    mode = str(rest.get("ssl_mode", "VERIFY_CA" if "ca" in files else "PREFERRED")).upper()
    if mode not in SSL_MODES:
        raise SystemExit(f"The mall does not start:\n  the database URL's ssl_mode is one of {', '.join(SSL_MODES)}")
    # Without a word mysqlclient prefers TLS and verifies nothing, whichever library it stands on.
    return {**rest, **({"ssl": files} if files else {}), **({"ssl_mode": mode} if mode != "PREFERRED" else {})}
