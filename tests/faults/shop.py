"""A shop as production runs it, for tests that freeze or kill its parts: ops/serve on a MariaDB and
a Redis of its own.
"""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.conftest import ROOT
from tests.processes import children, command_of, open_files
from tests.serving import TOKEN, free_port, production_environment

START_SECONDS = 90
LISTENS = "0A"  # a state of /proc/net/tcp


class Shop:
    """A running ops/serve; ``database`` and ``redis`` are tests.services.Server."""

    def __init__(self, folder, database, redis):
        self.database, self.redis, self.log = database, redis, folder / "serve.log"
        self.port = free_port()
        self.process = None

    def open(self, *options):
        """Start the real command and wait until it takes visitors."""
        with self.log.open("ab") as log:
            command = [ROOT / "ops" / "serve", *options]
            self.process = subprocess.Popen(
                command, env=self.environment(), stdout=log, stderr=log, process_group=0
            )
        self.wait_until(lambda: len(self.serving()) == 2)
        self.wait_until(lambda: {self.get("/readyz", token=TOKEN)[0] for _ in range(8)} == {200})
        return self

    def close(self):
        """End it, whatever state it is in."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def workers(self):
        """Return the process ids of the web processes that live."""
        return {pid for pid in children(self.process.pid) if "granian" in command_of(pid)}

    def serving(self):
        """Return the process ids of those that already take visitors: a new one reads the code for
        seconds first.
        """
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        ears = {
            f"socket:[{row[9]}]"
            for row in rows
            if row[3] == LISTENS and row[1].endswith(f":{self.port:04X}")
        }
        return {pid for pid in self.workers() if ears & open_files(pid)}

    def get(self, path, *, token=None, headers=None, timeout=30):
        """Return (status, body, seconds); status 0 when there was no answer."""
        headers = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        began = time.monotonic()
        try:
            with urllib.request.urlopen(
                urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers),
                timeout=timeout,
            ) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            status, body = refused.code, refused.read()
        except OSError as lost:
            status, body = 0, repr(lost).encode()
        return status, body.decode(errors="replace"), time.monotonic() - began

    def wait_until(self, happened, seconds=START_SECONDS):
        """Wait; fails with the server's last words."""
        deadline = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < deadline and self.process.poll() is None, (
                self.log.read_text()[-3000:]
            )
            time.sleep(0.1)

    def environment(self):
        """Return the environment of its processes."""
        return production_environment(
            self.database.url,
            self.redis.url,
            self.port,
            DJANGO_SETTINGS_MODULE="tests.faults.served",
            ALLOWED_HOSTS="127.0.0.1",
            TRUSTED_PROXIES="192.0.2.0/24",
        )
