"""Hot redemption by API beside the same transaction with nothing in front of it: 32 connections of
mysqlclient that send its statements and do nothing else, on copies of our own tables.
"""

import json
import subprocess
import sys

from benchmarks import redeem
from benchmarks.figures import door
from benchmarks.stage import NOW
from benchmarks.targets import DRIVER

DATABASE = "driver"
PROCESSES, THREADS = 2, 16


def run(stage) -> list[dict]:
    """Return the door."""
    ours, alone = [], []
    request = redeem.requests({NOW: stage.houses[NOW]}, redeem.hot)[NOW]
    stage.servers.create(DATABASE)
    plan = stage.houses[NOW].ask("benchmarks.inside.plan", database=DATABASE)
    for _turn in range(stage.size.rounds):
        ours.append(stage.knock(stage.houses[NOW], request)["ok_per_second"])
        alone.append(_drive(stage, plan))
    stage.verify()
    middle = stage.size.rounds // 2
    values = {NOW: sorted(ours)[middle], DRIVER: sorted(alone)[middle]}
    return [door("redeem, one hot, beside mysqlclient alone", values, "ok/s")]


def _drive(stage, plan) -> float:
    """Return the transactions a second of all connections together."""
    words = plan | {
        "socket": str(stage.servers.socket),
        "database": DATABASE,
        "seconds": stage.size.seconds,
        "threads": THREADS,
    }
    started = []
    for number in range(PROCESSES):
        command = [sys.executable, "-m", "benchmarks.bare", json.dumps(words | {"number": number})]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    told = [(one.communicate()[0], one.returncode) for one in started]
    if any(code for _said, code in told):
        raise SystemExit("The bare connections failed; see above.")
    return sum(float(said) for said, _code in told)
