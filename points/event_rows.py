"""Facts of members as rows: the SQL of telling and hearing, for the account that holds the lock."""

from collections.abc import Iterable, Mapping

from mall.core import events, request_ids, rows
from points.models import SEQ_BITS, SEQ_SPAN, Event, PointAccount

# An account row moves so many at a time; more of one member wait for the next round.
MOST_OF_ONE = 200
_HEARING = ("told", "heard", "hear_at", "hear_tries")


def insert(facts: Iterable[events.Event], last: Mapping[int, int]) -> None:
    """Write facts of members whose accounts are locked, numbered on from ``last`` ({member: facts
    told before}), in one statement.
    """
    numbers, made = dict(last), []
    for fact in facts:
        numbers[fact.member] += 1
        made.append(_row(fact, numbers[fact.member]))
    rows.insert(made)


def waiting(accounts: Iterable[PointAccount]) -> list[events.Event]:
    """Return the facts that accounts, locked, have still to hear: by member and number, at most
    MOST_OF_ONE of each.
    """
    spans, params = [], []
    for account in accounts:
        if account.heard < account.told:
            first = account.user_id * SEQ_SPAN + account.heard
            last = account.user_id * SEQ_SPAN + min(account.told, account.heard + MOST_OF_ONE)
            spans.append("e.id > %s AND e.id <= %s")
            params += [first, last]
    if not spans:
        return []
    sql = (
        f"SELECT {rows.columns('e', Event)} FROM {rows.table(Event)} e "
        f"WHERE {' OR '.join(spans)} ORDER BY e.id"
    )
    return [as_fact(rows.read(Event, row)) for row in rows.fetch(sql, params)]


def write_hearing(account: PointAccount) -> None:
    """Write how far an account, locked, has told and heard."""
    moving, params = rows.assignments(rows.columns_of(PointAccount, *_HEARING), account)
    sql = f"UPDATE {rows.table(PointAccount)} SET {moving} WHERE user_id = %s"
    rows.execute(sql, [*params, account.user_id])


def as_fact(row: Event) -> events.Event:
    """Return what a row says as a value."""
    return events.Event(
        row.kind, row.member, row.reference, row.at, row.actor, row.data, row.note, row.n
    )


def id_of(fact: events.Event) -> int:
    """Return the id of the row of a fact that was told."""
    return (fact.member << SEQ_BITS) + fact.n


def _row(fact, number):
    return rows.fresh(
        Event,
        id=fact.member * SEQ_SPAN + number,
        at=fact.at,
        kind=fact.kind,
        reference=fact.reference,
        actor=fact.actor,
        note=fact.note[:200],
        data=dict(fact.data),
        request_id=request_ids.of(fact.member),
    )
