"""The embedded profile as ./scripts/run starts it: a real process on a database of its own."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from accounts.registration import register
from mall import embedded
from tests.conftest import ROOT
from tests.embedded import START_SECONDS, Mall
from tests.processes import children
from tests.serving import free_port


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A migrated database, to begin from: making one takes longer than all else."""
    made = tmp_path_factory.mktemp("tables") / "mall.sqlite3"
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MALL_", "DJANGO_"))
    }
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(
        command, cwd=ROOT, env=environment | {"DATABASE_URL": f"sqlite:///{made}"}, check=True
    )
    return made


@pytest.fixture
def mall(tmp_path, tables):
    started = Mall(tmp_path, tables)
    yield started
    started.stop()


def test_embedded_when_beat_knocks_then_the_worker_runs_the_job(mall):
    mall.start().wait()
    mall.rows(
        "INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (1, 'seconds')"
    )
    mall.rows(
        """INSERT INTO django_celery_beat_periodictask
             (name, task, interval_id, args, kwargs, headers, enabled, one_off, total_run_count,
                 date_changed, description)
           SELECT 'often', 'mall.run_job', id, '["forget-job-runs"]', '{}', '{}', 1, 0, 0,
               '2026-01-01', ''
             FROM django_celery_beat_intervalschedule ORDER BY id DESC LIMIT 1"""
    )
    mall.rows("UPDATE django_celery_beat_periodictasks SET last_update = '2099-01-01'")

    deadline, done = time.monotonic() + 30, []
    while not done and time.monotonic() < deadline:
        time.sleep(0.2)
        done = mall.rows(
            "SELECT outcome FROM mall_jobrun WHERE job = 'forget-job-runs' AND finished_at IS NOT "
            "NULL"
        )

    assert done == [("{'forgotten': 0}",)], mall.log.read_text()


def test_embedded_when_ctrl_c_then_stops_within_two_seconds(mall):
    mall.start().wait()
    assert (mall.database.parent / "media").is_dir()  # a backup asks for it

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
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{second.database}",
        "PORT": str(mall.port),
        "DJANGO_SETTINGS_MODULE": "",
    }
    environment.pop("DJANGO_SETTINGS_MODULE")

    refused = subprocess.run(
        [sys.executable, "-m", "mall.embedded"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert refused.returncode == 1
    other = re.search(r"Choose another: PORT=(\d+) ", refused.stderr)
    assert other and int(other[1]) > mall.port  # the first after it that is free


def test_embedded_when_two_start_at_once_on_one_port_then_one_serves_and_the_other_names_the_mend(
    tmp_path, tables
):
    port, malls = free_port(), []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        malls.append(Mall(tmp_path / name, tables))

    try:
        for each in malls:
            each.start(port)
        # the timeout of the suite bounds it
        while all(each.process.poll() is None for each in malls):
            time.sleep(0.05)
        loser, winner = sorted(malls, key=lambda each: each.process.poll() is None)

        assert winner.wait() == 200
        assert loser.process.returncode == 1
        assert "ose another: PORT=" in loser.log.read_text()
        assert loser.log.read_text().count("\n") == 1
        # refused before anything was prepared
        assert not loser.database.with_name("mall.sqlite3.shop.lock").exists()
    finally:
        for each in malls:
            each.stop()


def test_embedded_when_the_web_process_is_killed_then_another_takes_its_place(mall):
    mall.start().wait()
    (victim,) = children(mall.process.pid)

    os.kill(victim, signal.SIGKILL)
    deadline = time.monotonic() + START_SECONDS
    while victim in children(mall.process.pid) or not children(mall.process.pid):
        assert time.monotonic() < deadline, mall.log.read_text()
        time.sleep(0.1)

    assert mall.wait() == 200


@pytest.mark.parametrize(
    ("host", "changed", "told"),
    [
        ("127.0.0.1", (), {"admin-points-mall"}),
        ("localhost", (), {"admin-points-mall"}),
        (
            "0.0.0.0",
            (),
            {"admin-points-mall", "WARNING", "changepassword admin", "http://127.0.0.1:"},
        ),
        ("::", (), {"admin-points-mall", "WARNING", "changepassword admin"}),
        ("0.0.0.0", ("admin",), {"demo-points-mall", "WARNING", "changepassword demo"}),
        ("0.0.0.0", ("admin", "demo"), set()),
    ],
)
def test_announce_when_others_can_reach_the_shop_then_warns_of_passwords_everybody_knows(
    db, monkeypatch, settings, capsys, host, changed, told
):
    settings.DEMO_SIGN_INS = True
    monkeypatch.setenv("HOST", host)
    for name in ("demo", "admin"):
        password = "one-of-my-own" if name in changed else f"{name}-points-mall"
        register(username=name, email=f"{name}@example.com", password=password)

    embedded._announce()

    said = capsys.readouterr().out
    possible = {
        "demo-points-mall",
        "admin-points-mall",
        "WARNING",
        "changepassword admin",
        "changepassword demo",
    }
    assert told <= {word for word in {*possible, *told} if word in said}
    assert [f"{name}-points-mall" in said for name in changed] == [False] * len(changed)
    assert ("WARNING" in said) == ("WARNING" in told)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "99999"),
        ("PORT", "-1"),
        ("HOST", "nowhere.invalid"),
        ("HOST", "a..b"),
        ("HOST", "192.0.2.1"),
        ("GRANIAN_WORKERS", "many"),
        ("DATABASE_URL", "garbage"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("DATABASE_URL", "sqlite:////proc/nowhere/mall.sqlite3"),
        ("LOG_LEVEL", "loud"),
        ("FIELD_KEYS", "short"),
        ("LEDGER_KEY", "short"),
    ],
)
def test_embedded_when_a_value_makes_no_sense_then_says_so_in_plain_words(tmp_path, name, value):
    environment = {
        key: kept for key, kept in os.environ.items() if not key.startswith(("MALL_", "DJANGO_"))
    }
    environment |= {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'mall.sqlite3'}",
        "PORT": str(free_port()),
        name: value,
    }

    refused = subprocess.run(
        [sys.executable, "-m", "mall.embedded"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert refused.returncode == 1
    assert value.removeprefix("sqlite:///") in refused.stderr or name in refused.stderr
    assert "Traceback" not in refused.stderr
