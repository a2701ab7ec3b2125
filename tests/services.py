"""Throw-away Redis and MariaDB for one test run (`-p tests.services`).

Redis is always started; MariaDB only when MALL_TEST_DB=mariadb, for its suite then runs on it.
MALL_TEST_REDIS_URL and MALL_TEST_DATABASE_URL point at servers that exist already; MALL_TEST_SERVER
names another mariadbd or a mysqld to start in place of the installed one, MALL_TEST_REDIS another
redis-server or a valkey-server. The servers listen on sockets in a short temporary folder and go
away with pytest, also on Ctrl-C or kill -9.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

START_SECONDS = 30
MEND = "run ./scripts/test once: it installs what the tests need"


class Server:
    """One server process on a socket; fault tests start their own and kill or freeze it."""

    def __init__(self, name, command, *, log, group=0):
        self.name, self.command, self.log = name, command, Path(log)
        self.group = group
        self.start()

    def start(self):
        """Start, or start again after kill(), on the same files."""
        with self.log.open("ab") as log:
            # its own group: Ctrl-C at the terminal is pytest's to answer
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=self.group,
            )

    def kill(self):
        """End without any goodbye (kill -9)."""
        self.process.kill()
        self.process.wait()

    def freeze(self):
        """Stop answering while keeping the socket open (SIGSTOP)."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Answer again."""
        self.process.send_signal(signal.SIGCONT)

    def wait_until(self, answers, seconds=START_SECONDS):
        """Wait for ``answers()``; raise with the server's own last words when it never does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            if answers():
                return self
            time.sleep(0.02)
        raise pytest.UsageError(
            f"{self.name} did not start:\n{self.log.read_text(errors='replace')[-2000:]}"
        )


def start_redis(folder, *, group=0) -> Server:
    """Start Redis on ``folder``/r.sock with 64 databases and nothing kept on disk."""
    socket = Path(folder) / "r.sock"
    settings = [
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--databases",
        "64",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    server = Server(
        "redis-server",
        [_program("redis-server"), *settings],
        log=Path(folder) / "redis.log",
        group=group,
    )
    server.url = f"unix://{socket}?db=0"
    return server.wait_until(lambda: _connects(socket))


def start_mariadb(folder, *, durable=False, group=0, more=(), seconds=START_SECONDS) -> Server:
    """Start MariaDB on ``folder``/db.sock, or what MALL_TEST_SERVER names, within ``seconds``;
    ``durable`` keeps the flags that survive a crash, ``more`` are further options.
    """
    folder = Path(folder)
    socket, data = folder / "db.sock", folder / "db"
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    program = os.environ.get("MALL_TEST_SERVER") or _program("mariadbd")
    is_mysql = (
        "MariaDB"
        not in subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True
        ).stdout
    )
    if not data.exists():
        _make_data(program, [f"--datadir={data}", f"--tmpdir={folder}", *as_root], is_mysql)
    careless = [
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-flush-method=nosync",
        "--skip-innodb-doublewrite",
        "--sync-binlog=0",
    ]
    settings = [
        *_its_own_files(program),
        # A server that starts clears the temporary tables of another out of a folder they share.
        f"--datadir={data}", f"--tmpdir={folder}", f"--socket={socket}",
        f"--pid-file={folder / 'db.pid'}",
        "--skip-networking", "--skip-name-resolve",
        "--character-set-server=utf8mb4", "--innodb-buffer-pool-size=256M",
        "--max-connections=400", "--performance-schema=off",
        "--lock-wait-timeout=20",
        *(["--mysqlx=OFF", "--disable-log-bin",
        "--secure-file-priv="] if is_mysql else ["--idle-transaction-timeout=150"]),
    ]  # fmt: skip
    command = [program, "--no-defaults", *settings, *as_root, *([] if durable else careless)]
    command += more
    server = Server("mariadbd", command, log=folder / "mariadb.log", group=group)
    server.url = f"mysql://root@localhost/mall?unix_socket={socket}"
    return server.wait_until(lambda: _connects(socket), seconds)


def _make_data(program, where, is_mysql):
    """Make the files of an empty database whose root needs no password."""
    if is_mysql:
        install = [program, "--no-defaults", "--initialize-insecure"]
    else:
        named = os.environ.get("MALL_TEST_SERVER") and program.replace(
            "mariadbd", "mariadb-install-db"
        ).replace("/sbin/", "/bin/")
        # --force: a machine that cannot look its own name up can still keep a database behind a
        # socket.
        flags = [
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            "--force",
            *_its_own_files(program),
        ]
        install = [named or _program("mariadb-install-db"), "--no-defaults", *flags]
    made = subprocess.run([*install, *where], capture_output=True, text=True)
    if made.returncode:
        raise pytest.UsageError(f"{install[0]} failed:\n{made.stdout[-1000:]}{made.stderr[-1000:]}")


def _its_own_files(program):
    """Have a server that was named use what lies beside it, be it only unpacked somewhere."""
    return [f"--basedir={Path(program).parents[1]}"] if os.environ.get("MALL_TEST_SERVER") else []


def _program(name):
    if name == "redis-server" and os.environ.get("MALL_TEST_REDIS"):
        return os.environ["MALL_TEST_REDIS"]
    found = shutil.which(
        name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"
    )
    if found is None:
        raise pytest.UsageError(f"{name} is not installed; {MEND}.")
    return found


def _connects(place):
    """Return whether somebody listens at a socket's path, or at ``host:port`` if it is a text."""
    import socket

    family, address = socket.AF_UNIX, str(place)
    if isinstance(place, str):
        host, _, port = place.rpartition(":")
        family, address = socket.AF_INET, (host, int(port))
    with socket.socket(family) as knock:
        try:
            knock.connect(address)
        except OSError:
            return False
        return True


