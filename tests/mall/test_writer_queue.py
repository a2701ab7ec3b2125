"""Writers of one SQLite file: in the order in which they came, and the line goes on whatever
happens to one of them.

The file is the test's own, so these run beside any database of the shop.
"""

import gc
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from itertools import groupby

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction

from mall.core import faults
from mall.database.sqlite3 import patience as patience_of_queue
from mall.database.sqlite3.writer_queue import LOOK_SECONDS, queue_of
from mall.settings.databases import SQLITE_ENGINE, SQLITE_OPTIONS

ASIDE = "aside"
SECONDS = 20
# Holds the file until it is told to stop, or killed.
HOLDER = """
import sqlite3, sys
own = sqlite3.connect(sys.argv[1], isolation_level=None)
own.execute("BEGIN IMMEDIATE")
print("holds", flush=True)
sys.stdin.read()
own.execute("COMMIT")
"""


@pytest.fixture
def path(tmp_path, django_db_blocker):
    """A file of its own behind the backend, with one table that every thread may write."""
    path = tmp_path / "aside.sqlite3"
    connections.settings[ASIDE] = {
        **connections.settings["default"],
        "ENGINE": SQLITE_ENGINE,
        "NAME": str(path),
        "OPTIONS": SQLITE_OPTIONS,
    }
    with django_db_blocker.unblock():
        execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        execute(
            "CREATE TABLE wrote (who TEXT, of INTEGER REFERENCES parent "
            "DEFERRABLE INITIALLY DEFERRED)"
        )
        yield path
        connections[ASIDE].close()
        del connections[ASIDE], connections.settings[ASIDE]


def execute(sql, params=()):
    with connections[ASIDE].cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def write(who, of=None):
    execute("INSERT INTO wrote VALUES (%s, %s)", [who, of])


def written():
    return [who for (who,) in execute("SELECT who FROM wrote ORDER BY rowid")]


def in_line(path):
    return len(queue_of(path)._waiting)


def until(what):
    """Wait for something that another thread brings about."""
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@contextmanager
def thread(act, *args):
    """A thread with a connection of its own; what it raised is kept in ``raised``."""
    raised = []

    def run():
        try:
            act(*args)
        except Exception as error:  # noqa: BLE001 - the test judges it
            raised.append(error)
        finally:
            connections[ASIDE].close()

    started = threading.Thread(target=run, daemon=True)
    started.raised = raised
    started.start()
    yield started
    started.join(SECONDS)
    assert not started.is_alive()


def write_in_turn(who):
    with transaction.atomic(ASIDE):
        write(who)


@contextmanager
def patience(seconds):
    """Connections made inside give up after so long."""
    connections.settings[ASIDE]["OPTIONS"] = {**SQLITE_OPTIONS, "timeout": seconds}
    yield
    connections.settings[ASIDE]["OPTIONS"] = SQLITE_OPTIONS


@contextmanager
def another_process_holding(path):
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"holds\n"
        yield holder


def test_begin_when_others_wait_then_each_in_the_order_in_which_it_came(path):
    threads = []

    with transaction.atomic(ASIDE):
        for number in range(6):
            threads.append(thread(write_in_turn if number % 2 else write, str(number)))
            threads[-1].__enter__()
            until(lambda wanted=number + 1: in_line(path) == wanted)
        write("first")
    for waited in threads:
        waited.__exit__(None, None, None)

    assert written() == ["first", *"012345"]


def test_begin_when_a_thread_serves_nobody_then_it_writes_whole_beside_others(path):
    def sweep():
        patience_of_queue.serve_nobody()
        for _turn in range(5):
            with transaction.atomic(ASIDE):  # inside its turn it rests no more
                write("sweep")
                write("sweep")

    with thread(sweep) as swept, thread(lambda: [write_in_turn("shopper") for _ in range(5)]):
        pass

    assert swept.raised == []
    assert sorted(written()) == ["shopper"] * 5 + ["sweep"] * 10
    assert all(len(list(turn)) % 2 == 0 for who, turn in groupby(written()) if who == "sweep")


def test_begin_when_eight_threads_write_without_a_pause_then_nobody_is_left_behind(
    path, run_threads
):
    def shopper(number):
        for _turn in range(25):
            write_in_turn(str(number))
        return "done"

    outcomes = run_threads(8, shopper)

    assert outcomes == ["done"] * 8
    order = written()
    assert len(order) == 200
    assert queue_of(path)._writer is None and in_line(path) == 0


