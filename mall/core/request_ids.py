"""The id under which a request is logged, for rows that keep in which request they were written.

Where one request serves others beside its own (mall/core/lane.py), each member has the own one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

LONGEST = 64
_of_members: ContextVar[Mapping[int, str] | None] = ContextVar("requests of members", default=None)


def running() -> str:
    """Return the id of the running request; empty outside one, and where it serves several."""
    return "" if _of_members.get() is not None else _logged()


def of(member: int) -> str:
    """Return the id of the request in which something of a member is written; empty outside one."""
    served = _of_members.get()
    return _logged() if served is None else served.get(member, "")


@contextmanager
def of_members(ids: Mapping[int, str]) -> Iterator[None]:
    """Write inside for some members, each in the request of this id."""
    before = _of_members.set(ids)
    try:
        yield
    finally:
        _of_members.reset(before)


def _logged() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id") or "")[:LONGEST]
