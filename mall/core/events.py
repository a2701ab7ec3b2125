"""What a room tells and asks without knowing who listens: facts of members, and open questions.

A fact is a value, ``Event``. ``tell`` makes it a row of its member in the transaction that makes it
true; what follows from it stands on one page per app, ``listeners.py``: kind -> the verbs, in the
order they run. They run soon afterwards, in a transaction of their own (points/event_delivery.py).
Pages are opened by each app's ``ready``, so the rooms follow in the order of INSTALLED_APPS, from
the ground up.

Listeners commute: each decides by the event's time, by what the event says, and by the state of
its thing; never by now, and never by who came first. So an event that comes late, twice or after
a younger one leaves the same. Source: docs/decisions/0033-listeners-commute.md and
0043-facts-are-rows.md.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import wraps

from mall.core import clock
from mall.core.transactions import transactional


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of one member; ``kind`` and ``reference`` (``order:<no>``) name it.

    ``data`` and ``note`` hold plain numbers, codes and ids: what is told stays for good, so it must
    not need to be forgotten. Words and names are read by whoever shows them. ``actor`` as in the
    audit log.
    """

    kind: str
    member: int
    reference: str
    at: datetime
    actor: str = "system"
    data: Mapping = field(default_factory=dict)
    note: str = ""
    # the number among the member's facts, once it is a row
    n: int = 0

    @property
    def on(self) -> date:
        """The shop day the fact belongs to."""
        return clock.day_of(self.at)


Listener = Callable[[list[Event]], None]
listeners: dict[str, list[Listener]] = defaultdict(list)


@dataclass(frozen=True, slots=True)
class Bystander:
    """A listener to any kind that ``wants`` says somebody wants just now; it runs after all that
    follows, and facts nobody wants cost no hearing.
    """

    verb: Listener
    wants: Callable[[str], bool]


bystanders: list[Bystander] = []


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
    """Let an app's ``listeners`` module hear: its LISTENERS (kind -> verbs), BYSTANDERS where it
    has some, and ANSWERS (question -> verbs).
    """
    for kind, verbs in page.LISTENERS.items():
        listeners[kind].extend(verbs)
    bystanders.extend(getattr(page, "BYSTANDERS", ()))
    for question, verbs in page.ANSWERS.items():
        question.answers.extend(verbs)


# (events,): told facts are written down. The ledger's room answers, for it has the members' locks.
KEEPING = Question()


@transactional
def tell(*events: Event) -> None:
    """Tell facts inside the transaction that makes them true: each becomes a row of its member,
    whose account is locked for it, and is heard soon after the commit.
    """
    if events:
        KEEPING.ask(events)


def hand_over(events: Iterable[Event]) -> None:
    """Have everybody who listens do what follows, in the caller's transaction; facts of one kind
    are handed over together.

    Called for facts that were told, and without a row by jobs that write for many members at once,
    and for what only makes a notice.
    """
    for kind, alike in by_kind(events).items():
        for listener in listeners_of(kind):
            listener(alike)


def listeners_of(kind: str) -> list[Listener]:
    """Return who hears facts of a kind, in their order."""
    return [*listeners.get(kind, ()), *(one.verb for one in bystanders if one.wants(kind))]


def name_of(listener: Listener) -> str:
    """Return a listener's name: its module and verb."""
    return f"{listener.__module__}.{listener.__qualname__}"


def has_listeners(kind: str) -> bool:
    """Say whether anything follows from facts of a kind."""
    return bool(listeners.get(kind)) or any(one.wants(kind) for one in bystanders)


def by_kind(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return events under their kinds, in the order in which those come up first."""
    told = {}
    for event in events:
        told.setdefault(event.kind, []).append(event)
    return told


def each(verb: Callable[[Event], object]) -> Listener:
    """Return a listener that takes its events one by one."""

    @wraps(verb)
    def one_by_one(events):
        for event in events:
            verb(event)

    return one_by_one
