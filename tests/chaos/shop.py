"""The shop that stands in the hail: its processes, who brings dead ones back, and when its door was
not whole.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from celery import Celery
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from tests import processes
from tests.conftest import ROOT
from tests.faults.test_killed import copy_tables, is_answering
from tests.services import start_mariadb, start_redis
from tests.serving import free_port, production_environment

START_SECONDS = 900  # for a machine that does other things too
HEAL_SECONDS = 120
TMPFS_MIB = 1200  # ten minutes of rows and what crashes leave behind
WEBS = ("web", "web2")
GRACE_SECONDS = 3  # a door that just opened still has callers who knocked before


def server_command() -> list[str]:
    """Return the command of ops/Dockerfile."""
    line = next(
        line
        for line in (ROOT / "ops" / "Dockerfile").read_text().splitlines()
        if line.startswith("CMD ")
    )
    return json.loads(line.removeprefix("CMD "))


class Part:
    """One program of the shop in a process group of its own, as a container is."""

    def __init__(self, name, command, environment, folder):
        self.name, self.command, self.environment = name, command, environment
        self.log = Path(folder) / f"{name}.log"
        self.starts = 0
        self.start()

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self.starts += 1

    def signal(self, number):
        """Send a signal to all processes of the part."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def children(self) -> list[int]:
        """Return the processes the part's first one made."""
        return sorted(processes.children(self.process.pid))


