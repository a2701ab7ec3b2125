"""T7 and T8: kill -9 in the middle of a transaction, of a worker or of the whole database.

What was acknowledged is there, all else is whole or absent, and no lock outlives its owner.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection

from mall import verification
from tests.conftest import ROOT
from tests.factories.orders import give_points, virtual_sku
from tests.factories.points import member_with
from tests.faults import toiler
from tests.services import start_mariadb
from tests.waiting import eventually

pytestmark = [pytest.mark.mariadb, pytest.mark.own_servers, pytest.mark.django_db(transaction=True)]
PATIENCE_SECONDS = 60
STARTING_SECONDS = 240  # Django, on a machine that does much else


class Zygote:
    """The process that forks toilers, and all that they said."""

    def __init__(self, environment, log, module="tests.faults.toiler"):
        self.said, self.news = [], threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            text=True, process_group=0,
        )  # fmt: skip
        self.ear = threading.Thread(target=self._listen, daemon=True)
        self.ear.start()
        self.wait_for(lambda: "zygote ready" in self.said, STARTING_SECONDS)

    def _listen(self):
        for line in self.process.stdout:
            with self.news:
                self.said.append(line.strip())
                self.news.notify_all()

    def wait_for(self, heard, seconds=PATIENCE_SECONDS):
        with self.news:
            assert self.news.wait_for(heard, seconds), self.said[-5:]

    def of(self, name):
        return [line for line in self.said if line.startswith(f"{name} ")]

    def fork(self, name, skus, members, dies_at=0) -> int:
        """Let a child toil; returns its process id."""
        numbers = [",".join(str(row) for row in rows) for rows in (skus, members)]
        return self.ask(name, f"{name} {' '.join(numbers)} {dies_at}")

    def ask(self, name, line) -> int:
        """Have a child born by a line; returns its process id."""
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        self.wait_for(lambda: self.of(name))
        return int(self.of(name)[0].split()[2])

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.ear.join(5)


@pytest.fixture
def zygote(environment_of_test, tmp_path):
    """zygote(**environment) -> a Zygote on this test's database, or on another."""
    made = []
    with (tmp_path / "toilers.log").open("wb") as log:

        def start(**more):
            made.append(Zygote({**environment_of_test, **more}, log))
            return made[-1]

        yield start
        for one in made:
            one.stop()


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    "deaths", [4, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_worker_when_killed_amid_a_transaction_then_what_it_acknowledged_stands_without_locks(
    zygote, deaths
):
    """T7. By turns it is shot from outside at some moment, or falls at a chosen statement."""
    members = [member_with(100_000) for _ in range(2)]
    skus = [virtual_sku(points=1, stock=1_000_000) for _ in range(4)]
    nursery, seed = zygote(), random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - replays a failure
    chance = random.Random(seed)

    for death in range(deaths):
        name = f"t{seed}-{death}"
        pid = nursery.fork(
            name,
            [sku.pk for sku in skus],
            [member.pk for member in members],
            dies_at=chance.randint(3, 60) * (death % 2),
        )
        if death % 2 == 0:
            nursery.wait_for(lambda name=name: len(nursery.of(name)) > 3)
            time.sleep(chance.uniform(0, 0.03))
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda pid=pid: is_gone(pid), pause=0.005)
        for member in members:  # raises Busy after three seconds of a lock nobody holds any more
            give_points(member, 1)
        assert verification.verify() == []

    nursery.stop()
    assert toiler.missing(nursery.said[1:]) == []
    assert sum(" order " in line for line in nursery.said) >= deaths // 2
    assert verification.verify() == []


@pytest.fixture(scope="module")
def durable(tmp_path_factory):
    """A MariaDB of its own that keeps its promises on disk."""
    server = start_mariadb(tmp_path_factory.mktemp("d"), durable=True)
    yield server
    server.kill()


@pytest.mark.parametrize(
    "deaths", [1, pytest.param(10, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_database_when_killed_under_load_then_no_acknowledged_fact_is_lost_and_none_is_halved(
    zygote, durable, environment_of_test, deaths
):
    """T8. Four workers order, cancel and earn while the server is killed and started again."""
    url = {"MALL_TEST_DATABASE_URL": durable.url}

    def shell(code, feed=""):
        command = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**environment_of_test, **url},
            input=feed,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    copy_tables(durable)
    skus, members = json.loads(shell(FURNISH).splitlines()[-1])
    nursery = zygote(**url)
    for n in range(4):
        nursery.fork(f"toiler{deaths}-{n}", skus, members)
    for _ in range(deaths):
        before = len(nursery.said)
        nursery.wait_for(lambda before=before: len(nursery.said) > before + 40)
        durable.kill()
        durable.start()
        durable.wait_until(lambda: is_answering(durable))
        again = len(nursery.said)
        # the same workers go on by themselves
        nursery.wait_for(lambda again=again: len(nursery.said) > again + 20)

    nursery.stop()
    assert json.loads(shell(LOOK, feed="\n".join(nursery.said[1:])).splitlines()[-1]) == {
        "missing": [],
        "findings": [],
    }


def copy_tables(server):
    """Give another server the tables of this test's database and the rows that migrations made:
    migrating would take longer.
    """
    import MySQLdb

    there = MySQLdb.connect(
        user="root",
        unix_socket=server.url.partition("unix_socket=")[2],
        charset="utf8mb4",
        autocommit=True,
    )
    with there.cursor() as write, connection.cursor() as read:
        write.execute("SHOW DATABASES LIKE 'mall'")
        if write.fetchone():
            return
        write.execute("CREATE DATABASE mall CHARACTER SET utf8mb4")
        write.execute("USE mall")
        write.execute("SET foreign_key_checks = 0")
        for table in connection.introspection.table_names(read):
            read.execute(f"SHOW CREATE TABLE `{table}`")
            write.execute(read.fetchone()[1])
            read.execute(f"SELECT * FROM `{table}`")
            if rows := read.fetchall():
                write.executemany(
                    f"INSERT INTO `{table}` VALUES ({', '.join(['%s'] * len(rows[0]))})", rows
                )
    there.close()


FURNISH = """
import json
from uuid import uuid4
from accounts.registration import register
from tests.factories.orders import give_points, virtual_sku
members = [
    register(username=uuid4().hex[:12], email=f"{uuid4().hex}@example.com", password="x" * 12)
    for _ in range(4)
]
for member in members:
    give_points(member, 100_000)
skus = [virtual_sku(points=1, stock=1_000_000).pk for _ in range(4)]
print(json.dumps([skus, [member.pk for member in members]]))
"""
LOOK = """
import json, sys
from mall import verification
from tests.faults import toiler
missing = toiler.missing(sys.stdin.read().splitlines())
findings = [finding.as_dict() for finding in verification.verify()]
print(json.dumps({"missing": missing, "findings": findings}))
"""


def is_answering(server):
    """Whether a crashed server has recovered: its socket listens before it takes questions."""
    import MySQLdb

    try:
        MySQLdb.connect(
            user="root", unix_socket=server.url.partition("unix_socket=")[2], connect_timeout=1
        ).close()
    except MySQLdb.Error:
        return False
    return True
