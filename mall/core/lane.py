"""Lanes: who comes at the same moment waits a moment and is served together.

The first request leads its lane and is done alone, as if there were no lane. Those that come
meanwhile wait; when the leader is done, the first of them leads and does all that wait in one go.
There is no queue beside the requests, no thread of its own, and no wait where nobody is ahead.

A lane is a hint about whom to serve together, never what makes it right: whoever is not served goes
alone, under a one-time key, so that nothing is done twice. Nobody waits longer for a group than
PATIENCE_SECONDS; a leader that waits for somebody else's lock, or was lost, has the lane for
LEAD_SECONDS, then whoever has waited that long leads, or whoever comes next.
Source: docs/decisions/0056-grouped-posting.md, 0074-groups-of-all-goods.md,
0109-check-ins-together.md.
"""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.db import connection

from mall.core import request_ids

MOST = 32  # served together: more make each wait longer and gain nothing
PATIENCE_SECONDS = 2.0
LEAD_SECONDS = 0.5  # many times what a group takes
WAITING, LEADING, TAKEN = "waiting", "leading", "taken"
log = structlog.get_logger(__name__)


def _taken() -> threading.Lock:
    """Return a lock that is taken: whoever waits for it waits until it is given back, for less than
    an event costs.
    """
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False, slots=True)
class Ticket:
    """One request of one member in a lane."""

    member: int
    request: object
    place: str = WAITING
    answer: object = None  # what came of it, a refusal too; None: it goes alone
    request_id: str = field(default_factory=request_ids.running)
    called: threading.Lock = field(default_factory=_taken)  # given back once it is answered


@dataclass(slots=True)
class _Lane:
    leader: Ticket
    since: float
    waiting: list[Ticket] = field(default_factory=list)


_lanes: dict[object, _Lane] = {}  # only those that somebody leads
_lock = threading.Lock()


def is_open() -> bool:
    """Say whether requests may be served together here: not inside a transaction, nor by a server
    on which one member who is locked elsewhere would make all others wait.
    """
    if not settings.LANES or connection.in_atomic_block:
        return False
    has = connection.features
    return has.has_select_for_update_skip_locked or not has.has_select_for_update


def serve(
    thing: Hashable,
    member: int,
    request,
    *,
    alone: Callable[[], object],
    together: Callable[[list], list],
):
    """Return what ``alone()`` returns, or what ``together`` made of the request beside others.

    ``together(requests)``, all of different members, returns for each its answer, an exception
    to be raised for it, or None: it goes alone. What it raises itself sends all of them alone.
    Raises: what ``alone`` raises, and what ``together`` refuses.
    """
    ticket = enter(thing, Ticket(member, request))
    if ticket.place is WAITING:
        _wait(thing, ticket)
    if ticket.place is LEADING:
        try:
            group = _take(thing, ticket)
            if len(group) == 1:
                return alone()
            _serve_all(group, together)
        finally:
            hand_on(thing, ticket)
    answer = ticket.answer
    if isinstance(answer, Exception):
        raise answer
    return alone() if answer is None else answer


def enter(thing, ticket: Ticket) -> Ticket:
    """Join the lane of a thing: lead it where nobody does, or whoever does was lost; else wait."""
    now = time.monotonic()
    with _lock:
        lane = _lanes.get(thing)
        if lane is None:
            lane = _lanes[thing] = _Lane(ticket, now)
        elif now - lane.since <= LEAD_SECONDS:
            lane.waiting.append(ticket)
            return ticket
        _lead(lane, ticket, now)
    return ticket


def hand_on(thing, leader: Ticket) -> None:
    """Have the first who waits lead, unless the lane has another leader already."""
    with _lock:
        lane = _lanes.get(thing)
        if lane is None or lane.leader is not leader:
            return
        if not lane.waiting:
            del _lanes[thing]
            return
        _lead(lane, lane.waiting.pop(0), time.monotonic())
        lane.leader.called.release()


def waiting(thing) -> int:
    """Return how many wait in a lane right now."""
    with _lock:
        return len(_lanes[thing].waiting) if thing in _lanes else 0


def _lead(lane, ticket, now):
    lane.leader, lane.since, ticket.place = ticket, now, LEADING


def _wait(thing, ticket):
    """Wait to be answered or to lead. Whoever has waited for LEAD_SECONDS leads instead; whose
    group takes longer than PATIENCE_SECONDS asks again under the own key.
    """
    if ticket.called.acquire(timeout=LEAD_SECONDS):
        return
    with _lock:
        if ticket.place is WAITING:
            lane = _lanes[thing]
            lane.waiting.remove(ticket)
            _lead(lane, ticket, time.monotonic())
    if ticket.place is TAKEN:
        ticket.called.acquire(timeout=PATIENCE_SECONDS - LEAD_SECONDS)


def _take(thing, leader) -> list[Ticket]:
    """Take those who wait, in the order they came, one of each member; the leader is the first."""
    group, members, left = [leader], {leader.member}, []
    with _lock:
        lane = _lanes.get(thing)
        if lane is None or lane.leader is not leader:
            return group
        for ticket in lane.waiting:
            if len(group) < MOST and ticket.member not in members:
                members.add(ticket.member)
                group.append(ticket)
                ticket.place = TAKEN
            else:
                left.append(ticket)
        lane.waiting = left
    return group


def _serve_all(group, together):
    """Answer a group; whatever happens to the leader, nobody is left waiting."""
    answers, ids = [], {ticket.member: ticket.request_id for ticket in group}
    try:
        with request_ids.of_members(ids):
            answers = together([ticket.request for ticket in group])
    except Exception:
        log.warning("group_fell_apart", requests=len(group), exc_info=True)
    finally:
        for ticket, answer in zip(group, answers or [None] * len(group), strict=True):
            ticket.answer = answer
            if ticket.place is TAKEN:  # the leader waits for nobody
                ticket.called.release()
