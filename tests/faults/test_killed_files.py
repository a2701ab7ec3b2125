"""A worker is killed (kill -9) while it looks a file over or carries it out: the next one goes on,
nothing is doubled and nothing lost.
"""

import subprocess
import sys

import pytest

from mall import verification
from mall.core import file_jobs
from tests.conftest import ROOT
from tests.files_brought import KINDS, MANY, booked, colleague

pytestmark = [pytest.mark.mariadb, pytest.mark.own_servers, pytest.mark.django_db(transaction=True)]
PAST = "2020-01-01T00:00Z"


@pytest.fixture
def killed_at(environment_of_test, tmp_path):
    """killed_at(kind, n): a worker carries on such files and is killed at its n-th note."""

    def kill(kind, times):
        command = [sys.executable, "-m", "tests.faults.clerk", kind, str(times)]
        with (tmp_path / "clerk.log").open("wb") as log:
            worker = subprocess.Popen(
                command, cwd=ROOT, env=environment_of_test, stdout=subprocess.PIPE, stderr=log
            )
            said = worker.stdout.readline()
            worker.kill()
            worker.wait()
        assert said == b"stands still\n", (tmp_path / "clerk.log").read_text()[-2000:]

    return kill


@pytest.mark.parametrize(("name", "looks", "works"), [
    ("goods", 2, 2), ("members", 2, 1), ("numbers", 1, 1), ("history", 1, 2),
])  # fmt: skip
def test_worker_when_killed_amid_a_look_and_amid_the_work_then_all_is_there_once(
    operator, killed_at, waits, name, looks, works
):
    colleague()
    brought = KINDS[name]
    row = brought.row(operator)

    killed_at(name, looks)
    between = brought.at(row)
    early = file_jobs.carry_on(brought.kind)
    type(row).objects.update(claimed_until=PAST)
    looked = file_jobs.carry_on(brought.kind)
    checked = brought.at(row)
    brought.let_in(checked, operator=operator)
    killed_at(name, works)
    half = brought.at(row), brought.written()
    type(row).objects.update(claimed_until=PAST)
    done = file_jobs.carry_on(brought.kind)

    assert (between.status, early, looked, checked.status) == ("looking", 0, 1, "checked")
    assert checked.new == checked.rows > half[1]
    assert (half[0].status, done, brought.at(row).status) == ("running", 1, "done")
    now = brought.at(row)
    assert (now.new, now.known, now.refused) == (checked.rows, 0, 0)
    assert brought.written() == checked.rows
    assert booked() == (7 * MANY if name == "goods" else 0)
    assert file_jobs.carry_on(brought.kind) == 0
    assert verification.verify() == []
