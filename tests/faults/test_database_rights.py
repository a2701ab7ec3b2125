"""Who serves asks its own connection what it may do: web, worker, beat and `check --deploy` refuse
a user that could rewrite history.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from mall.database.rights import WideRights, verify
from tests.faults import users as database_users
from tests.faults.users import APP, MIGRATOR, signed_in_as
from tests.mall.test_production import GOOD
from tests.services import start_mariadb
from tests.serving import free_port

pytestmark = [pytest.mark.mariadb, pytest.mark.own_servers, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
CELERY = [sys.executable, "-m", "celery", "-A", "mall"]
WEB = [str(ROOT / "ops/serve")]
# Without trying again: on a slow machine each process takes longer to refuse than granian thinks a
# crash takes.
SERVING = {
    "web": [*WEB, "--no-respawn-failed-workers"],
    "worker": [*CELERY, "worker", "-P", "solo"],
    "beat": [*CELERY, "beat", "--pidfile="],
}
CHECK = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]


def environment_of(name, **changes):
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")}
    socket = connection.settings_dict["OPTIONS"]["unix_socket"]
    url = f"mysql://{name}:{database_users.PASSWORD}@localhost/{database_users.database()}?unix_socket={socket}"
    ours = {
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": url,
        "HOST": "127.0.0.1",
        "WEB_PROCESSES": "1",
    }
    return {**kept, **GOOD, **ours, **changes}


def run(command, name, **changes):
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment_of(name, **changes),
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def widened(made):
    """The application as an earlier release or another hand left it."""
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT UPDATE ON `{database_users.database()}`.* TO '{APP}'@'%'")
    yield APP
    with signed_in_as(MIGRATOR):
        database_users.grant_tables()


@pytest.fixture
def web(tmp_path):
    """web(name, **environment) -> knock(path) -> status, of a real server process that has
    started.
    """
    port, processes, log = free_port(), [], tmp_path / "web.log"

    def knock(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code

    def start(name, **changes):
        environment = environment_of(name, PORT=str(port), **changes)
        with log.open("wb") as words:
            process = subprocess.Popen(
                WEB, cwd=ROOT, env=environment, stdout=words, stderr=words, process_group=0
            )
        processes.append(process)
        for _ in range(600):
            try:
                assert knock("/healthz") == 200
                return knock
            except OSError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
        raise AssertionError(log.read_text())

    yield start
    for process in processes:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def until(happened):
    """Wait for what /readyz looks at beside the requests."""
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("part", ["web", "worker", pytest.param("beat", marks=pytest.mark.long)])
def test_start_when_the_user_could_rewrite_history_then_refuses_with_a_sentence(widened, part):
    refused = run(SERVING[part], widened)

    assert refused.returncode == 1, refused.stderr
    assert "The mall does not start:\n  The database user" in refused.stderr
    assert f"REVOKE UPDATE ON `{database_users.database()}`.* FROM `{APP}`@`%`" in refused.stderr
    assert "Traceback" not in refused.stderr and database_users.PASSWORD not in refused.stderr


def test_start_when_the_rights_are_narrow_then_web_serves(made, web):
    knock = web(APP)

    assert knock("/healthz") == 200


def test_start_when_the_database_is_away_then_web_starts_and_is_not_ready(made, web):
    knock = web(APP, DATABASE_URL="mysql://mall:secret@127.0.0.1:1/mall")

    assert knock("/healthz") == 200
    until(lambda: knock("/readyz") == 503)


def test_start_when_the_database_comes_back_with_a_wide_user_then_no_connection_is_used(
    widened, web, tmp_path
):
    socket = Path(connection.settings_dict["OPTIONS"]["unix_socket"])
    later = tmp_path / "s"
    knock = web(
        widened,
        DATABASE_URL=f"mysql://{widened}:{database_users.PASSWORD}@localhost/{database_users.database()}?unix_socket={later}",
    )
    until(lambda: knock("/readyz") == 503)

    later.symlink_to(socket)

    until(
        lambda: (
            knock("/readyz") == 503
            and "database rights too wide" in (tmp_path / "web.log").read_text()
        )
    )
    with signed_in_as(MIGRATOR):
        database_users.grant_tables()
    until(lambda: knock("/readyz") == 200)


def test_check_when_a_user_could_rewrite_history_then_an_error_says_so_of_each_connection(widened):
    copy = environment_of(MIGRATOR)["DATABASE_URL"]

    checked = run(CHECK, widened, DATABASE_REPLICA_URL=copy)

    assert checked.returncode == 1
    assert re.search(
        rf"DATABASES\['default'\]: \(mall.E001\) The database user {APP}@% holds UPDATE .* REVOKE "
        rf"UPDATE",
        checked.stderr,
    )
    assert re.search(
        rf"DATABASES\['replica'\]: \(mall.E001\) The database user {MIGRATOR}@% holds ALL",
        checked.stderr,
    )


def test_check_when_the_rights_are_narrow_then_nothing_to_say(made):
    checked = run(CHECK, APP)

    assert (checked.returncode, "no issues" in checked.stdout) == (0, True), checked.stderr


def test_migrate_when_run_by_the_migrator_then_its_wide_rights_are_no_reason_to_refuse(
    made, settings
):
    settings.DATABASE_RIGHTS_DEMANDED = True

    with signed_in_as(MIGRATOR):
        call_command("migrate", verbosity=0, interactive=False)


@pytest.fixture
def own_server():
    """own_server(*options) -> the OPTIONS of a connection to a server of the test's own that was
    started with them.
    """
    folder = tempfile.mkdtemp(prefix="mall", dir="/tmp")  # a socket's path is short
    server = start_mariadb(folder)

    def started(*options):
        server.kill()
        server.command.extend(options)
        server.start()
        there = {**connection.settings_dict["OPTIONS"], "unix_socket": f"{folder}/db.sock"}
        with signed_in_as("root", "", OPTIONS=there, NAME="mysql"):
            server.wait_until(_answers)
        return there

    yield started
    server.kill()
    shutil.rmtree(folder)


@pytest.mark.long
def test_verify_when_the_database_asks_nobody_for_rights_then_it_is_too_much(made, own_server):
    there = own_server("--skip-grant-tables")

    with (
        signed_in_as("anybody", "", OPTIONS=there, NAME="mysql"),
        pytest.raises(WideRights, match="asks nobody for rights"),
    ):
        verify(connection)


@pytest.mark.long
def test_verify_when_the_server_writes_names_small_then_rights_on_one_table_are_seen(
    made, own_server
):
    if not connection.mysql_is_mariadb:
        pytest.skip("MySQL decides on its first day how names are written")
    there = own_server("--lower-case-table-names=1")
    with signed_in_as("root", "", OPTIONS=there, NAME="mysql"), connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE Mall")
        cursor.execute("CREATE TABLE Mall.points_ledgerentry (id INT PRIMARY KEY)")
        cursor.execute("CREATE USER wide IDENTIFIED BY 'a-password'")
        cursor.execute("GRANT SELECT, INSERT, UPDATE ON Mall.points_ledgerentry TO wide")

    with (
        signed_in_as("wide", "a-password", OPTIONS=there, NAME="Mall"),
        pytest.raises(WideRights, match="UPDATE on `mall`"),
    ):
        verify(connection)


def _answers():
    try:
        connection.ensure_connection()
    except OperationalError:
        return False
    return True
