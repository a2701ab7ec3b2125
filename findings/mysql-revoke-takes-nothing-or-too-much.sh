#!/usr/bin/env bash
# MySQL 9.7.4 (Debian unstable, package mysql-server-core); MariaDB 10.11.19 and 11.8.9 do neither.
#
# 1. REVOKE UPDATE, DELETE ON a table, from a user who holds UPDATE and not DELETE: MySQL refuses with
#    1147 "There is no such grant defined" and takes nothing. Whoever tolerates 1147 ("nothing to take")
#    leaves UPDATE in place. MariaDB takes UPDATE. Only REVOKE IF EXISTS (8.0.30) takes what is held.
# 2. REVOKE ALL PRIVILEGES ON *.*: most expect the global level alone, as with any other privilege and
#    as on MariaDB. MySQL also takes every right on schemas and tables; REVOKE UPDATE ON *.* does not.
#
# MYSQLD and MYSQL name the server and a client where they are not the ones in PATH; RELEASE another
# release than the one this was seen on, to look whether it still is so there.
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a MySQL server of that
# release.
set -euo pipefail
PATH="$PATH:/usr/sbin"
MYSQLD="${MYSQLD:-mysqld}" MYSQL="${MYSQL:-mysql}" RELEASE="${RELEASE:-9.7.4}"
version="$("$MYSQLD" --version)" && [[ "$version" != *MariaDB* ]] || { echo "no MySQL server: say MYSQLD=path" >&2; exit 2; }
[[ "$version" == *" $RELEASE"* ]] || { echo "$version: this tells of $RELEASE; say RELEASE=…" >&2; exit 2; }
echo "$version"
work="$(mktemp -d /tmp/revoke.XXXX)"
server=
trap '[ -z "$server" ] || { kill "$server" && wait "$server" || true; }; rm -rf "$work"' EXIT
as_root=; [ "$(id -u)" != 0 ] || as_root=--user=root

"$MYSQLD" --no-defaults --initialize-insecure --datadir="$work/db" $as_root >"$work/log" 2>&1
"$MYSQLD" --no-defaults --datadir="$work/db" --socket="$work/s" --pid-file="$work/pid" --skip-networking --mysqlx=OFF \
  --secure-file-priv= $as_root >>"$work/log" 2>&1 &
server=$!
sql() { "$MYSQL" --no-defaults -uroot --socket="$work/s" -N -B -e "$1" 2>&1; }
for _ in $(seq 150); do sql "SELECT 1" >/dev/null && break; sleep 0.2; done
held() { sql "SHOW GRANTS FOR u" | grep -v 'USAGE ON \*' || true; }
anew() { sql "DROP USER IF EXISTS u; CREATE USER u; GRANT SELECT, UPDATE ON shop.entries TO u"; }

sql "CREATE DATABASE shop; CREATE TABLE shop.entries (id INT)"

anew
echo "-- REVOKE UPDATE, DELETE ON shop.entries FROM u"
told="$(sql "REVOKE UPDATE, DELETE ON shop.entries FROM u" || true)"
list="$(held)"
echo "$told"; echo "$list"

anew
sql "REVOKE IF EXISTS UPDATE, DELETE ON shop.entries FROM u" >/dev/null
tolerant="$(held)"
echo "-- REVOKE IF EXISTS UPDATE, DELETE ON shop.entries FROM u"; echo "$tolerant"

anew
sql "GRANT ALL PRIVILEGES ON *.* TO u; REVOKE ALL PRIVILEGES ON *.* FROM u"
everything="$(held)"
echo "-- GRANT, then REVOKE ALL PRIVILEGES ON *.*: what is left of the rights on shop.entries: ${everything:-nothing}"

[[ "$told" == *1147* && "$list" == *"SELECT, UPDATE"* && "$tolerant" == *"GRANT SELECT ON"* && -z "$everything" ]]
