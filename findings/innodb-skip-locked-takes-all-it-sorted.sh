#!/usr/bin/env bash
# MariaDB 10.11.19 and 11.8.9, MySQL 9.7.4 alike; READ COMMITTED; PyMySQL 1.1.2 asks.
#
# A queue that several workers share: each takes the most urgent row that nobody has,
# SELECT … WHERE state = 'new' ORDER BY urgency LIMIT 1 FOR UPDATE SKIP LOCKED. Most expect the
# first to hold one row and the second to be given the next.
# 1. Where no index brings the rows in that order, the server reads and locks every row of that
#    state, sorts, and gives one: the others stay locked until the transaction ends. The second
#    worker finds an empty queue, without an error and without waiting; forty-nine rows lie there,
#    and however many workers there are, one works. Of rows that do not fit the condition READ
#    COMMITTED lets go, of rows that LIMIT leaves out it does not. An index on (state, urgency)
#    brings the second row. The answer is the same where the index is only not chosen.
# 2. A row that nobody took is passed over as well while another session writes a row that refers
#    to it: the foreign key holds it with a shared lock until that transaction ends.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a server.
set -euo pipefail
PATH="$PATH:/usr/sbin"
command -v mariadbd >/dev/null || { echo "no mariadbd here" >&2; exit 2; }
work="$(mktemp -d /tmp/skip.XXXX)"
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

TAKE = "SELECT id FROM jobs WHERE state = 'new' ORDER BY urgency LIMIT 1 FOR UPDATE SKIP LOCKED"


def session():
    cursor = pymysql.connect(unix_socket=sys.argv[1], user="root", database="shop").cursor()
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    return cursor


def taken(cursor):
    cursor.execute(TAKE)
    return [row[0] for row in cursor.fetchall()]


def let_go(*cursors):
    for cursor in cursors:
        cursor.connection.rollback()


one, two = session(), session()
one.execute("SELECT VERSION()")
print(one.fetchone()[0])
one.execute(
    "CREATE TABLE jobs (id INT PRIMARY KEY, state VARCHAR(9) NOT NULL, urgency INT NOT NULL, KEY (state))"
)
one.execute(
    "CREATE TABLE notes (id INT AUTO_INCREMENT PRIMARY KEY, job INT, FOREIGN KEY (job) REFERENCES jobs (id))"
)
jobs = [(n, "new" if n <= 50 else "done", n) for n in range(1, 1001)]
one.executemany("INSERT INTO jobs VALUES (%s, %s, %s)", jobs)
one.connection.commit()

sorted_ = taken(one), taken(two)
let_go(one, two)
one.execute("CREATE INDEX in_order ON jobs (state, urgency)")
indexed = taken(one), taken(two)
let_go(one, two)
one.execute("INSERT INTO notes (job) VALUES (1)")
referred = taken(two)
let_go(one, two)
print(f"50 jobs, sorted by the server: the first worker gets {sorted_[0]}, the second {sorted_[1]}")
print(f"50 jobs, in an index's order: the first worker gets {indexed[0]}, the second {indexed[1]}")
print(f"nobody took a job, somebody writes a note about job 1: a worker gets {referred}")
sys.exit(not (sorted_ == ([1], []) and indexed == ([1], [2]) and referred == [2]))
PY
"$work/venv/bin/python" "$work/try.py" "$work/s"
