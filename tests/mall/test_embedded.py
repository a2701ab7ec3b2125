"""The embedded profile as ./scripts/run starts it: a real process on a database of its own."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mall:
    """A running `python -m mall.embedded`."""

    def __init__(self, folder):
        self.database = folder / "mall.sqlite3"
        self.log = folder / "log"
        self.url = None
        (folder / "mall.sqlite3.seeded").touch()  # the demo shop is seed_demo's test

    def start(self):
        self.port = free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MALL_", "DJANGO_"))}
        environment |= {"DATABASE_URL": f"sqlite:///{self.database}", "PORT": str(self.port)}
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "mall.embedded"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, process_group=0)
        return self

    def wait(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                    return answer.status
            except OSError:
                time.sleep(0.1)
        pytest.fail("the mall did not start:\n" + self.log.read_text())

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)  # as Ctrl-C does: to every process of the terminal
        return self.process.wait(10)

    def rows(self, query):
        with closing(sqlite3.connect(self.database, timeout=20)) as connection, connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def mall(tmp_path):
    started = Mall(tmp_path)
    yield started
    started.stop()


def test_embedded_when_beat_knocks_then_the_worker_runs_the_job(mall):
    mall.start().wait()
    mall.rows("INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (1, 'seconds')")
    mall.rows(
        """INSERT INTO django_celery_beat_periodictask
             (name, task, interval_id, args, kwargs, headers, enabled, one_off, total_run_count, date_changed, description)
           SELECT 'often', 'mall.run_job', id, '["forget-job-runs"]', '{}', '{}', 1, 0, 0, '2026-01-01', ''
             FROM django_celery_beat_intervalschedule ORDER BY id DESC LIMIT 1"""
    )
    mall.rows("UPDATE django_celery_beat_periodictasks SET last_update = '2099-01-01'")

    deadline, done = time.monotonic() + 30, []
    while not done and time.monotonic() < deadline:
        time.sleep(0.2)
        done = mall.rows("SELECT outcome FROM mall_jobrun WHERE job = 'forget-job-runs' AND finished_at IS NOT NULL")

    assert done == [("{'forgotten': 0}",)], mall.log.read_text()


def test_embedded_when_ctrl_c_then_stops_within_two_seconds(mall):
    mall.start().wait()

    began = time.monotonic()
    code = mall.stop()

    assert (code, time.monotonic() - began < 2) == (0, True), mall.log.read_text()


def test_embedded_when_the_database_is_served_already_then_refuses(mall, tmp_path):
    mall.start().wait()
    second = Mall(tmp_path)
    second.log = tmp_path / "second.log"

    second.start().process.wait(30)

    assert second.process.returncode == 1
    assert "Another process already serves" in second.log.read_text()
    assert second.log.read_text().count("\n") == 1


def test_embedded_when_the_port_is_taken_then_names_the_mend(mall, tmp_path):
    mall.start().wait()
    other = tmp_path / "other"
    other.mkdir()
    second = Mall(other)
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{second.database}", "PORT": str(mall.port), "DJANGO_SETTINGS_MODULE": ""}
    environment.pop("DJANGO_SETTINGS_MODULE")

    refused = subprocess.run([sys.executable, "-m", "mall.embedded"], cwd=ROOT, env=environment, capture_output=True, text=True)

    assert refused.returncode == 1
    assert f"Choose another: PORT={mall.port + 1}" in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "99999"),
        ("PORT", "-1"),
        ("HOST", "nowhere.invalid"),
        ("DATABASE_URL", "garbage"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("DATABASE_URL", "sqlite:////proc/nowhere/mall.sqlite3"),
        ("LOG_LEVEL", "loud"),
        ("FIELD_KEYS", "short"),
        ("LEDGER_KEY", "short"),
    ],
)
def test_embedded_when_a_value_makes_no_sense_then_says_so_in_plain_words(tmp_path, name, value):
    environment = {key: kept for key, kept in os.environ.items() if not key.startswith(("MALL_", "DJANGO_"))}
    environment |= {"DATABASE_URL": f"sqlite:///{tmp_path / 'mall.sqlite3'}", "PORT": str(free_port()), name: value}

    refused = subprocess.run([sys.executable, "-m", "mall.embedded"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)

    assert refused.returncode == 1
    assert value.removeprefix("sqlite:///") in refused.stderr or name in refused.stderr
    assert "Traceback" not in refused.stderr
