"""A build that is measured: its folder, its database, its web processes, what it is asked."""

import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import processes
from benchmarks.inside import MARK
from benchmarks.servers import ROOT
from mall.core import tarballs

THREADS = 16  # of each of the two web processes
START_SECONDS = 60
STOP_SECONDS = 10  # what is in hand then rolls back


@dataclass
class House:
    """One build on a database of its own. ``wsgi`` is what granian serves; ours has its own
    command (ops/serve).
    """

    name: str
    root: Path
    environment: dict
    furnisher: str
    servers: object = None  # whose MariaDB works for it
    wsgi: str = ""
    words: dict = field(default_factory=dict)  # what to knock with, once it is furnished
    port: int = 0
    running: dict = field(default_factory=dict)  # name -> process

    def ask(self, module, **words):
        """Run a module in this build and return its answer. Raises: SystemExit with its last
        words.
        """
        return self.answer(self.start_asking(module, **words))

    def start_asking(self, module, **words):
        """Start what ``ask`` waits for."""
        command = [sys.executable, "-m", module, json.dumps(words)]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self._whole_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def answer(self, asked):
        """Wait for what was asked."""
        told = asked.communicate()[0]
        if asked.returncode:
            raise SystemExit(f"{self.name}: {' '.join(asked.args)[:300]}\n{told[-3000:]}")
        return json.loads(told.rpartition(MARK)[2])

    def furnish(self, **words):
        """Start making everything to knock with; call what this returns to wait for it."""
        asked = self.start_asking(self.furnisher, **words)

        def wait():
            self.words = self.answer(asked)

        return wait

    def open(self, threads=THREADS):
        """Serve with two processes of so many threads, and run what runs every few seconds."""
        self.port = _free_port()
        where = {"HOST": "127.0.0.1", "PORT": str(self.port), "WEB_THREADS": str(threads)}
        self.running = {"web": self._start(self._command(threads), where)}
        if self.environment.get("MALL_PROFILE") == "production":
            sweep = [sys.executable, "-m", "benchmarks.inside.sweeps"]
            self.running["later"] = self._start(sweep, {})
        self._wait_until_open()

    def close(self):
        """End every process of it."""
        self.wake()
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                processes.signal_all(process, signal.SIGKILL)
                process.wait()
        self.running = {}

    def sleep(self):
        """Stop every process of it once it rests, so that the other's round has the machine to
        itself.
        """
        for name, process in self.running.items():
            if process.poll() is not None:
                raise SystemExit(f"{self.name}: {name} ended by itself; see above.")
            processes.wait_for_rest(process)
            processes.signal_all(process, signal.SIGSTOP)

    def wake(self):
        """Go on."""
        for process in self.running.values():
            processes.signal_all(process, signal.SIGCONT)

    @property
    def watched(self) -> dict:
        """Return {name: process} of everything that works when it is asked."""
        database = {"database": self.servers.mariadb.process} if self.servers else {}
        return {**self.running, **database}

    @property
    def callers(self) -> list:
        """Return a header line for each member."""
        return [f"Authorization: {token}" for token in self.words["tokens"]]

    @property
    def cookies(self) -> list:
        """Return a header line for each member with a browser."""
        return [f"Cookie: {cookie}" for cookie in self.words["cookies"]]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _start(self, command, more):
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=more | self._whole_environment(),
            stdout=sys.stderr,  # granian tells there when a process of it ended
        )

    def _command(self, threads):
        if not self.wsgi:
            return [self.root / "ops" / "serve"]
        from mall.server.serve import command  # the same options as ours, another application

        words = command("127.0.0.1", str(self.port))
        words[words.index("--blocking-threads") + 1] = str(threads)
        return [str(Path(sys.executable).parent / words[0]), *words[1:-1], self.wsgi]

    def _wait_until_open(self):
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.running["web"].poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=1)
                return
            except urllib.error.HTTPError:
                return  # somebody answers
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{self.name}: the web processes do not answer.")

    def _whole_environment(self):
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("MALL_")
        }
        quiet = {"GRANIAN_LOG_LEVEL": "error"}
        return inherited | quiet | {"PYTHONPATH": str(self.root)} | self.environment


def ours(servers, *, name, root, number) -> House:
    """Return a build of the mall in ``root`` on a database of its own."""
    servers.create(f"mall{number}")
    static = servers.folder / f"static{number}"
    keys = {
        key: secrets.token_hex(32)
        for key in ("SECRET_KEY", "FIELD_KEYS", "LEDGER_KEY", "PAYMENT_SECRET", "EVENT_SECRET")
    }
    environment = keys | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "MALL_PROFILE": "production",
        "DATABASE_URL": f"mysql://root@localhost/mall{number}?unix_socket={servers.socket}",
        "REDIS_URL": f"unix://{servers.redis_socket}?db={2 * number}",
        "BROKER_URL": f"redis+socket://{servers.redis_socket}?virtual_host={2 * number + 1}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "EMAIL_URL": f"smtp://127.0.0.1:{servers.mail_port}",
        "PAYMENT_PROVIDERS": "sandbox",
        "PAYMENT_SANDBOX": "allow",
        "LOG_LEVEL": "ERROR",
        "BENCH_STATIC": str(static),
    }
    return House(name, Path(root), environment, "benchmarks.inside.furnish", servers)


def embedded(build, folder) -> House:
    """Return the same build in the embedded profile, on a file of its own."""
    environment = build.environment | {
        "MALL_PROFILE": "embedded",
        "DATABASE_URL": f"sqlite:///{folder}/{build.name}.sqlite3",
        "WEB_PROCESSES": "1",
        "WEB_THREADS": "8",
    }
    environment.pop("EMAIL_URL")
    return House(build.name, build.root, environment, build.furnisher)


def text_book(servers) -> House:
    """Return the text-book's project."""
    servers.create("textbook")
    environment = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.textbook.settings",
        "SECRET_KEY": secrets.token_hex(32),
        "BENCH_DATABASE": "textbook",
        "BENCH_SOCKET": str(servers.socket),
    }
    return House(
        "text-book",
        ROOT,
        environment,
        "benchmarks.textbook.furnish",
        servers,
        wsgi="benchmarks.textbook.wsgi:application",
    )


def checked_out(commit, folder) -> Path | None:
    """Put the tree of a commit into ``folder`` with today's benchmarks in it; None when git does
    not know the commit.
    """
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True)
    if packed.returncode:
        return None
    root = Path(folder) / "today"
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tree:
        tarballs.unpack(tree, root)
    shutil.rmtree(root / "benchmarks")
    shutil.copytree(ROOT / "benchmarks", root / "benchmarks")
    (root / ".venv").symlink_to((ROOT / ".venv").resolve())
    return root


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]