class Shop:
    """Everything of docker-compose.yml that decides, on sockets in a folder, and a supervisor like
    Docker's. A ``database`` of somebody else's and more of the environment may be named.
    """

    def __init__(self, folder, database=None, **more):
        self.folder = Path(folder)
        self.is_closing = threading.Event()
        self.parts, self.servers, self.gone = {}, [], []
        self.began = time.monotonic()
        self.redis = start_redis(self.folder)
        self.servers, self.tmpfs = [self.redis], False
        if database is None:
            self.tmpfs = self._mount(self.folder / "disk")
            database = start_mariadb(self.folder / "disk", durable=True)
            self.servers.append(database)
        self.database = database
        self.port = free_port()
        self.web_ports = [self.port]  # more, where somebody else leads from the first to them
        self.environment = {**self._environment(), **more}

    def _mount(self, place):
        """Give the database a small disk of its own; False where this machine lets nobody mount
        one.
        """
        place.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MIB}m", "tmpfs", str(place)],
            capture_output=True,
        )
        return mounted.returncode == 0

    def _environment(self):
        metrics = self.folder / "metrics"
        metrics.mkdir()
        return production_environment(
            self.database.url,
            self.redis.url,
            self.port,
            DJANGO_SETTINGS_MODULE="tests.chaos.settings",
            ALLOWED_HOSTS="127.0.0.1",
            TRUSTED_PROXIES="127.0.0.1",
            PAYMENT_PROVIDERS="sandbox",
            PAYMENT_SANDBOX="allow",
            PROMETHEUS_MULTIPROC_DIR=str(metrics),
        )

    def furnish(self, code) -> dict:
        """Copy the tables of this test, run the code in them and return what its last line says."""
        copy_tables(self.database)
        return json.loads(self.ask(code).splitlines()[-1])

    def ask(self, code, feed="", **more) -> str:
        """Run code in a Django of this shop, with more of the environment; returns what it
        wrote.
        """
        command = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**self.environment, **more},
            input=feed,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def open(self):
        """Start web, two workers and two beats; returns when the web answers."""
        celery = [sys.executable, "-m", "celery", "-A", "mall"]
        commands = {}
        for n in (1, 2):
            commands[f"worker{n}"] = [
                *celery,
                "worker",
                "--concurrency",
                "1",
                "-n",
                f"worker{n}@chaos",
                "-l",
                "info",
            ]
            commands[f"beat{n}"] = [*celery, "beat", "--pidfile=", "-l", "info"]
        for n, port in enumerate(self.web_ports):
            environment = {**self.environment, "PORT": str(port)}
            self.parts[WEBS[n]] = Part(WEBS[n], server_command(), environment, self.folder)
        for name, command in commands.items():
            self.parts[name] = Part(name, command, self.environment, self.folder)
        self.shut()
        threading.Thread(target=self._supervise, daemon=True).start()
        if not self.wait_until_answering():
            pytest.fail("the shop did not open:\n" + self.parts["web"].log.read_text()[-3000:])

    def _supervise(self):
        """Bring a part that ended back, a second later (``restart: unless-stopped``), and note when
        the door is whole.
        """
        while not self.is_closing.wait(1):
            for part in self.parts.values():
                if part.process.poll() is not None and not self.is_closing.is_set():
                    if part.name in WEBS:
                        self.shut()
                    part.signal(signal.SIGKILL)  # what a dead first process left behind
                    part.start()
            if self.is_shut() and self._answers():
                self.gone[-1][1] = time.monotonic()

    def shut(self):
        """Note that the door is not whole from now on, until it answers again."""
        if not self.is_shut():
            self.gone.append([time.monotonic(), None])

    def is_shut(self) -> bool:
        return bool(self.gone) and self.gone[-1][1] is None

    def _answers(self) -> bool:
        """Return whether the web answers three times in a row, whichever process it is."""
        knock = urllib.request.Request(f"http://127.0.0.1:{self.port}/healthz")
        try:
            for _ in range(3):
                urllib.request.urlopen(knock, timeout=2).close()
        except OSError:
            return False
        return True

    def wait_until_answering(self, seconds=START_SECONDS) -> bool:
        """Wait until the web answers and its door is whole."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._answers() and not self.is_shut():
                return True
            time.sleep(0.2)
        return False

    def begin(self):
        """Start the clock of the hail."""
        self.began = time.monotonic()

    def clock(self) -> float:
        """Return the seconds since the hail began."""
        return time.monotonic() - self.began

    def starts(self) -> dict:
        """Return how often each part was started."""
        return {name: part.starts for name, part in self.parts.items()}

    def wounds(self) -> dict:
        """Return what the web's log calls errors, and how often."""
        told = Counter()
        for line in self.parts["web"].log.read_text(errors="replace").splitlines():
            with suppress(ValueError):
                for fault in json.loads(line).get("exception") or []:  # one for each of a chain
                    told[f"{fault['exc_type']}: {fault['exc_value']}"[:160]] += 1
        return dict(told)

    def knock(self, names):
        """Ask for jobs of the schedule by message, as beat does; what the broker does not take is
        lost.
        """
        app = Celery(broker=self.environment["BROKER_URL"], set_as_current=False)
        app.conf.broker_transport_options = {"socket_timeout": 1, "socket_connect_timeout": 1}
        with suppress(BrokerError, RedisError), app.connection_for_write() as link:
            for name in names:
                app.send_task("mall.run_job", (name,), connection=link, retry=False)

    def heal(self) -> dict:
        """Wait until every part is well and the sweeps of a real beat reached a real worker;
        returns what is missing.
        """
        self.wait_for_database()
        assert self.wait_until_answering()
        self.ask("from tests.chaos import books; books.forget_sweeps()")
        until = time.monotonic() + HEAL_SECONDS
        while True:
            found = json.loads(
                self.ask(
                    "import json\nfrom tests.chaos import books\nprint(json.dumps(books.swept()))"
                ).splitlines()[-1]
            )
            if time.monotonic() > until or found == {"missing": [], "owed": 0}:
                return found
            time.sleep(1)

    def was_gone(self, since, until) -> bool:
        """Return whether the door was not whole at some moment between."""
        now = time.monotonic()
        return any(
            start - 1.5 <= until and since <= (end or now) + GRACE_SECONDS
            for start, end in self.gone
        )

    def wait_for_database(self):
        self.database.wait_until(lambda: is_answering(self.database))

    def halt(self):
        """End all parts; the servers stay, and nobody writes any more."""
        self.is_closing.set()
        for part in self.parts.values():
            part.signal(signal.SIGCONT)
            part.signal(signal.SIGKILL)
        for part in self.parts.values():
            part.process.wait()

    def close(self):
        """End everything and give the disk back."""
        self.halt()
        for server in self.servers:
            server.thaw()
            server.kill()
        if self.tmpfs:
            subprocess.run(["umount", "-l", str(self.folder / "disk")], check=False)