def test_read_when_another_writes_then_it_does_not_wait(path):
    write("before")

    with transaction.atomic(ASIDE):
        write("meanwhile")
        read = []
        with thread(lambda: read.append(written())):
            pass

    assert read == [["before"]]


@pytest.mark.parametrize("fails", ["in the middle", "at COMMIT"])
def test_begin_when_the_one_before_failed_then_the_next_writes(path, fails):
    error = ValueError if fails == "in the middle" else IntegrityError

    with pytest.raises(error), transaction.atomic(ASIDE):
        write("lost", of=None if fails == "in the middle" else 7)
        if fails == "in the middle":
            raise ValueError

    with thread(write_in_turn, "next") as other:
        pass
    assert (other.raised, written()) == ([], ["next"])


def test_write_when_a_single_statement_failed_then_the_next_writes(path):
    with pytest.raises(OperationalError, match="no such table"):
        execute("INSERT INTO nowhere VALUES (1)")

    with thread(write, "next") as other:
        pass
    assert (other.raised, written()) == ([], ["next"])


def test_begin_when_the_wait_is_in_vain_then_locked_and_the_place_is_given_up(path):
    with transaction.atomic(ASIDE):
        write("first")
        with patience(0.05), thread(write_in_turn, "impatient") as impatient:
            pass
        assert in_line(path) == 0
    with thread(write_in_turn, "later") as later:
        pass

    (error,) = impatient.raised
    assert isinstance(error, OperationalError)
    assert faults.is_passing(error) and not faults.is_lost(error)
    assert (later.raised, written()) == ([], ["first", "later"])


def test_begin_when_a_connection_was_closed_amid_its_transaction_then_the_next_writes(path):
    def leaves():
        with transaction.atomic(ASIDE):
            write("lost")
            connections[ASIDE].close()

    with thread(leaves):
        pass
    with thread(write_in_turn, "next") as other:
        pass

    assert (other.raised, written()) == ([], ["next"])


def test_begin_when_a_thread_ended_amid_its_transaction_then_the_next_writes(path):
    """Nobody rolls back: the connection goes with the thread, as its transaction does."""

    def forgets():
        transaction.atomic(ASIDE).__enter__()
        write("lost")

    forgetful = threading.Thread(target=forgets)
    forgetful.start()
    forgetful.join()
    with thread(write_in_turn, "next") as other:
        gc.collect()
        other.join(SECONDS)

    assert (other.raised, written()) == ([], ["next"])
    assert LOOK_SECONDS < SECONDS


@pytest.mark.parametrize("ends", ["says so", "is killed"])
def test_begin_when_another_process_writes_then_it_waits_for_its_end(path, ends):
    with another_process_holding(path) as holder, thread(write_in_turn, "after") as waiting:
        until(lambda: queue_of(path)._writer is not None)
        time.sleep(0.05)  # longer than SQLite alone is asked to wait at a time
        assert waiting.is_alive()
        if ends == "is killed":
            holder.kill()
        else:
            holder.stdin.close()
        waiting.join(SECONDS)

    assert (waiting.raised, written()) == ([], ["after"])


def test_begin_when_another_process_writes_too_long_then_locked_and_the_line_goes_on(path):
    with another_process_holding(path) as holder:
        with patience(0.1), thread(write_in_turn, "impatient") as impatient:
            pass
        holder.stdin.close()
    with thread(write_in_turn, "later") as later:
        pass

    (error,) = impatient.raised
    assert faults.is_passing(error)
    assert (later.raised, written()) == ([], ["later"])


def test_begin_when_the_process_was_forked_amid_a_transaction_then_the_child_has_a_line_of_its_own(
    path,
):
    with transaction.atomic(ASIDE):
        write("parent")
        child = os.fork()
        if child == 0:
            os._exit(0 if queue_of(path)._writer is None else 1)
        assert os.waitpid(child, 0)[1] == 0


def test_patience_when_begun_then_single_statements_wait_as_long_as_before(path):
    with transaction.atomic(ASIDE):
        pass

    assert execute("PRAGMA busy_timeout") == [(SQLITE_OPTIONS["timeout"] * 1000,)]
    assert sqlite3.sqlite_version_info >= (3, 35)
