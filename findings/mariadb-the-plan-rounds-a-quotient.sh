#!/usr/bin/env bash
# MariaDB 10.11.19 and 11.8.9; tried beside MySQL 9.7.4; PyMySQL 1.1.2 asks.
#
# A third of 300 points: 300 * (1 / 3) is 100.0000, because a quotient of whole numbers carries nine
# places through the expression and shows four (div_precision_increment). Give it a name in a
# subquery or a WITH, and most expect the same. It is the same as long as the server merges the
# subquery into the query around it. As soon as it keeps it as a table of its own (LIMIT, DISTINCT,
# GROUP BY, a view with TEMPTABLE, optimizer_switch) the column has four places and 0.3333 goes on:
# 99.9900, ten points less for a thousand members. A LIMIT that leaves nothing out, or a setting
# meant for speed, changes how many points members get. MySQL 9.7.4 rounds each quotient to four
# places at once, (1 / 3) * 300 is 99.9900 everywhere, so MariaDB in place of MySQL changes sums, too. Multiply first and divide last, CAST
# the dividend to as many places as are needed, or divide outside SQL.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a server.
set -euo pipefail
PATH="$PATH:/usr/sbin"
command -v mariadbd >/dev/null || { echo "no mariadbd here" >&2; exit 2; }
work="$(mktemp -d /tmp/share.XXXX)"
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


def total(inner, share="weight / whole", expression="points * share"):
    """Return the points that all members get together."""
    query = f"SELECT SUM({expression}) FROM (SELECT points, {share} AS share FROM members {inner}) t"
    cursor.execute(query)
    return f"{cursor.fetchone()[0]:.4f}"


cursor.execute("SELECT VERSION(), @@div_precision_increment")
print(*cursor.fetchone())
cursor.execute("CREATE TABLE members (id INT PRIMARY KEY, points INT, weight INT, whole INT)")
cursor.executemany("INSERT INTO members VALUES (%s, 300, 1, 3)", [[n] for n in range(1, 1001)])
found = {
    "as it is": total(""),
    "LIMIT 1000 of 1,000 rows": total("LIMIT 1000"),
    "GROUP BY the primary key": total("GROUP BY id"),
    "LIMIT, the dividend with 20 places": total("LIMIT 1000", "CAST(weight AS DECIMAL(30, 20)) / whole"),
    "LIMIT, divided last": total("LIMIT 1000", "points * weight", "share / 3"),
}
cursor.execute("SET SESSION optimizer_switch = 'derived_merge=off'")
found["derived_merge=off"] = total("")
for how, points in found.items():
    print(f"a third of 300 points for 1,000 members, {how}: {points}")
nine, rounded, whole = "99999.9999", "99990.0000", "100000.0000"
sys.exit(list(found.values()) != [nine, rounded, rounded, whole, whole, rounded])
PY
"$work/venv/bin/python" "$work/try.py" "$work/s"
