#!/usr/bin/env bash
# MariaDB 10.11.19 and 11.8.9, MySQL 9.7.4 alike; READ COMMITTED; PyMySQL 1.1.2 asks.
#
# A row is inserted whose key is known already: the usual way to do a thing once (a unique number
# of the request, INSERT IGNORE or ON DUPLICATE KEY UPDATE). Most expect READ COMMITTED to lock no
# gaps, so that nobody else waits. But where the key is a UNIQUE index beside the primary key, the
# check for duplicates locks the known row with the gap before it until the transaction ends: the
# new, unknown key of a stranger that sorts there waits. So it is even after the error 1062, and
# after ROLLBACK TO SAVEPOINT of that insert in a transaction that wrote before. With the number as the primary key, or looked
# for first (INSERT … SELECT … WHERE NOT EXISTS), nobody waits. The manuals say that gap locks are
# off "except for foreign-key constraint checking and duplicate-key checking" and leave it there.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a server.
set -euo pipefail
PATH="$PATH:/usr/sbin"
command -v mariadbd >/dev/null || { echo "no mariadbd here" >&2; exit 2; }
work="$(mktemp -d /tmp/gap.XXXX)"
server=
trap '[ -z "$server" ] || { kill "$server" && wait "$server" || true; }; rm -rf "$work"' EXIT
as_root=; [ "$(id -u)" != 0 ] || as_root=--user=root
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check PyMySQL==1.1.2
mariadb-install-db --no-defaults --datadir="$work/db" --auth-root-authentication-method=normal --skip-test-db --force $as_root >"$work/log" 2>&1
mariadbd --no-defaults --datadir="$work/db" --tmpdir="$work" --socket="$work/s" --pid-file="$work/pid" --skip-networking $as_root >>"$work/log" 2>&1 &
server=$!
for _ in $(seq 150); do mariadb --no-defaults -uroot -S "$work/s" -e "CREATE DATABASE shop" 2>/dev/null && break; sleep 0.2; done

cat > "$work/try.py" <<'PY'
import sys

import pymysql


def session():
    to_server = pymysql.connect(unix_socket=sys.argv[1], user="root", database="shop")
    cursor = to_server.cursor()
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    cursor.execute("SET SESSION innodb_lock_wait_timeout = 2")
    return cursor


def tried(cursor, statement):
    try:
        cursor.execute(statement)
    except pymysql.MySQLError as error:
        return error.args[0]
    return 0


def stranger_waits(key, ways):
    """Whether m20, known to nobody, waits while a transaction met m30, that is there."""
    first, stranger = session(), session()
    tried(first, "DROP TABLE IF EXISTS requests")
    first.execute(f"CREATE TABLE requests ({key}, n INT NOT NULL DEFAULT 0)")
    first.execute("INSERT INTO requests (k) VALUES ('m10'), ('m30'), ('m50')")
    first.execute("COMMIT")
    for way in ways:
        tried(first, way)
    waits = tried(stranger, "INSERT INTO requests (k) VALUES ('m20')") == 1205
    for cursor in (first, stranger):
        cursor.execute("ROLLBACK")
        cursor.connection.close()
    return waits


BESIDE = "id INT AUTO_INCREMENT PRIMARY KEY, k VARCHAR(9) NOT NULL UNIQUE"
PRIMARY = "k VARCHAR(9) PRIMARY KEY"
PLAIN = "INSERT INTO requests (k) VALUES ('m30')"
OTHER = "INSERT INTO requests (k) VALUES ('m99')"
WAYS = {
    "INSERT, 1062": [PLAIN],
    "INSERT, 1062, ROLLBACK TO SAVEPOINT": [OTHER, "SAVEPOINT s", PLAIN, "ROLLBACK TO SAVEPOINT s"],
    "INSERT IGNORE": ["INSERT IGNORE INTO requests (k) VALUES ('m30')"],
    "ON DUPLICATE KEY UPDATE": [f"{PLAIN} ON DUPLICATE KEY UPDATE n = n"],
}
LOOKED = "INSERT INTO requests (k) SELECT 'm30' FROM DUAL WHERE NOT EXISTS"
LOOKED += " (SELECT 1 FROM requests WHERE k = 'm30')"
as_told = True
for name, ways in WAYS.items():
    found = stranger_waits(BESIDE, ways), stranger_waits(PRIMARY, ways)
    print(f"{name}: a stranger's new key waits: unique {found[0]}, primary {found[1]}")
    as_told &= found == (True, False)
found = stranger_waits(BESIDE, [LOOKED])
print(f"looked for first: a stranger's new key waits: unique {found}")
sys.exit(0 if as_told and not found else 1)
PY
"$work/venv/bin/python" "$work/try.py" "$work/s"
