#!/usr/bin/env bash
# MariaDB 10.11.19 and 11.8.9 (Debian packages mariadb-server-core, mariadb-client-core); tried
# beside MySQL 9.7's mysqlbinlog.
#
# Replaying a binary log into a database of another name: `--rewrite-db='shop->copy' --database=…`.
# MySQL's manual says --rewrite-db is applied first, so --database names the NEW name, and
# mysqlbinlog does so. mariadb-binlog compares --database with the OLD name of row events. Asked
# with the new name it leaves every row event out and ends with code 0: a point-in-time restore
# that restores nothing and says nothing. Most expect the documented order of MySQL, or at least
# an error. MariaDB's page on the option gives no order.
#
# Exits 0 as long as it is so, 1 when the behaviour changed.
set -euo pipefail
PATH="$PATH:/usr/sbin"
work="$(mktemp -d /tmp/log.XXXX)"
server=
trap '[ -z "$server" ] || { kill "$server" && wait "$server" || true; }; rm -rf "$work"' EXIT
as_root=; [ "$(id -u)" != 0 ] || as_root=--user=root
export TMPDIR="$work"

# Debian 12's packages, unpacked in the temp folder: nothing is installed, nothing of the
# machine's server is used.
version=1:10.11.19-0+deb12u1
(cd "$work" && apt-get download -q mariadb-server-core="$version" mariadb-client-core="$version" mariadb-client="$version" >apt 2>&1 &&
  for package in *.deb; do dpkg -x "$package" root; done) || { cat "$work/apt" >&2; exit 2; }
PATH="$work/root/usr/bin:$work/root/usr/sbin:$PATH"
base=--basedir="$work/root/usr"

mariadb-install-db --no-defaults $base --datadir="$work/db" --auth-root-authentication-method=normal --skip-test-db --force $as_root >"$work/log" 2>&1
mariadbd --no-defaults $base --datadir="$work/db" --tmpdir="$work" --socket="$work/s" --pid-file="$work/pid" --skip-networking --log-bin="$work/bin" \
  --binlog-format=ROW --server-id=1 $as_root >>"$work/log" 2>&1 &
server=$!
sql() { mariadb --no-defaults -uroot -S "$work/s" -e "$1"; }
for _ in $(seq 150); do sql "SELECT 1" >/dev/null 2>&1 && break; sleep 0.2; done

sql "CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY); FLUSH BINARY LOGS"
sql "INSERT INTO shop.orders VALUES (1); INSERT INTO shop.orders VALUES (2); FLUSH BINARY LOGS"

rows() { # how many row events a replay would do again
  local text
  text="$(mariadb-binlog --no-defaults "$@" "$work/bin.000002")"
  grep -c 'Write_rows: table id' <<<"$text" || true
}
mariadb-binlog --no-defaults --version
old="$(rows --rewrite-db='shop->copy' --database=shop)"
new="$(rows --rewrite-db='shop->copy' --database=copy)"
echo "--rewrite-db='shop->copy' --database=shop: $old row events"
echo "--rewrite-db='shop->copy' --database=copy: $new row events, exit code 0"
[ "$old" = 2 ] && [ "$new" = 0 ]
