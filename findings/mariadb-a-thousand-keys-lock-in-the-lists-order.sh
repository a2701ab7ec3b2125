#!/usr/bin/env bash
# MariaDB 10.11.19 and 11.8.9; READ COMMITTED; PyMySQL 1.1.2 asks.
#
# Two sessions lock the same accounts, SELECT … WHERE id IN (…) FOR UPDATE, one names them upwards,
# the other downwards. With up to 999 keys the server reads a range of the primary key: both lock
# in the key's order, whatever the lists say, and never deadlock. Many programs rely on that. From
# the thousandth key on (in_predicate_conversion_threshold = 1000) MariaDB makes a table of the
# list and reads account by account in the order of the list: the same program deadlocks, on the
# day when its batch has grown. ORDER BY another column changes nothing, rows are locked before
# they are sorted; ORDER BY of the key itself is carried out on the list, before anything is
# locked, and helps. UPDATE … WHERE id IN (…) keeps the range. The manual tells of the conversion
# as a matter of speed.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a server.
set -euo pipefail
PATH="$PATH:/usr/sbin"
command -v mariadbd >/dev/null || { echo "no mariadbd here" >&2; exit 2; }
work="$(mktemp -d /tmp/in.XXXX)"
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
import threading

import pymysql


def session():
    to_server = pymysql.connect(unix_socket=sys.argv[1], user="root", database="shop")
    to_server.cursor().execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    return to_server.cursor()


def statement(ids, order):
    listed = ",".join(map(str, ids))
    return f"SELECT id, points FROM accounts WHERE id IN ({listed}) {order} FOR UPDATE"


def lock_again_and_again(ids, order, deadlocks):
    cursor = session()
    for _ in range(60):
        try:
            cursor.execute(statement(ids, order))
            cursor.execute("COMMIT")
        except pymysql.MySQLError as error:
            deadlocks.append(error.args[0])


def deadlocks_of(count, order):
    ids, deadlocks = range(3000, 3000 + count), []
    both = [
        threading.Thread(target=lock_again_and_again, args=(named, order, deadlocks))
        for named in (ids, ids[::-1])
    ]
    [thread.start() for thread in both]
    [thread.join() for thread in both]
    assert set(deadlocks) <= {1213}, deadlocks
    asked = session()
    asked.execute(f"EXPLAIN {statement(ids[::-1], order)}")
    plan = " + ".join(str(row[3]) for row in asked.fetchall() if row[2] == "accounts")
    print(f"{count} keys, {order or 'no ORDER BY'}: {plan}, {len(deadlocks)} deadlocks of 120")
    return bool(deadlocks)


made = session()
made.execute("SELECT VERSION()")
print(made.fetchone()[0])
made.execute("CREATE TABLE accounts (id INT PRIMARY KEY, points INT NOT NULL DEFAULT 0)")
made.execute("INSERT INTO accounts (id) SELECT seq FROM seq_1_to_20000")
made.execute("COMMIT")
made.execute("ANALYZE TABLE accounts")
found = [
    deadlocks_of(999, ""),
    deadlocks_of(1000, ""),
    deadlocks_of(1000, "ORDER BY points"),
    deadlocks_of(1000, "ORDER BY id"),
]
sys.exit(found != [False, True, True, False])
PY
"$work/venv/bin/python" "$work/try.py" "$work/s"
