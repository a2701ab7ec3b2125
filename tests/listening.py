"""A listener for the length of a test, beside those of the pages."""

from contextlib import contextmanager
from datetime import timedelta

import time_machine

from mall.core import clock, events
from points.models import PointAccount


@contextmanager
def hearing(*kinds, listener=None):
    """Yield the list of events of these kinds told meanwhile; ``listener`` takes each of them, and
    may raise.
    """
    heard = []

    def listen(told):
        heard.extend(told)
        for event in told if listener else ():
            listener(event)

    for kind in kinds:
        events.listeners[kind].append(listen)
    try:
        yield heard
    finally:
        for kind in kinds:
            events.listeners[kind].remove(listen)


@contextmanager
def withheld():
    """Hold back what follows from facts told meanwhile; yields them in the order they were told,
    for ``events.hand_over``.
    """
    kept, pages = [], dict(events.listeners)
    events.listeners.clear()
    events.listeners.update({kind: [kept.extend] for kind in pages})
    try:
        yield kept
    finally:
        events.listeners.clear()
        events.listeners.update(pages)


def fact(member, kind="weighed", reference="scale:1", **data):
    """Return a fact of a kind that no page listens to."""
    return events.Event(kind, member.pk, reference, clock.now(), data=data)


def hearing_of(member):
    """Return told, heard, whether something waits, and the tries of a member's account."""
    account = PointAccount.objects.get(pk=member.pk)
    return account.told, account.heard, account.hear_at is not None, account.hear_tries


def wait(seconds):
    """Stand so many seconds later."""
    return time_machine.travel(clock.now() + timedelta(seconds=seconds))