class Services:
    """The servers of this run, started before Django reads its settings."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="mall", dir="/tmp"))
        self.servers = []
        self.guardian = None
        os.environ["MALL_TEST_FOLDER"] = str(self.folder)
        os.environ["MALL_TEST_SQLITE"] = str(self.folder / "test.sqlite3")
        try:
            if not os.environ.get("MALL_TEST_REDIS_URL"):
                self._add(start_redis(self.folder))
                os.environ["MALL_TEST_REDIS_URL"] = self.servers[-1].url
            if os.environ.get("MALL_TEST_DB") == "mariadb" and not os.environ.get(
                "MALL_TEST_DATABASE_URL"
            ):
                self._add(
                    start_mariadb(
                        self.folder, group=self.servers[0].process.pid if self.servers else 0
                    )
                )
                os.environ["MALL_TEST_DATABASE_URL"] = self.servers[-1].url
        except BaseException:
            self.stop()
            raise

    def _add(self, server):
        self.servers.append(server)
        if self.guardian is None:
            # Reads until pytest is gone, whatever the way, then clears the table.
            script = (
                f'trap "" INT TERM HUP; cat >/dev/null; kill -KILL -{server.process.pid} '
                f'2>/dev/null; sleep 0.2; rm -rf "{self.folder}"'
            )
            self.guardian = subprocess.Popen(
                ["sh", "-c", script], stdin=subprocess.PIPE, process_group=0
            )

    def stop(self):
        """End every server and remove their folder."""
        for server in reversed(self.servers):
            server.thaw()
            server.kill()
        if self.guardian is not None:
            with contextlib.suppress(OSError):
                self.guardian.stdin.close()
            self.guardian.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


_services = None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config):
    """Start before pytest-django reads the settings: a wrapper comes before every plain hook."""
    global _services
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    asks_only = any(
        flag in early_config.invocation_params.args
        for flag in ("--version", "-h", "--help", "--fixtures", "--markers")
    )
    if worker:
        base = os.environ["MALL_TEST_REDIS_URL"].partition("?")[0]
        os.environ["MALL_TEST_REDIS_URL"] = f"{base}?db={2 + 2 * int(worker.removeprefix('gw'))}"
    elif not asks_only:
        _services = Services()
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    """Stop the servers this process started."""
    global _services
    if _services is not None:
        _services.stop()
        _services = None


def pytest_report_header():
    """Say which database this run is about."""
    url = os.environ.get("MALL_TEST_DATABASE_URL", "")
    return (
        f"database: {'MariaDB/MySQL' if url.startswith('mysql') else 'SQLite'}; Redis: "
        f"{os.environ.get('MALL_TEST_REDIS_URL', 'none')}"
    )
