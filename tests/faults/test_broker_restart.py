"""The broker is killed and started again while a worker is at a long task: what comes next goes to
its idle process.
"""

import os
import signal
import subprocess
import sys

import pytest
from celery import Celery
from redis import Redis

from tests.conftest import ROOT
from tests.services import start_redis
from tests.waiting import eventually

LONG_SECONDS = 60


@pytest.fixture
def broker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("b")
    server = start_redis(folder)
    yield server
    server.kill()


@pytest.fixture
def worker(broker, tmp_path):
    """Our application's worker as docker-compose.yml starts it, on a broker of its own."""
    environment = {
        **os.environ,
        "MALL_TEST_REDIS_URL": broker.url,
        "DJANGO_SETTINGS_MODULE": "mall.settings.test",
    }
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "mall",
        "worker",
        "--concurrency",
        "2",
        "-I",
        "tests.faults.slow",
    ]
    with (tmp_path / "worker.log").open("wb") as words:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=words, stderr=words, process_group=0
        )
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def is_listening(path):
    """Whether a worker waits at the broker for its next message."""
    with Redis(unix_socket_path=path) as link:
        return any(client["cmd"] == "brpop" for client in link.client_list())


@pytest.mark.long
@pytest.mark.timeout(400)
def test_worker_when_the_broker_came_back_amid_a_long_task_then_all_but_one_new_task_flow(
    broker, worker, tmp_path
):
    """Finding of celery 5.6.3: as it comes, all wait for the long one
    (findings/celery-after-a-broker-restart.sh).
    """
    path = broker.url.removeprefix("unix://").partition("?")[0]
    app = Celery(broker=f"redis+socket://{path}?virtual_host=1", set_as_current=False)
    marks = {
        name: (tmp_path / f"{name}-began", tmp_path / f"{name}-done")
        for name in ("long", "a", "b", "c", "d")
    }

    def ask(name, seconds):
        app.send_task("tests.slow", (seconds, *map(str, marks[name])))

    ask("long", LONG_SECONDS)
    assert eventually(marks["long"][0].exists, seconds=120)
    broker.kill()
    os.unlink(path)
    broker.start()
    assert eventually(lambda: os.path.exists(path) and is_listening(path), seconds=60)

    for name in ("a", "b", "c", "d"):
        ask(name, 0)

    def flowed():
        return sum(marks[name][1].exists() for name in ("a", "b", "c", "d"))

    assert eventually(lambda: flowed() == 3, seconds=LONG_SECONDS / 2), flowed()
    assert not marks["long"][1].exists()
    assert eventually(lambda: flowed() == 4, seconds=LONG_SECONDS)
