"""A listener for the length of a test, beside those of the pages."""

from contextlib import contextmanager

from mall.core import events


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
