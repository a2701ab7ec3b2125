"""The embedded profile as ./scripts/run starts it: a real process on a database of its own."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing

import pytest

from tests.conftest import ROOT
from tests.serving import free_port

START_SECONDS = 150


class Mall:
    """A running `python -m mall.embedded`; the demo shop is in it where ``demo`` says so."""

    def __init__(self, folder, tables=None, *, demo=False):
        self.database = folder / "mall.sqlite3"
        self.log = folder / "log"
        if not demo:
            (folder / "mall.sqlite3.seeded").touch()
        if tables and not self.database.exists():
            shutil.copy(tables, self.database)

    def start(self, port=None):
        """Start it, and do not wait for it."""
        self.port = port or free_port()
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MALL_", "DJANGO_"))
        }
        environment |= {"DATABASE_URL": f"sqlite:///{self.database}", "PORT": str(self.port)}
        environment |= {"MEDIA_ROOT": str(self.database.parent / "media")}
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "mall.embedded"]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, process_group=0
            )
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def wait(self, seconds=START_SECONDS):
        """Wait until it takes visitors; fails with its last words."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                    return answer.status
            except OSError:
                time.sleep(0.1)
        pytest.fail("the mall did not start:\n" + self.log.read_text())

    def stop(self):
        """End it as Ctrl-C does; return its exit code."""
        if self.process.poll() is None:
            # to every process of the terminal
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(10)

    def rows(self, query):
        """Return what a statement finds in its database, or change it there."""
        with closing(sqlite3.connect(self.database, timeout=20)) as connection, connection:
            return connection.execute(query).fetchall()
