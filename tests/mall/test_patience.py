"""Threads that serve nobody give way to who serves somebody, and come to their end all the same.

The clock is the test's own: whoever rests moves it on, and somebody may come to write meanwhile.
"""

import threading
from types import SimpleNamespace

import pytest

from mall.database.sqlite3 import patience
from mall.database.sqlite3.patience import LULL_SECONDS, MOST_SECONDS, REST

WORKED = 0.03  # seconds of the processor


class Clock:
    """Seconds as they pass; ``meanwhile`` is called while somebody rests."""

    def __init__(self):
        self.now, self.used, self.rested, self.meanwhile = 100.0, 0.0, 0.0, lambda: None

    def sleep(self, seconds):
        self.now += seconds
        self.rested += seconds
        self.meanwhile()


@pytest.fixture
def clock(monkeypatch):
    """The clock of this thread, which serves nobody."""
    clock = Clock()
    told = {"monotonic": lambda: clock.now, "thread_time": lambda: clock.used}
    monkeypatch.setattr(patience, "time", SimpleNamespace(sleep=clock.sleep, **told))
    monkeypatch.setattr(patience, "_here", threading.local())
    monkeypatch.setattr(patience, "_last_served", float("-inf"))
    patience.serve_nobody()
    return clock


def somebody_writes():
    """A thread that serves a visitor comes to write."""
    visitor = threading.Thread(target=patience.give_way)
    visitor.start()
    visitor.join()


def test_give_way_when_visitors_write_all_the_time_then_it_rests_by_what_it_used(clock):
    clock.meanwhile = somebody_writes
    somebody_writes()
    clock.used += WORKED

    patience.give_way()

    assert clock.rested == pytest.approx(REST * WORKED)


def test_give_way_when_it_used_nothing_since_then_it_goes_on_at_once(clock):
    somebody_writes()
    clock.used += WORKED
    patience.give_way()
    rested = clock.rested

    somebody_writes()
    patience.give_way()

    assert clock.rested == rested


def test_give_way_when_nobody_writes_then_it_goes_on_at_once(clock):
    somebody_writes()
    clock.now += LULL_SECONDS
    clock.used += WORKED

    patience.give_way()

    assert clock.rested == 0


def test_give_way_when_the_last_visitor_has_gone_then_it_rests_no_longer_than_a_lull(clock):
    somebody_writes()
    clock.used += 10 * WORKED

    patience.give_way()

    assert clock.rested == pytest.approx(LULL_SECONDS)


def test_give_way_when_it_worked_for_minutes_then_it_comes_to_an_end(clock):
    clock.meanwhile = somebody_writes
    somebody_writes()
    clock.used += 100.0

    patience.give_way()

    assert MOST_SECONDS <= clock.rested < MOST_SECONDS + LULL_SECONDS


def test_give_way_when_a_visitor_is_served_then_never(clock):
    somebody_writes()

    somebody_writes()

    assert clock.rested == 0
