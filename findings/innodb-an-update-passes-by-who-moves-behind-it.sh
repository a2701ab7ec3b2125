#!/usr/bin/env bash
# MariaDB 10.11.19 and 11.8.9, MySQL 9.7.4 alike; READ COMMITTED; PyMySQL 1.1.2 asks.
#
# Everybody with 1,000 points or more gets a bonus: one UPDATE, which reads the index on points. On
# its way it waits for one member, whom another transaction holds. That transaction also takes
# points from a member further up: from 3,000 down to 1,005. Most expect a statement to see one
# moment: the member qualified before and qualifies afterwards, so the bonus comes either way. In
# truth an UPDATE (as any locking read) takes each row as it is when it gets there: the member has
# moved to a place that is passed already, at the old place nobody is left, and no bonus is given.
# SELECT … FOR UPDATE loses the row alike, so a sum under locks is too small. A plain SELECT, of a
# snapshot, finds all. So does the statement that reads the primary key, in which nobody moves; so
# the answer hangs on the plan. REPEATABLE READ holds the gaps: one of the two ends with 1213.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a server.
set -euo pipefail
PATH="$PATH:/usr/sbin"
command -v mariadbd >/dev/null || { echo "no mariadbd here" >&2; exit 2; }
work="$(mktemp -d /tmp/moves.XXXX)"
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
import time

import pymysql

BONUS = "UPDATE members {} SET bonus = 1 WHERE points >= 1000"
LOCKED = "SELECT id FROM members WHERE points >= 1000 FOR UPDATE"
PLAIN = "SELECT id FROM members WHERE points >= 1000"
FOUND = "SELECT id FROM members WHERE bonus = 1 ORDER BY id"


def session(isolation):
    cursor = pymysql.connect(unix_socket=sys.argv[1], user="root", database="shop").cursor()
    cursor.execute(f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}")
    return cursor


def carry_out(cursor, statement, done):
    """Note whom a statement finds, or the number of its error."""
    try:
        cursor.execute(statement)
        if statement.startswith("UPDATE"):
            cursor.execute(FOUND)
        done += sorted(row[0] for row in cursor.fetchall())
        cursor.connection.commit()
    except pymysql.MySQLError as error:
        done.append(error.args[0])


def waits(watcher):
    watcher.execute("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")
    return watcher.fetchone()[0] > 0


def found_by(statement, isolation="READ COMMITTED"):
    """Return whom it finds of members 1, 2 and 3, who have enough all the time."""
    mover, other, watcher, done = session(isolation), session(isolation), session(isolation), []
    mover.execute("UPDATE members SET points = 1000 * id, bonus = 0 WHERE id <= 3")
    mover.execute("UPDATE members SET bonus = 0")
    mover.connection.commit()
    mover.execute("UPDATE members SET points = points + 1 WHERE id = 2")
    thread = threading.Thread(target=carry_out, args=(other, statement, done))
    thread.start()
    for _ in range(100):
        if not thread.is_alive() or waits(watcher):
            break
        time.sleep(0.02)
    told = "3 moved"
    try:
        mover.execute("UPDATE members SET points = 1005 WHERE id = 3")
        mover.connection.commit()
    except pymysql.MySQLError as error:
        told = f"whoever moves 3 is told {error.args[0]}"
    thread.join()
    print(f"{isolation}: {statement}: {told}, found {done}")
    return done, told


made = session("READ COMMITTED")
made.execute("SELECT VERSION()")
print(made.fetchone()[0])
made.execute(
    "CREATE TABLE members (id INT PRIMARY KEY, points INT NOT NULL, bonus INT NOT NULL DEFAULT 0,"
    " KEY by_points (points))"
)
made.executemany("INSERT INTO members (id, points) VALUES (%s, 0)", [[n] for n in range(1, 2001)])
made.connection.commit()
made.execute("ANALYZE TABLE members")
everybody, passed_by = [1, 2, 3], [1, 2]
as_told = found_by(BONUS.format("FORCE INDEX (by_points)"))[0] == passed_by
as_told &= found_by(LOCKED.replace("members", "members FORCE INDEX (by_points)"))[0] == passed_by
as_told &= found_by(PLAIN)[0] == everybody
as_told &= found_by(BONUS.format("IGNORE INDEX (by_points)"))[0] == everybody
done, told = found_by(BONUS.format("FORCE INDEX (by_points)"), "REPEATABLE READ")
as_told &= 1213 in done or "1213" in told
sys.exit(0 if as_told else 1)
PY
"$work/venv/bin/python" "$work/try.py" "$work/s"
