#!/bin/sh
# Runs once, when the database is made (/docker-entrypoint-initdb.d): one user for each purpose.
#   mall_migrate  changes tables and hands out rights (the migrate service only)
#   mall          web, worker and beat: no UPDATE and no DELETE on rows that are only ever added
#   mall_read     reports, exports, the replica: SELECT
#   mall_watch    the exporter of Prometheus: the server's counters, and no right at all (only with MALL_WATCH_PASSWORD)
#   mall_backup   reads everything, restores into mall_scratch_… beside it; made when MALL_BACKUP_PASSWORD is set
# The rights of mall and mall_read are given table by table by `manage.py grant_tables`, after every migrate.
# For a database that was made earlier run it by hand; whoever exists keeps his password:
#   docker compose exec mysql sh /docker-entrypoint-initdb.d/users.sh
# Each password may lie in a file instead: MALL_PASSWORD_FILE and so on.
set -eu

password() { # of a name: from its variable or its file, ready to stand between SQL quotes
  file=$(printenv "$1_FILE") || file=/dev/null
  value=$(printenv "$1") || value=$(cat "$file")
  [ -n "$value" ] || { echo "users.sh: $1 (or $1_FILE) is missing" >&2 && return 1; }
  printf '%s' "$value" | sed "s/[\\\\']/\\\\&/g"
}

migrate=$(password MYSQL_MIGRATE_PASSWORD)
app=$(password MALL_PASSWORD)
reader=$(password MALL_READ_PASSWORD)
# Never as an argument: the list of processes is everybody's to read.
export MYSQL_PWD="${MYSQL_ROOT_PASSWORD:-$(cat "${MYSQL_ROOT_PASSWORD_FILE:-/dev/null}")}"
mysql --protocol=socket -uroot <<SQL
CREATE USER IF NOT EXISTS 'mall_migrate'@'%' IDENTIFIED BY '$migrate';
GRANT ALL PRIVILEGES ON \`$MYSQL_DATABASE\`.* TO 'mall_migrate'@'%' WITH GRANT OPTION;
CREATE USER IF NOT EXISTS 'mall'@'%' IDENTIFIED BY '$app';
CREATE USER IF NOT EXISTS 'mall_read'@'%' IDENTIFIED BY '$reader';
SQL
if [ -n "${MALL_WATCH_PASSWORD:-}${MALL_WATCH_PASSWORD_FILE:-}" ]; then
  watch=$(password MALL_WATCH_PASSWORD)
  mysql --protocol=socket -uroot <<SQL
CREATE USER IF NOT EXISTS 'mall_watch'@'%' IDENTIFIED BY '$watch' WITH MAX_USER_CONNECTIONS 3;
SQL
fi
[ -n "${MALL_BACKUP_PASSWORD:-}${MALL_BACKUP_PASSWORD_FILE:-}" ] || exit 0
backup=$(password MALL_BACKUP_PASSWORD)
# RELOAD: the moment between two changes; REPLICATION CLIENT: where the binary log stands then; the third, which MySQL
# and MariaDB each read as the one they know: the rehearsal stays out of that log. In a grant _ stands for any letter
# unless it is escaped.
mysql --protocol=socket -uroot <<SQL
CREATE USER IF NOT EXISTS 'mall_backup'@'%' IDENTIFIED BY '$backup';
GRANT RELOAD, REPLICATION CLIENT /*!80014 , SESSION_VARIABLES_ADMIN */ /*M! , BINLOG ADMIN */ ON *.* TO 'mall_backup'@'%';
GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON \`$MYSQL_DATABASE\`.* TO 'mall_backup'@'%';
GRANT ALL PRIVILEGES ON \`$MYSQL_DATABASE\\_scratch\\_%\`.* TO 'mall_backup'@'%';
SQL
