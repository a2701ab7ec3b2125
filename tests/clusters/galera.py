"""Three MariaDB nodes that hold the same rows (Galera), with HAProxy before them."""

import os
import re
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import MySQLdb

from tests.clusters import proxy
from tests.sentinels import free_ports
from tests.services import start_mariadb
from tests.waiting import eventually

LIBRARY = os.environ.get("MALL_TEST_GALERA", "/usr/lib/galera/libgalera_smm.so")
PROGRAMS = ("haproxy", "rsync", "wsrep_sst_rsync")
JOIN_SECONDS = 120


def missing() -> list[str]:
    """Return what this machine lacks to run a cluster."""
    programs = [name for name in PROGRAMS if not shutil.which(name)]
    return programs + ([] if Path(LIBRARY).exists() else [LIBRARY])


class Cluster:
    """Three nodes; ``url`` is the way in through the proxy, to one of them or to all by turns."""

    def __init__(self, folder, *, one_writer, more=()):
        self.folder, self.more = Path(folder), list(more)
        self.one_writer = one_writer
        self.ports = [free_ports(3) for _ in range(3)]  # of replication, and of two transfers
        self.nodes, self.proxy = [], None

    def start(self) -> "Cluster":
        """Start a node, and two others that take its rows over."""
        for number in range(3):
            home = self._home(number)
            home.mkdir()
            if number:
                (home / "db").mkdir()  # empty: made by the transfer
                self._hand_over(home / "db")
            options = [*self._options(number), *([] if number else ["--wsrep-new-cluster"])]
            self.nodes.append(start_mariadb(home, durable=True, more=options, seconds=JOIN_SECONDS))
            self.wait(lambda number=number: self.is_ready(number))
        self.nodes[0].command.remove("--wsrep-new-cluster")
        self._hand_over(self._home(0) / "db")
        sockets = [self._home(number) / "db.sock" for number in range(3)]
        self.proxy = proxy.start(self.folder, sockets, one_at_a_time=self.one_writer)
        self.url = f"mysql://root@localhost/mall?unix_socket={self.proxy.socket}"
        return self

    def _hand_over(self, data):
        """Let rsync write there, which serves as ``nobody`` where root starts it."""
        if os.geteuid() == 0:
            shutil.chown(data, "nobody")
            self.folder.chmod(0o711)

    def _home(self, number):
        return self.folder / str(number)

    def _options(self, number):
        others = ",".join(f"127.0.0.1:{ports[0]}" for ports in self.ports)
        own, missed, whole = self.ports[number]
        provider = {
            "gmcast.listen_addr": f"tcp://127.0.0.1:{own}",
            "ist.recv_addr": f"127.0.0.1:{missed}",
            "gcache.size": "128M",
        }
        return [
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
            "--wsrep-on=ON",
            f"--wsrep-provider={LIBRARY}",
            f"--wsrep-cluster-address=gcomm://{others}",
            f"--wsrep-node-name=node{number}",
            "--wsrep-node-address=127.0.0.1",
            f"--wsrep-sst-receive-address=127.0.0.1:{whole}",
            "--wsrep-sst-method=rsync",
            "--wsrep-provider-options=" + ";".join(f"{k}={v}" for k, v in provider.items()),
            *self.more,
        ]

    def ask(self, number, sql) -> list:
        """Return what a node answers; nothing when it gives no answer."""
        socket = str(self._home(number) / "db.sock")
        with suppress(MySQLdb.Error):
            link = MySQLdb.connect(user="root", unix_socket=socket, connect_timeout=1)
            with link.cursor() as cursor:
                cursor.execute(sql)
                found = cursor.fetchall()
            link.close()
            return list(found)
        return []

    def status(self, number, name) -> str:
        """Return a counter of a node's; empty when it does not answer."""
        return dict(self.ask(number, f"SHOW STATUS LIKE '{name}'")).get(name, "")

    def is_ready(self, number) -> bool:
        return self.status(number, "wsrep_local_state_comment") == "Synced"

    def writer(self) -> int:
        """Return the node with most of the shop's connections: the one the proxy chose."""
        sql = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = 'mall'"
        counts = [(self.ask(number, sql) or [(0,)])[0][0] for number in range(3)]
        return counts.index(max(counts))

    def failed_certifications(self) -> list[int]:
        """Return of each node how many transactions it undid because another node came first: at
        their COMMIT, or while they ran.
        """
        names = ("wsrep_local_cert_failures", "wsrep_local_bf_aborts")
        return [sum(int(self.status(n, name) or 0) for name in names) for n in range(3)]

    def same_rows(self) -> bool:
        """Whether all nodes hold the same rows in every table of the shop."""
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'mall'"
        names = ", ".join(f"mall.`{name}`" for (name,) in sorted(self.ask(0, tables)))
        told = [self.ask(number, f"CHECKSUM TABLE {names}") for number in range(3)]
        return bool(told[0]) and told[0] == told[1] == told[2]

    def wait_until(self, answers):
        """Wait until whoever stands in front answers."""
        assert eventually(answers), "nobody answers"

    def rejoin(self, number) -> float:
        """Start a killed node again from where its log ends; return the seconds until it serves."""
        node, began = self.nodes[number], time.monotonic()
        found = subprocess.run(
            [*node.command, "--wsrep-recover"], capture_output=True, text=True, check=True
        )
        place = re.search(r"Recovered position: (\S+)", found.stderr + found.stdout).group(1)
        command = node.command
        node.command = [*command, f"--wsrep-start-position={place}"]
        node.start()
        node.command = command
        self.wait(lambda: self.is_ready(number))
        return time.monotonic() - began

    def wait(self, happened, seconds=JOIN_SECONDS):
        until = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < until, self.last_words()
            time.sleep(0.05)

    def last_words(self) -> str:
        """Return the ends of all logs."""
        logs = sorted(self.folder.glob("*/mariadb.log"))
        return "\n".join(f"{log}:\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def kill(self):
        """End everything."""
        for server in [*self.nodes, *([self.proxy] if self.proxy else [])]:
            server.kill()
