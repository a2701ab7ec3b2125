#!/usr/bin/env bash
# MySQL 9.7.4 (Debian unstable: mysql-server-core, mysql-client-core 9.7.4-2); MariaDB 10.11.19 and
# 11.8.9 do neither.
#
# 1. REVOKE UPDATE, DELETE ON a table, from a user who holds UPDATE and not DELETE: MySQL refuses with
#    1147 "There is no such grant defined" and takes nothing. Whoever tolerates 1147 ("nothing to take")
#    leaves UPDATE in place. MariaDB takes UPDATE. Only REVOKE IF EXISTS (8.0.30) takes what is held.
# 2. REVOKE ALL PRIVILEGES ON *.*: most expect the global level alone, as with any other privilege and
#    as on MariaDB. MySQL also takes every right on schemas and tables; REVOKE UPDATE ON *.* does not.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 where that very release is not to be
# had: no Debian, or one whose unstable has gone on to another.
set -euo pipefail
version=9.7.4-2
work="$(mktemp -d /tmp/revoke.XXXX)"
server=
trap '[ -z "$server" ] || { kill "$server" && wait "$server" || true; }; rm -rf "$work"' EXIT
as_root=; [ "$(id -u)" != 0 ] || as_root=--user=root

# Unstable's packages with all they need, libc too, unpacked in the temp folder: nothing is
# installed, and neither the machine's packages nor its lists of them are touched.
fetch() {
  local mirror apt
  mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)"
  [ -n "$mirror" ] || { echo "no Debian here" && return 1; }
  mkdir -p "$work"/apt/{state/lists/partial,cache/archives/partial,parts}
  touch "$work/apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror unstable main" >"$work/apt/sources.list"
  apt=(apt-get -q -y -o Dir::State="$work/apt/state" -o Dir::State::status="$work/apt/status" -o Dir::Cache="$work/apt/cache"
    -o APT::Sandbox::User=root -o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts="$work/apt/parts" -o Dir::Etc::PreferencesParts="$work/apt/parts")
  "${apt[@]}" update &&
    "${apt[@]}" --no-install-recommends --download-only install mysql-server-core="$version" mysql-client-core="$version" &&
    for package in "$work"/apt/cache/archives/*.deb; do dpkg -x "$package" "$work/root" || return 1; done
}
fetch >"$work/log" 2>&1 || { cat "$work/log" >&2; echo "MySQL $version is not to be had" >&2; exit 2; }
libraries=("$work"/root/usr/lib/*-linux-gnu)
with_own_libc=("$libraries"/ld-linux-*.so.? --library-path "$libraries")
mysqld=("${with_own_libc[@]}" "$work/root/usr/sbin/mysqld" --no-defaults --basedir="$work/root/usr" --datadir="$work/db" $as_root)
"${mysqld[@]}" --version

"${mysqld[@]}" --initialize-insecure >"$work/log" 2>&1
"${mysqld[@]}" --socket="$work/s" --pid-file="$work/pid" --skip-networking --mysqlx=OFF --secure-file-priv= >>"$work/log" 2>&1 &
server=$!
sql() { "${with_own_libc[@]}" "$work/root/usr/bin/mysql" --no-defaults -uroot --socket="$work/s" -N -B -e "$1" 2>&1; }
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
