"""MariaDB with durable commits, Redis and a mail server, private to this run; on request the same
MariaDB on a disk whose fsync takes a millisecond, with its binary log on.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.services import start_mariadb, start_redis

ROOT = Path(__file__).resolve().parent.parent
BINLOG = ("--log-bin=bench", "--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1")
SHUTDOWN_SECONDS = 60


class Servers:
    """The servers of a run in one folder."""

    def __init__(self, folder, *, durable):
        self.folder, self.durable = Path(folder), durable
        self.socket, self.redis_socket = self.folder / "db.sock", self.folder / "r.sock"
        self.mariadb = start_mariadb(self.folder, durable=durable)
        self.redis = start_redis(self.folder)
        command = [sys.executable, "-m", "benchmarks.sink"]
        self.sink = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.mail_port = int(self.sink.stdout.readline())

    def create(self, database):
        """Make an empty database."""
        client = shutil.which("mariadb") or shutil.which("mysql")
        words = f"CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
        connect = [client, "--no-defaults", f"--socket={self.socket}", "-uroot"]
        subprocess.run([*connect, "-e", words], check=True)

    @contextmanager
    def on_slow_disk(self):
        """Have MariaDB stand on a slow disk with its binary log on; as before afterwards. Who is
        connected must connect again.
        """
        library = self.folder / "slow_disk.so"
        source = Path(__file__).parent / "slow_disk.c"
        build = ["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"]
        subprocess.run(build, check=True)
        self._restart(more=BINLOG, preload=str(library))
        try:
            yield
        finally:
            self._restart()

    def _restart(self, *, more=(), preload=""):
        self.mariadb.process.terminate()
        self.mariadb.process.wait(SHUTDOWN_SECONDS)
        with _preloaded(preload):
            self.mariadb = start_mariadb(self.folder, durable=self.durable or bool(more), more=more)

    def stop(self):
        """End all."""
        for server in (self.mariadb, self.redis, self.sink):
            server.kill()
        self.sink.wait()


@contextmanager
def servers(*, durable=True):
    """Start all; everything is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bench", dir="/tmp"))
    started = None
    try:
        started = Servers(folder, durable=durable)
        yield started
    finally:
        if started is not None:
            started.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _preloaded(library):
    before = os.environ.get("LD_PRELOAD")
    if library:
        os.environ["LD_PRELOAD"] = library
    try:
        yield
    finally:
        if library:
            os.environ.pop("LD_PRELOAD")
            if before is not None:
                os.environ["LD_PRELOAD"] = before
