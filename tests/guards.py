"""Keep one test's accident from becoming the accident of all that follow (`-p tests.guards`).

Written after a run of 450 s took an hour: a rate limit's window turned over inside one test, its
clean-up ran a command that ends in ``sys.exit(1)``, pytest skipped the remaining clean-ups for it,
and the transaction nobody rolled back made every later test of that worker wait for its locks. Each
link of that chain is cut here.
"""

import fcntl
import os
import time
from contextlib import suppress
from functools import wraps
from pathlib import Path

import pytest

from tests.parts import commits, runs_alone

TURN_SECONDS = 600  # longer than any test may run (pyproject.toml)
GOODBYE_SECONDS = 5


def pytest_addoption(parser):
    parser.addoption(
        "--at", help="let every test begin at this time of the shop, e.g. 2028-02-29T00:05"
    )


# --- the time of day ----------------------------------------------------------
@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Travel before anything asks for the time: the suite must be green at each hour of each
    day.
    """
    moment = config.getoption("--at")
    if moment:
        import time_machine

        config.stash[_TRAVEL] = time_machine.travel(f"{moment}+08:00", tick=True)
        config.stash[_TRAVEL].start()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Come back."""
    if _TRAVEL in config.stash:
        config.stash[_TRAVEL].stop()


_TRAVEL = pytest.StashKey()


# --- turns --------------------------------------------------------------------
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """Run races alone: under xdist another worker's load would blur their times and the server's
    counters.
    """
    folder = os.environ.get("MALL_TEST_FOLDER")
    if folder is None:
        return (yield)
    # Who waits to be alone holds the door, so that those who share do not pass for ever.
    with open(Path(folder) / "door", "a") as door, open(Path(folder) / "turns", "a") as turns:
        _wait_for(door, fcntl.LOCK_EX)
        _wait_for(turns, fcntl.LOCK_EX if runs_alone(item) else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        return (yield)


def _wait_for(file, lock):
    """Take a lock, or go on without it: a neighbour that never ends must not end this worker
    too.
    """
    pause = 0.002
    for _ in range(int(TURN_SECONDS / 0.05)):
        try:
            return fcntl.flock(file, lock | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
            pause = min(0.05, pause * 2)
    return None


# --- clean-ups ----------------------------------------------------------------
@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    """Turn an exit in a fixture's clean-up into a failure: pytest would skip the clean-ups still to
    come.
    """
    outcome = yield
    finalizers = fixturedef._finalizers
    finalizers[:] = [fin if getattr(fin, "_stays", False) else _staying(fin) for fin in finalizers]
    return outcome


def _staying(finalizer):
    @wraps(finalizer, assigned=())
    def clean_up():
        try:
            finalizer()
        except SystemExit as left:
            raise AssertionError(f"a clean-up ended in sys.exit({left.code!r})") from left

    clean_up._stays = True
    return clean_up


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    """Name the test that left a transaction open, and leave nothing of it to the next one."""
    left = _close_strangers() if commits(item) else []
    try:
        yield
    finally:
        open_still = _close_broken(
            expected=item.cls is not None and item.cls is getattr(nextitem, "cls", None)
        )
    assert not left, f"{item.nodeid} left transactions on the server, now ended: {left}"
    assert not open_still, (
        f"{item.nodeid} left its connection inside a transaction; it has a new one now"
    )


def _close_strangers():
    """End the transactions that threads or killed workers left on MariaDB: emptying the tables
    would wait for them.
    """
    from django.db import connection

    if connection.vendor != "mysql" or connection.in_atomic_block or connection.connection is None:
        return []
    sql = (
        "SELECT p.id, LEFT(COALESCE(p.info, 'idle'), 120) FROM information_schema.innodb_trx t"
        " JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id WHERE p.db = "
        "DATABASE() AND p.id <> CONNECTION_ID()"
    )
    try:
        cursor = connection.cursor()
    except RuntimeError:  # the test never got as far as its database
        return []
    with cursor:
        for _ in range(GOODBYE_SECONDS * 10):
            cursor.execute(sql)
            found = cursor.fetchall()
            if not found:
                return []
            time.sleep(0.1)
        for number, _statement in found:
            with suppress(Exception):  # it may have gone by itself
                cursor.execute(f"KILL {int(number)}")
    return found


def _close_broken(*, expected):
    """Give the next test a fresh connection when this one still believes to be inside a
    transaction.

    ``expected``: the next test is of the same class, which may have a sound transaction around all
    its tests.
    """
    from django.conf import settings

    if not settings.configured:
        return False
    from django.db import connection

    if not connection.in_atomic_block or (expected and not connection.needs_rollback):
        return False
    with suppress(Exception):  # whatever ails it, it is thrown away
        connection.close()
    connection.connection = None
    connection.in_atomic_block = connection.needs_rollback = connection.closed_in_transaction = (
        False
    )
    connection.savepoint_ids, connection.atomic_blocks, connection.run_on_commit = [], [], []
    return True
