#!/usr/bin/env bash
# celery 5.6.3, kombu 5.7.0, mysqlclient 2.3.1 beside PyMySQL 1.1.2, MariaDB 10.11.19, Debian's
# redis-server 7.0.15; prefork.
#
# A task with soft_time_limit=2 changes a row that another session keeps locked for 8 seconds.
# Most expect SoftTimeLimitExceeded after 2 seconds and nothing done. By mysqlclient it comes after
# 8, when the statement is over: the signal is told between two steps of
# Python, and the library waits in C and begins its read again when a signal breaks it. The change
# is made (and kept, with autocommit), and the task is told that it failed: whoever catches the
# exception to "give up cleanly" or to retry does the thing twice. A hard limit that lies shorter
# behind the soft one than a lock may wait ends the process before the task hears anything. PyMySQL
# waits in Python and tells it after 2 seconds, but the server knows nothing of that and makes the
# change all the same, once the row is free. What ends a wait in time is innodb_lock_wait_timeout
# (or max_statement_time) below the limit.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 where the servers or the headers
# to build mysqlclient are missing. Takes about half a minute.
set -euo pipefail
PATH="$PATH:/usr/sbin"
for program in mariadbd redis-server; do command -v $program >/dev/null || { echo "no $program here" >&2; exit 2; }; done
work="$(mktemp -d /tmp/soft.XXXX)"
started=()
trap 'for one in "${started[@]}"; do kill -9 "$one" 2>/dev/null; done; wait 2>/dev/null || true; rm -rf "$work"' EXIT
as_root=; [ "$(id -u)" != 0 ] || as_root=--user=root
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check celery==5.6.3 kombu==5.7.0 redis==8.1.0 packaging==25.0 PyMySQL==1.1.2
"$work/venv/bin/pip" install -q --disable-pip-version-check mysqlclient==2.3.1 2>"$work/log" || { tail -n 3 "$work/log" >&2; exit 2; }
mariadb-install-db --no-defaults --datadir="$work/db" --auth-root-authentication-method=normal --skip-test-db --force $as_root >"$work/log" 2>&1
mariadbd --no-defaults --datadir="$work/db" --tmpdir="$work" --socket="$work/s" --pid-file="$work/pid" --skip-networking $as_root >>"$work/log" 2>&1 & started+=($!)
redis-server --port 0 --unixsocket "$work/r" --save "" --dir "$work" >>"$work/log" & started+=($!)
for _ in $(seq 150); do mariadb --no-defaults -uroot -S "$work/s" -e "CREATE DATABASE shop" 2>/dev/null && break; sleep 0.2; done

cat > "$work/app.py" <<'PY'
import os
import threading
import time

import MySQLdb
import pymysql
from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded

WORK = os.environ["WORK"]
app = Celery("app", broker=f"redis+socket://{WORK}/r", backend=f"redis+socket://{WORK}/r")
DRIVERS = {"mysqlclient": MySQLdb, "PyMySQL": pymysql}


def session(driver):
    to_server = driver.connect(unix_socket=f"{WORK}/s", user="root", database="shop")
    to_server.autocommit(True)
    return to_server.cursor()


@app.task(soft_time_limit=2)
def give_points(name):
    cursor, began = session(DRIVERS[name]), time.monotonic()
    open(f"{WORK}/{name} began", "w").close()
    try:
        cursor.execute("UPDATE accounts SET points = points + 10")
    except SoftTimeLimitExceeded:
        return round(time.monotonic() - began)
    return None


def play(name):
    """Seconds until the task heard of its limit, and the points once all is over."""
    other = session(pymysql)
    other.execute("CREATE OR REPLACE TABLE accounts (points INT NOT NULL)")
    other.execute("INSERT INTO accounts VALUES (0)")
    other.execute("BEGIN")
    other.execute("UPDATE accounts SET points = points")
    task = give_points.delay(name)
    while not os.path.exists(f"{WORK}/{name} began"):
        time.sleep(0.05)
    threading.Timer(8, lambda: other.execute("COMMIT")).start()
    heard = task.get(timeout=60)
    time.sleep(10 - min(8, heard))
    other.execute("SELECT points FROM accounts")
    return heard, other.fetchone()[0]


if __name__ == "__main__":
    found = {name: play(name) for name in DRIVERS}
    for name, (heard, points) in found.items():
        print(f"{name}: soft_time_limit=2 was heard after {heard} s; points given: {points}")
    late, early = found["mysqlclient"], found["PyMySQL"]
    raise SystemExit(not (7 <= late[0] and early[0] <= 5 and late[1] == early[1] == 10))
PY
cd "$work"; export WORK="$work"
"$work/venv/bin/celery" -A app worker --concurrency 1 --loglevel warning >"$work/worker" 2>&1 & started+=($!)
"$work/venv/bin/python" app.py
