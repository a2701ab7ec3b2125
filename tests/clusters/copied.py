"""A MariaDB and its copy (replication by GTID), with HAProxy before the one that is written."""

import time
from contextlib import closing
from pathlib import Path

import MySQLdb

from tests.clusters import proxy
from tests.sentinels import free_ports
from tests.services import start_mariadb
from tests.waiting import eventually

PATIENCE_SECONDS = 60
# A commit is told once the copy has it; where the copy is away, after the time-out without it.
SEMI_SYNC = [
    "--rpl-semi-sync-master-enabled=ON",
    "--rpl-semi-sync-slave-enabled=ON",
    "--rpl-semi-sync-master-wait-point=AFTER_SYNC",
    "--rpl-semi-sync-master-timeout=60000",
]


class Pair:
    """Number 0 is written, number 1 the copy; ``url`` leads through the proxy to who is written,
    ``copy_url`` to the copy.
    """

    def __init__(self, folder, *, more=()):
        self.folder, self.more = Path(folder), list(more)
        self.ports, self.servers, self.proxy = free_ports(2), [], None

    def start(self) -> "Pair":
        """Start both, the second following the first, and the proxy before the first."""
        for number, port in enumerate(self.ports):
            home = self.folder / f"pair{number}"
            home.mkdir()
            options = [
                "--skip-networking=0",
                "--bind-address=127.0.0.1",
                f"--port={port}",
                f"--server-id={number + 1}",
                f"--log-bin={home / 'log'}",
                "--binlog-format=ROW",
                "--gtid-strict-mode=ON",
                *(["--read-only=ON"] if number else []),
                *self.more,
            ]
            self.servers.append(start_mariadb(home, durable=True, more=options))
        for line in (
            "CREATE USER mall@localhost",
            "GRANT ALL ON mall.* TO mall@localhost",
            "CREATE USER follower@'127.0.0.1'",
            "GRANT REPLICATION SLAVE ON *.* TO follower@'127.0.0.1'",
        ):
            self.ask(0, line)
        self.ask(
            1,
            f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={self.ports[0]}, "
            "MASTER_USER='follower', MASTER_USE_GTID=slave_pos",
        )
        self.ask(1, "START SLAVE")
        self._lead_to(0)
        self.copy_url = f"mysql://mall@localhost/mall?unix_socket={self._socket(1)}"
        return self

    def _socket(self, number):
        return self.folder / f"pair{number}" / "db.sock"

    def _lead_to(self, number):
        if self.proxy:
            self.proxy.kill()
        self.proxy = proxy.start(self.folder, [self._socket(number)], one_at_a_time=True)
        self.url = f"mysql://mall@localhost/mall?unix_socket={self.proxy.socket}"

    def ask(self, number, sql) -> list[dict]:
        """Return what a server answers to its administrator."""
        link = MySQLdb.connect(user="root", unix_socket=str(self._socket(number)), autocommit=True)
        with closing(link), link.cursor(MySQLdb.cursors.DictCursor) as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall() or ())

    def wait_until(self, answers):
        """Wait until whoever stands in front answers."""
        assert eventually(answers), "nobody answers"

    def follows(self) -> bool:
        """Whether the copy has everything that was written."""
        written = self.ask(0, "SELECT @@gtid_binlog_pos AS place")[0]["place"]
        return self.ask(1, "SELECT @@gtid_slave_pos AS place")[0]["place"] == written

    def wait_until_followed(self):
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.follows():
            assert time.monotonic() < until, self.ask(1, "SHOW SLAVE STATUS")
            time.sleep(0.1)

    def promote(self) -> float:
        """Let the copy be written once it has done all it received; lead the shop there. Returns
        the seconds it took.
        """
        began = time.monotonic()
        self.ask(1, "STOP SLAVE IO_THREAD")
        while True:
            told = self.ask(1, "SHOW SLAVE STATUS")[0]
            if told["Gtid_IO_Pos"] == self.ask(1, "SELECT @@gtid_slave_pos AS place")[0]["place"]:
                break
            assert time.monotonic() - began < PATIENCE_SECONDS, told
            time.sleep(0.05)
        for line in (
            "STOP SLAVE",
            "RESET SLAVE ALL",
            # It has no copy itself: each commit would wait for one.
            "SET GLOBAL rpl_semi_sync_master_enabled = OFF",
            "SET GLOBAL read_only = OFF",
        ):
            self.ask(1, line)
        self._lead_to(1)
        return time.monotonic() - began

    def kill(self):
        """End everything."""
        for server in [*self.servers, *([self.proxy] if self.proxy else [])]:
            server.kill()
