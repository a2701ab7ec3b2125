"""What a room tells and asks without knowing who listens: facts of members, and open questions.

A fact is a value, ``Event``; what follows from it stands on one page per app, ``listeners.py``:
kind -> the verbs, in the order they run. Pages are opened by each app's ``ready``, so the rooms
follow in the order of INSTALLED_APPS, from the ground up.

Listeners commute: each decides by the event's time, by what the event says, and by the state of
its thing; never by now, and never by who came first. So an event that comes late, twice or after
a younger one leaves the same. Source: docs/decisions/0033-listeners-commute.md.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import wraps
from itertools import groupby
from operator import attrgetter

from mall.core import clock
from mall.core.transactions import transactional


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of one member; ``kind`` and ``reference`` (``order:<no>``) name it.

    ``data`` holds plain numbers, codes and ids: what is told stays for good, so it must not need
    to be forgotten. Words and names are read by whoever shows them. ``actor`` as in the audit log.
    """

    kind: str
    member: int
    reference: str
    at: datetime
    actor: str = "system"
    data: Mapping = field(default_factory=dict)

    @property
    def on(self) -> date:
        """The shop day the fact belongs to."""
        return clock.day_of(self.at)


Listener = Callable[[list[Event]], None]
listeners: dict[str, list[Listener]] = defaultdict(list)


class Question:
    """Something one room asks all others; ``ask`` returns their answers in the order of the rooms,
    and what one of them raises stops it all.
    """

    def __init__(self):
        self.answers: list[Callable] = []

    def ask(self, *about) -> list:
        """Return what each room answers."""
        return [answer(*about) for answer in self.answers]


def open_page(page) -> None:
    """Let an app's ``listeners`` module hear: its LISTENERS (kind -> verbs) and ANSWERS (question
    -> verbs).
    """
    for kind, verbs in page.LISTENERS.items():
        listeners[kind].extend(verbs)
    for question, verbs in page.ANSWERS.items():
        question.answers.extend(verbs)


@transactional
def tell(*events: Event) -> None:
    """Tell facts inside the transaction that makes them true; what follows is written with them or
    not at all.
    """
    deliver(events)


def deliver(events: Iterable[Event]) -> None:
    """Have everybody who listens do what follows; facts of one kind that come together are handed
    over together.
    """
    for kind, told in groupby(events, key=attrgetter("kind")):
        alike = list(told)
        for listener in listeners[kind]:
            listener(alike)


def each(verb: Callable[[Event], object]) -> Listener:
    """Return a listener that takes its events one by one."""

    @wraps(verb)
    def one_by_one(events):
        for event in events:
            verb(event)

    return one_by_one
