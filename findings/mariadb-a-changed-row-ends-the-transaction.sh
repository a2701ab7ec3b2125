#!/usr/bin/env bash
# MariaDB 10.11.19 with innodb_snapshot_isolation = ON, and 11.8.9, where it is the default (since
# 11.6.2); REPEATABLE READ, the server's default; PyMySQL 1.1.2 asks.
#
# A row is read, another session changes it, the first locks it (SELECT … FOR UPDATE). Without
# snapshot isolation it is given the row as it is now. With it the answer is error 1020 "Record
# has changed since last read". Most take that for the failure of one statement, like the time-out
# 1205 or the duplicate 1062: roll back to the savepoint, read again. In truth the server has
# rolled the whole transaction back: @@in_transaction is 0, savepoints are gone (1305), what was
# written before is lost, and what is written next is another transaction, so that a program that
# goes on keeps the second half of its work without the first. READ COMMITTED knows no 1020.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a server that knows it.
set -euo pipefail
PATH="$PATH:/usr/sbin"
command -v mariadbd >/dev/null || { echo "no mariadbd here" >&2; exit 2; }
work="$(mktemp -d /tmp/row.XXXX)"
server=
trap '[ -z "$server" ] || { kill "$server" && wait "$server" || true; }; rm -rf "$work"' EXIT
as_root=; [ "$(id -u)" != 0 ] || as_root=--user=root
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check PyMySQL==1.1.2
mariadb-install-db --no-defaults --datadir="$work/db" --auth-root-authentication-method=normal --skip-test-db --force $as_root >"$work/log" 2>&1
mariadbd --no-defaults --datadir="$work/db" --tmpdir="$work" --socket="$work/s" --pid-file="$work/pid" --skip-networking $as_root >>"$work/log" 2>&1 &
server=$!
sql() { mariadb --no-defaults -uroot -S "$work/s" -N -e "$1"; }
for _ in $(seq 150); do sql "CREATE DATABASE shop" 2>/dev/null && break; sleep 0.2; done
sql "SELECT VERSION()"
sql "SET SESSION innodb_snapshot_isolation = ON" 2>/dev/null || { echo "too old to know it" >&2; exit 2; }

cat > "$work/try.py" <<'PY'
import sys

import pymysql


def session(snapshot):
    to_server = pymysql.connect(unix_socket=sys.argv[1], user="root", database="shop")
    to_server.cursor().execute(f"SET SESSION innodb_snapshot_isolation = {snapshot}")
    to_server.cursor().execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    return to_server.cursor()


def tried(cursor, statement):
    try:
        cursor.execute(statement)
    except pymysql.MySQLError as error:
        return error.args[0]
    return [row[0] for row in cursor.fetchall()]


def lock_after_a_read(snapshot):
    first, other = session(snapshot), session(snapshot)
    tried(first, "DROP TABLE IF EXISTS accounts")
    first.execute("CREATE TABLE accounts (id INT PRIMARY KEY, points INT NOT NULL)")
    first.execute("INSERT INTO accounts VALUES (1, 100)")
    first.execute("COMMIT")

    first.execute("INSERT INTO accounts VALUES (2, 0)")  # the first half of its work
    first.execute("SAVEPOINT here")
    first.execute("SELECT points FROM accounts WHERE id = 1")
    other.execute("UPDATE accounts SET points = 70 WHERE id = 1")
    other.execute("COMMIT")
    locked = tried(first, "SELECT points FROM accounts WHERE id = 1 FOR UPDATE")
    is_open = tried(first, "SELECT @@in_transaction")
    back = tried(first, "ROLLBACK TO SAVEPOINT here")
    first.execute("INSERT INTO accounts VALUES (3, 0)")  # and the second
    first.execute("COMMIT")
    kept = tried(other, "SELECT id FROM accounts ORDER BY id")
    print(f"snapshot isolation {snapshot}: FOR UPDATE {locked}, in transaction {is_open},", end=" ")
    print(f"ROLLBACK TO SAVEPOINT {back or 'done'}, rows at the end {kept}")
    return locked, is_open, back, kept


plain = lock_after_a_read("OFF") == ([70], [1], [], [1, 2, 3])
sys.exit(0 if plain and lock_after_a_read("ON") == (1020, [0], 1305, [1, 3]) else 1)
PY
"$work/venv/bin/python" "$work/try.py" "$work/s"
