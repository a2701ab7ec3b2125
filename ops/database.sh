# What ops/backup, ops/restore and ops/drill share. Sourced, with the repository as working directory.

say() { echo "mall: $*" >&2; }
fail() {
  say "$1"
  exit 1
}

if [ -z "${DATABASE_URL:-}${DATABASE_URL_FILE:-}" ]; then
  for values in .env mall.env; do
    [ ! -f $values ] || { set -a && . ./$values && set +a; }
  done
fi
PYTHON="${PYTHON:-.venv/bin/python}"
[ -x "$(command -v "$PYTHON")" ] || PYTHON=python3

field() { # one part of DATABASE_URL: engine, name, user, password, host, port, unix_socket
  "$PYTHON" - "$1" <<'PY'
import os, sys
from urllib.parse import parse_qs, unquote, urlsplit

given, path = os.environ.get("DATABASE_URL"), os.environ.get("DATABASE_URL_FILE")
if path and not given:
    with open(path) as file:
        given = file.read().strip()
url = urlsplit(given or "sqlite:///var/mall.sqlite3")
parts = {
    "engine": {"mysql": "mysql", "sqlite": "sqlite"}.get(url.scheme, ""),
    "name": unquote(url.path[1:]),
    "user": unquote(url.username or ""),
    "password": unquote(url.password or ""),
    "host": url.hostname or "localhost",
    "port": str(url.port or 3306),
    "unix_socket": parse_qs(url.query).get("unix_socket", [""])[0],
}
print(parts[sys.argv[1]])
PY
}

engine() {
  local found
  found="$(field engine)"
  [ -n "$found" ] || fail "DATABASE_URL begins with mysql:// or sqlite://"
  echo "$found"
}

client() { # a MySQL program with the shop's sign-in, kept out of the list of processes
  local program="$1" options
  shift
  options="$(mktemp)"
  chmod 600 "$options"
  {
    echo "[client]"
    printf 'user="%s"\npassword="%s"\n' "$(field user)" "$(field password)"
    if [ -n "$(field unix_socket)" ]; then
      printf 'socket="%s"\n' "$(field unix_socket)"
    else
      printf 'host="%s"\nport=%s\n' "$(field host)" "$(field port)"
    fi
  } >"$options"
  local code=0
  "$program" --defaults-extra-file="$options" "$@" || code=$?
  rm -f "$options"
  return $code
}

either() { command -v "$1" || command -v "$2" || fail "neither $1 nor $2 is installed: the client programs of MariaDB or MySQL are needed"; }

dump_mysql() { # one picture in one transaction; ordered rows and no date, so that equal contents make equal dumps
  client "$(either mariadb-dump mysqldump)" --single-transaction --quick --skip-lock-tables --order-by-primary --hex-blob \
    --skip-dump-date --no-tablespaces --default-character-set=utf8mb4 "$(field name)"
}

load_mysql() { client "$(either mariadb mysql)" --default-character-set=utf8mb4 "$(field name)"; }

copy_sqlite() {
  "$PYTHON" - "$(field name)" "$1" <<'PY'
import sqlite3, sys
from contextlib import closing

with closing(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)) as shop, closing(sqlite3.connect(sys.argv[2])) as copy:
    shop.backup(copy)
PY
}

place_sqlite() {
  mkdir -p "$(dirname "$(field name)")"
  gunzip -c "$1" >"$(field name)"
}

is_empty() {
  if [ "$(engine)" = sqlite ]; then
    [ ! -s "$(field name)" ]
  else
    [ "$(client "$(either mariadb mysql)" -N -B -e "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '$(field name)'")" = 0 ]
  fi
}

fingerprint() { # of every row of a backup
  if [ -f "$1/database.sql.gz" ]; then
    gunzip -c "$1/database.sql.gz" | grep -v -e '^--' -e '^/\*M!' | sha256sum
  else
    gunzip -c "$1/database.sqlite3.gz" >"$1/rows.sqlite3"
    "$PYTHON" -c 'import sqlite3, sys; [print(line) for line in sqlite3.connect(sys.argv[1]).iterdump()]' "$1/rows.sqlite3" | sha256sum
    rm "$1/rows.sqlite3"
  fi
}
