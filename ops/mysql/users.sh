#!/bin/sh
# Runs once, when the database is made (/docker-entrypoint-initdb.d): three users, each for one purpose.
#   mall_migrate  changes tables and hands out rights (the migrate service only)
#   mall          web, worker and beat: no UPDATE and no DELETE on rows that are only ever added
#   mall_read     reports, exports, the replica: SELECT
# The rights of the last two are given table by table by `manage.py grant_tables`, after every migrate.
set -eu
mysql --protocol=socket -uroot -p"$MYSQL_ROOT_PASSWORD" <<SQL
CREATE USER IF NOT EXISTS 'mall_migrate'@'%' IDENTIFIED BY '$MYSQL_MIGRATE_PASSWORD';
GRANT ALL PRIVILEGES ON \`$MYSQL_DATABASE\`.* TO 'mall_migrate'@'%' WITH GRANT OPTION;
CREATE USER IF NOT EXISTS 'mall'@'%' IDENTIFIED BY '$MALL_PASSWORD';
CREATE USER IF NOT EXISTS 'mall_read'@'%' IDENTIFIED BY '$MALL_READ_PASSWORD';
SQL
