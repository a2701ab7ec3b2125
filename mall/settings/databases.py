"""Database and cache options that were tested (docs/reliability.md, "Production settings")."""

from mall import profile
from mall.database.word_columns import SPOKEN

# Writers queue at BEGIN instead of failing in the middle with "database is locked"; those of one
# process in the order in which they came.
SQLITE_ENGINE = "mall.database.sqlite3"
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}

# A frozen Redis costs a page 0.2 s once a second, not 5 s per command; a lost one costs it the
# cache and nothing else.
CACHE_OPTIONS = {
    "SOCKET_CONNECT_TIMEOUT": 0.2,
    "SOCKET_TIMEOUT": 0.2,
    "IGNORE_EXCEPTIONS": True,
    "REDIS_CLIENT_CLASS": "mall.redis.circuit_breaker.BreakerRedis",
}

# How many seconds one thing may wait. A visitor is answered within three whatever the database
# does, and a lock is waited for no longer than an answer, or the link would be cut first. A worker
# or a command has nobody waiting in front of it.
VISITORS = {"connect": 1, "lock": 1, "answer": 2}
JOBS = {"connect": 3, "lock": 3, "answer": 10}
# Cut off in the middle, a change of tables is half done: MySQL and MariaDB take none of it back.
TABLES = {"connect": 3, "lock": 60, "answer": 24 * 3600}


SSL_MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
SSL_FILES = ("ca", "cert", "key", "capath", "cipher")


def mysql_database(config: dict) -> dict:
    """Return a DATABASES entry for a parsed mysql:// URL, with READ COMMITTED and waits as short as
    who waits demands.

    How far the server is trusted stands in the URL: ?ssl_mode=…, ?ssl_ca=… (then verified unless
    ssl_mode says less), ssl_cert, ssl_key. Raises: SystemExit for a mode nobody knows.
    """
    patience = TABLES if profile.changes_tables else JOBS
    if profile.serves_visitors:
        patience = VISITORS
    options = {
        "charset": "utf8mb4",
        "collation": SPOKEN,  # of literals; columns have their own (mall/database/collations.py)
        "isolation_level": "read committed",
        "sql_mode": "STRICT_TRANS_TABLES",
        "init_command": f"SET SESSION innodb_lock_wait_timeout={patience['lock']}",
        "connect_timeout": patience["connect"],
        "read_timeout": patience["answer"],
        "write_timeout": patience["answer"],
    }
    return {
        **config,
        "ENGINE": "mall.database.mysql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, **_with_tls(config.get("OPTIONS", {}))},
    }


def _with_tls(options):
    """Bring ssl_ca and its like into the one mapping mysqlclient takes."""
    files = {name: options[f"ssl_{name}"] for name in SSL_FILES if f"ssl_{name}" in options}
    rest = {
        name: value for name, value in options.items() if name.removeprefix("ssl_") not in SSL_FILES
    }
    mode = str(rest.get("ssl_mode", "VERIFY_CA" if "ca" in files else "PREFERRED")).upper()
    if mode not in SSL_MODES:
        raise SystemExit(
            f"The mall does not start:\n  the database URL's ssl_mode is one of "
            f"{', '.join(SSL_MODES)}"
        )
    # Without a word mysqlclient prefers TLS and verifies nothing, whichever library it stands on.
    return {
        **rest,
        **({"ssl": files} if files else {}),
        **({"ssl_mode": mode} if mode != "PREFERRED" else {}),
    }
