#!/usr/bin/env bash
# MariaDB 10.11.19 and 11.8.9 (Debian packages mariadb-server-core, mariadb-client-core).
#
# The documented way back to a moment: `mariadb-binlog --rewrite-db='shop->copy' bin.000002 |
# mariadb`, here into a database of another name on the same server, to look at what was lost
# while the shop goes on. mariadb-binlog prints `SET @@session.gtid_seq_no=…` before each
# transaction, so the server writes what it does again into its own binary log under the OLD
# numbers, lower than those before them. From then on mariadb-binlog itself refuses that log
# ("Found out of order GTID", code not 0): one rehearsal on the living server, and the next
# recovery from its log fails. gtid_strict_mode, which would refuse the replay, is off by default.
# Most expect new transactions to get new numbers, or the reader to read what its own server
# wrote. MySQL's mysqlbinlog has --skip-gtids for this; mariadb-binlog has no such option: leave
# those three SET statements out. A log that is spoiled already is read with
# --skip-gtid-strict-mode (mariadb-binlog's strictness is on, the server's is off).
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
mariadbd --no-defaults $base --datadir="$work/db" --tmpdir="$work" --socket="$work/s" --pid-file="$work/pid" --skip-networking \
  --log-bin="$work/bin" --binlog-format=ROW --server-id=1 $as_root >>"$work/log" 2>&1 &
server=$!
client() { mariadb --no-defaults -uroot -S "$work/s" "$@"; }
for _ in $(seq 150); do client -e "SELECT 1" >/dev/null 2>&1 && break; sleep 0.2; done

client -e "CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY);
  CREATE DATABASE copy; CREATE TABLE copy.orders (id INT PRIMARY KEY); FLUSH BINARY LOGS"
client -e "INSERT INTO shop.orders VALUES (1); INSERT INTO shop.orders VALUES (2); FLUSH BINARY LOGS"
mariadb --version
client -N -e "SELECT CONCAT('gtid_strict_mode = ', @@gtid_strict_mode)"

read_again() { mariadb-binlog --no-defaults "$work"/bin.00000[23] 2>&1 >/dev/null && echo "read, code 0" || echo "refused, code $?"; }
echo "before: $(read_again)"
mariadb-binlog --no-defaults --rewrite-db='shop->copy' --database=shop "$work/bin.000002" | client
client -N -e "SELECT CONCAT(COUNT(*), ' rows done again') FROM copy.orders; FLUSH BINARY LOGS"
after="$(read_again)"
echo "after: $after"
[[ "$after" == *"out of order GTID"*refused* ]]
