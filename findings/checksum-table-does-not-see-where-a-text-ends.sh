#!/usr/bin/env bash
# MariaDB 10.11.19 and 11.8.9, MySQL 9.7.4 alike; PyMySQL 1.1.2 asks.
#
# CHECKSUM TABLE compares a table with its copy (a restore, a replica, a migration). Most take equal
# sums for equal rows, but for one chance in four thousand million. But
# 1. the bytes of a row's columns go into the sum one after another, texts without their length or
#    anything between them: what moved from the end of one text to the beginning of the next, in
#    every row of the table, leaves the very same sum. A file read with the wrong separator, or a
#    street that slid into the next field, is found to be the same.
# 2. in a snapshot that began before the table was changed by ALTER TABLE, SELECT is told 1412 and
#    CHECKSUM TABLE answers NULL with a warning: two such answers are equal.
# The manuals warn of other storage formats and of other sums in other versions; that equal sums
# may come of systematic differences they do not say.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a server.
set -euo pipefail
PATH="$PATH:/usr/sbin"
command -v mariadbd >/dev/null || { echo "no mariadbd here" >&2; exit 2; }
work="$(mktemp -d /tmp/sum.XXXX)"
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
    cursor = pymysql.connect(unix_socket=sys.argv[1], user="root", database="shop").cursor()
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    return cursor


def ask(cursor, statement):
    """Return the rows, or the number of the error."""
    try:
        cursor.execute(statement)
    except pymysql.MySQLError as error:
        return error.args[0]
    return cursor.fetchall()


here = session()
here.execute("SELECT VERSION()")
print(here.fetchone()[0])
for name in ("addresses", "copied"):
    here.execute(
        f"CREATE TABLE {name} (id INT PRIMARY KEY, city VARCHAR(40) NOT NULL, street VARCHAR(80)"
        " NOT NULL, house VARCHAR(20) NOT NULL)"
    )
rows = [(n, "Hangzhou", f"Lake Road {n}", f" No. {n}") for n in range(1, 1001)]
slid = [(n, city[:4], city[4:] + street + house, "") for n, city, street, house in rows]
here.executemany("INSERT INTO addresses VALUES (%s, %s, %s, %s)", rows)
here.executemany("INSERT INTO copied VALUES (%s, %s, %s, %s)", slid)
here.connection.commit()
same = ask(here, "SELECT COUNT(*) FROM addresses JOIN copied USING (id, city, street, house)")
(_, one), (_, other) = ask(here, "CHECKSUM TABLE addresses, copied EXTENDED")
print(f"1,000 rows, {same[0][0]} of them equal: {one} and {other}")

before = session()
before.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
for name in ("addresses", "copied"):
    here.execute(f"ALTER TABLE {name} ENGINE = InnoDB")
told = ask(before, "SELECT COUNT(*) FROM addresses")
nothing = [row[1] for row in ask(before, "CHECKSUM TABLE addresses, copied")]
print(f"after ALTER TABLE, in an older snapshot: SELECT {told}, CHECKSUM TABLE {nothing}")
sys.exit(not (same[0][0] == 0 and one == other and told == 1412 and nothing == [None, None]))
PY
"$work/venv/bin/python" "$work/try.py" "$work/s"
