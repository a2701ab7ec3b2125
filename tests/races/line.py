"""Requests that stand in a lane (mall/core/lane.py), one after the other."""

import threading
import time

from django.db import connections

from mall.core import lane

SECONDS = 20  # for whatever a test waits for


class Line:
    """Requests in threads that come one after the other while somebody leads their lane."""

    def __init__(self, thing):
        self.thing, self.outcomes, self.threads, self.leader = thing, [], [], None

    def lead(self):
        """Be the one who is served just now."""
        self.leader = lane.enter(self.thing, lane.Ticket(0, None))
        return self

    def join(self, verb):
        """Have a thread do ``verb`` and wait until it stands in the lane."""
        length = lane.waiting(self.thing)
        self.start(verb)
        until(lambda: lane.waiting(self.thing) == length + 1)

    def start(self, verb):
        """Have a thread do ``verb``."""
        place = len(self.outcomes)
        self.outcomes.append(TimeoutError("no answer"))

        def one():
            try:
                self.outcomes[place] = verb()
            except BaseException as error:  # noqa: BLE001 - the test judges it
                self.outcomes[place] = error
            finally:
                connections.close_all()

        self.threads.append(threading.Thread(target=one, daemon=True))
        self.threads[-1].start()

    def go(self):
        """Be done, and return what came of all who waited."""
        lane.hand_on(self.thing, self.leader)
        for thread in self.threads:
            thread.join(SECONDS)
        return self.outcomes


def until(said):
    deadline = time.perf_counter() + SECONDS
    while not said():
        assert time.perf_counter() < deadline, "it never came to that"
        time.sleep(0.002)


def stand_in_line(thing, verbs) -> list:
    """Have requests wait in this order, and return what came of them."""
    line = Line(thing).lead()
    for verb in verbs:
        line.join(verb)
    return line.go()
