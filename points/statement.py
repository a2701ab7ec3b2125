"""A member's statement: entries newest first, by ranges of the primary key, never by OFFSET."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q

from mall.core import rows
from mall.core.bare_rows import Bare
from points.models import SEQ_SPAN, LedgerEntry

PAGE = 20
# what a line of a statement shows (points/wording.py reads rule, description and alloc)
SHOWN = (
    "id", "kind", "delta", "balance_after", "held_after", "reference", "created_at", "biz_date",
    "alloc", "rule", "description",
)  # fmt: skip
_shown = Bare(LedgerEntry, SHOWN)
FLOWS = {"": {}, "in": {"delta__gt": 0}, "out": {"delta__lt": 0}}


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries and the seq the next page begins before (None: this was the last)."""

    entries: list
    older: int | None


def entries_of(user_id: int):
    """Return a member's entries, newest first; a range of the primary key, so no other index is
    asked.
    """
    return LedgerEntry.objects.filter(_range_of(user_id)).order_by("-pk")


def entries_of_all(user_ids: Iterable[int]):
    """Return the entries of some members in no order, by ranges of the primary key: a member's lie
    together, and nobody else's are touched.
    """
    ranges = (_range_of(user_id) for user_id in user_ids)
    return LedgerEntry.objects.filter(Q(*ranges, _connector=Q.OR)).order_by()


def _range_of(user_id) -> Q:
    return Q(pk__gt=user_id * SEQ_SPAN, pk__lt=(user_id + 1) * SEQ_SPAN)


def page_of(
    user_id: int,
    *,
    flow: str = "",
    reference: str = "",
    before: int | None = None,
    size: int = PAGE,
) -> Page:
    """Return the page of entries older than number ``before``; ``flow`` is "in", "out" or "" for
    both.

    ``reference`` narrows to one fact (``order:<no>``); it is no index, but a member's entries lie
    together.
    """
    entries = entries_of(user_id).filter(**FLOWS[flow])
    if reference:
        entries = entries.filter(reference=reference)
    if before is not None:
        entries = entries.filter(pk__lt=user_id * SEQ_SPAN + before)
    found = list(entries[: size + 1])
    return Page(found[:size], found[size - 1].seq if len(found) > size else None)


class Line(NamedTuple):
    """An entry as a statement shows it; ``alloc`` is read when it is asked for. The names are those
    of the columns.
    """

    id: int
    kind: str
    delta: int
    balance_after: int
    held_after: int
    reference: str
    created_at: datetime  # without a zone it is UTC
    biz_date: date
    alloc_text: str
    rule: str
    description: str

    @property
    def alloc(self) -> dict:
        return json.loads(self.alloc_text)

    @property
    def pk(self) -> int:
        return self.id


def lines_of(
    user_id: int,
    *,
    limit: int,
    kind: str | None = None,
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
    after: int | None = None,
) -> list[Line]:
    """Return up to ``limit`` entries by one statement: the newest,
    those ``before`` an id, or the oldest of those ``after`` it, oldest first.

    ``kind`` and the shop days ``since`` and ``until`` (both included) leave others out.
    """
    conditions = {"id > %s AND id < %s": [user_id * SEQ_SPAN, (user_id + 1) * SEQ_SPAN]}
    named = {"kind = %s": kind, "biz_date >= %s": since, "biz_date <= %s": until}
    conditions |= {said: [value] for said, value in named.items() if value is not None}
    tail, params = rows.page(conditions, limit=limit, before=before, after=after)
    sql = f"SELECT {_shown.of('e')} FROM {rows.table(LedgerEntry)} e {tail}"
    return [Line._make(_shown.read(row)) for row in rows.fetch(sql, params)]
