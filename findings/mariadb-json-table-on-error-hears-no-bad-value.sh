#!/usr/bin/env bash
# MariaDB 10.11.19 and 11.8.9; tried beside MySQL 9.7.4; strict SQL mode; PyMySQL 1.1.2 asks.
#
# Many rows in one parameter: INSERT … SELECT … FROM JSON_TABLE(…), each column with ERROR ON ERROR
# so that a value which does not fit is refused. MySQL does that (and gives NULL or the DEFAULT …
# ON ERROR where that is written). MariaDB counts an array in a scalar's place as an error, and a
# missing value as empty, but nothing that is wrong with the value itself: "abc" becomes 0,
# 3,000,000,000 becomes the largest INT, a text is cut, and DEFAULT … ON ERROR is passed over as
# well. Strict mode, which refuses the same values in INSERT … VALUES, does not help: the columns
# are a table of the server's own, so there are warnings and the changed values are stored. Take
# every column as VARCHAR, longer than the target, and let the INSERT convert: it is strict.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a server.
set -euo pipefail
PATH="$PATH:/usr/sbin"
command -v mariadbd >/dev/null || { echo "no mariadbd here" >&2; exit 2; }
work="$(mktemp -d /tmp/told.XXXX)"
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

cursor = pymysql.connect(unix_socket=sys.argv[1], user="root", database="shop").cursor()


def tried(statement, *values):
    """Return what is stored afterwards, or the number of the error."""
    try:
        cursor.execute("DELETE FROM entries")
        cursor.execute(statement, values)
        cursor.execute("SELECT points FROM entries")
    except pymysql.MySQLError as error:
        return error.args[0]
    return cursor.fetchone()[0]


def by_table(kind, clause, value):
    columns = f"COLUMNS (v {kind} PATH '$' {clause})"
    return tried(f"INSERT INTO entries SELECT v FROM JSON_TABLE(%s, '$[*]' {columns}) t", f"[{value}]")


cursor.execute("SELECT VERSION(), @@sql_mode")
print(*cursor.fetchone())
found = []
CASES = (("INT", '"abc"'), ("INT", "3000000000"), ("INT", '"7 points"'), ("DECIMAL(6,2)", "123456"))
for kind, value in CASES:
    cursor.execute(f"CREATE OR REPLACE TABLE entries (points {kind} NOT NULL)")
    plain = tried("INSERT INTO entries VALUES (%s)", value.strip('"'))
    refused = by_table(kind, "ERROR ON ERROR", value)
    replaced = by_table(kind, "DEFAULT '-1' ON ERROR", value)
    as_text = by_table("VARCHAR(99)", "ERROR ON ERROR", value)
    shape = by_table(kind, "ERROR ON ERROR", "[1]")
    print(f"{kind} {value}: VALUES {plain}, ERROR ON ERROR {refused}, DEFAULT '-1' ON ERROR {replaced}, as VARCHAR {as_text}; an array: {shape}")
    found.append((str(refused), str(replaced), plain > 1000, as_text > 1000, shape))
cursor.execute("CREATE OR REPLACE TABLE entries (points VARCHAR(99) NOT NULL)")
cut = by_table("VARCHAR(5)", "ERROR ON ERROR", '"REDEEM-1"')
print(f"VARCHAR(5) 'REDEEM-1': {cut}")
kept = ["0", "2147483647", "7", "9999.99"]
sys.exit(found != [(one, one, True, True, 4178) for one in kept] or cut != "REDEE")
PY
"$work/venv/bin/python" "$work/try.py" "$work/s"
