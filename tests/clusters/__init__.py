"""The mall on more than one machine, on loopback: Galera, a copy of the database, sentinels,
several web processes; what they cost and what a death among them does.

Played with ``-m long`` where the programs are (Debian: galera-4, mariadb-server, rsync, haproxy, on
PATH or named by MALL_TEST_GALERA); docs/operations.md holds the figures and what to choose when.
"""
