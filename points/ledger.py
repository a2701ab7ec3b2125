"""The ledger: every change of points, and nothing else that changes them.

A posting is three statements: lock the member's account row (the probe for a repeated key and the
entry to be reversed ride along), insert the entries, update the account. What happens in between is
points/machine.py, which knows no database. SQL is written out here because a posting costs more in
the ORM than in the database; it runs on MySQL, MariaDB and SQLite.

Every verb takes the member's id, runs in the caller's transaction or its own, returns the entry,
and is idempotent by ``key``: the same key with the same content returns the first entry.

Every verb may raise: KeyConflict (same key, other content), InvalidAmount, AccountMissing (no such
member), Busy (contended for too long; nothing changed, trying again is safe).

Source: ledger.md sections 1 to 4.
"""

import json
from datetime import UTC, date, datetime
from functools import partial

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import DateField, DateTimeField, JSONField

from mall.core import clock
from mall.core.transactions import transactional
from points import balance, chain, errors, machine
from points.models import SEQ_SPAN, LedgerEntry, PointAccount
from points.postings import (
    DEFAULT,
    Posting,
    as_text,
    carry,
    command_of,
    entry_of,
    first_of,
    state_of,
    words_of,
)

BATCH_MAX = 500
FREEZES = {
    "earn": PointAccount.Status.REVIEW,
    "spend": PointAccount.Status.SAVING,
    "all": PointAccount.Status.FROZEN,
}
# Tests of the tests switch the lock off to see the race happen. No setting or environment variable
# reaches it.
_LOCK_THE_ACCOUNT = True


class LostLock(Exception):
    """An account moved under its lock: the database did not keep its word, and nothing was
    written.
    """


# --- the verbs ---------------------------------------------------------------


@transactional
def open_account(user_id: int) -> PointAccount:
    """Open a member's account; a second call returns the same one."""
    _open([user_id])
    account = PointAccount.objects.filter(pk=user_id).first()
    if account is None:
        raise errors.AccountMissing
    return account


@transactional
def accrue(
    user_id: int, *, points: int, key: str, expires_on=DEFAULT, limits=None, **words
) -> LedgerEntry:
    """Credit whole points; debt is repaid first. ``expires_on`` is the last day they are good for,
    None for ever.

    ``limits`` (per day, week, month, life) count the postings of ``rule``.
    Raises: AccountFrozen, LimitReached.
    """
    return _post(
        user_id,
        machine.Accrue(points, as_text(expires_on), words.get("rule", ""), limits),
        key=key,
        **words,
    )


@transactional
def spend(user_id: int, *, points: int, key: str, reference: str, **words) -> LedgerEntry:
    """Take points for good, soonest-expiring first.

    Raises: InsufficientPoints, AccountFrozen.
    """
    return _post(user_id, machine.Spend(points), key=key, reference=reference, **words)


@transactional
def hold(
    user_id: int, *, points: int, key: str, reference: str, expires_at: datetime, **words
) -> LedgerEntry:
    """Move points into escrow for an unpaid order; whether they suffice is decided now.

    ``expires_at`` says when the order's sweep should release it; the ledger itself never does.
    Raises: InsufficientPoints, AccountFrozen, TooManyHolds.
    """
    command = machine.Hold(points, key, expires_at.isoformat())
    return _post(user_id, command, key=key, reference=reference, **words)


@transactional
def capture(
    user_id: int, *, hold_key: str, key: str, points: int | None = None, **words
) -> LedgerEntry:
    """Use a hold, whole or in part; the latest-expiring rest goes back.

    Raises: HoldClosed, OverRefund (more than was held).
    """
    return _post(user_id, machine.Capture(hold_key, points), key=key, **words)


@transactional
def release(user_id: int, *, hold_key: str, key: str, **words) -> LedgerEntry:
    """Give a hold back, to the days its points had.

    Raises: HoldClosed.
    """
    return _post(user_id, machine.Release(hold_key), key=key, **words)


@transactional
def refund(
    user_id: int,
    *,
    of_key: str,
    points: int,
    key: str,
    reference: str,
    at_fault: bool = False,
    **words,
) -> LedgerEntry:
    """Return spent points to the days they had; ``of_key`` is the key of the spend or capture.

    Points whose day has passed expire at once, unless the shop was at fault: then they live 30 days
    more.
    Raises: OverRefund, UnknownEntry.
    """
    return _post(
        user_id,
        machine.Refund(points, None, at_fault),
        key=key,
        of_key=of_key,
        reference=reference,
        **words,
    )


@transactional
def clawback(
    user_id: int, *, of_key: str, points: int, key: str, reference: str, **words
) -> LedgerEntry:
    """Take earned points back; ``of_key`` is the key of the accrual. What is spent already becomes
    debt.

    Raises: OverRefund, UnknownEntry.
    """
    return _post(
        user_id,
        machine.Clawback(points, None),
        key=key,
        of_key=of_key,
        reference=reference,
        **words,
    )


@transactional
def adjust(
    user_id: int, *, points: int, key: str, actor: str, note: str, expires_on=DEFAULT, **words
) -> LedgerEntry:
    """Correct a balance by plus or minus ``points``; ``actor`` and ``note`` say who and why.

    Raises: InsufficientPoints.
    """
    return _post(
        user_id,
        machine.Adjust(points, as_text(expires_on)),
        key=key,
        actor=actor,
        note=note,
        **words,
    )


@transactional
def sweep(user_id: int, as_of: date | None = None) -> LedgerEntry | None:
    """Let lots die whose day lies before today (or before a later ``as_of``); None when nothing was
    due.

    Harmless when repeated: what is dead is gone.
    """
    return post_many([Posting(user_id, machine.Sweep(as_of and as_of.isoformat()))])[0]


def freeze(user_id: int, *, note: str, scope: str = "all") -> None:
    """Stop an account from earning ("earn"), spending ("spend") or both ("all"), with the reason in
    words; balances stay.

    Raises: AccountClosed.
    """
    _set_status(user_id, FREEZES[scope], note)


def unfreeze(user_id: int, *, note: str) -> None:
    """Make a paused account active again, with the reason in words.

    Raises: AccountClosed (a closed account stays closed).
    """
    _set_status(user_id, PointAccount.Status.ACTIVE, note)


def close(user_id: int, *, note: str) -> None:
    """Close an account for good, once its points are gone; its entries stay.

    Raises: AccountClosed (it is closed already).
    """
    _set_status(user_id, PointAccount.Status.CLOSED, note)


@transactional
def _set_status(user_id, status, note):
    closed = PointAccount.Status.CLOSED.value
    sql = (
        f"UPDATE {_table(PointAccount)} SET status = %s, status_note = %s WHERE user_id = %s "
        f"AND status <> %s"
    )
    if not _execute(sql, [status.value, note[:200], user_id, closed]):
        if PointAccount.objects.filter(pk=user_id).exists():
            raise errors.AccountClosed
        raise errors.AccountMissing
    transaction.on_commit(partial(balance.forget, user_id), robust=True)


@transactional
def post_many(
    postings: list[Posting], *, tolerant: bool = False
) -> list[LedgerEntry | Exception | None]:
    """Post a batch of commands (at most BATCH_MAX members): lock in id order, one INSERT, one
    UPDATE.

    A refusal of one refuses all; with ``tolerant`` it takes the place of that posting's entry
    instead. Three statements for a batch of one or of sweeps, one more where a batch carries keys.
    """
    accounts, earlier = _lock(postings)
    before = {user_id: account.seq for user_id, account in accounts.items()}
    now, made, results = clock.now(), [], []
    for posting in postings:
        try:
            results.append(_apply(posting, accounts[posting.user_id], earlier, made, now))
        except errors.DomainError as refusal:
            if not tolerant:
                raise
            results.append(refusal)
    changed = [account for user_id, account in accounts.items() if account.seq != before[user_id]]
    if changed:
        _insert(made)
        _update(changed, before)
        for account in changed:
            transaction.on_commit(partial(balance.remember, account), robust=True)
    return results


# --- one posting -------------------------------------------------------------


def _post(user_id, command, **words):
    return post_many([Posting(user_id, command, **words)])[0]


def _apply(posting, account, earlier, made, now):
    """Run one command on a locked account; add its entries to ``made`` and to ``earlier``, and
    return its own.
    """
    first = earlier.get((posting.user_id, posting.key)) if posting.key else None
    if first is not None:
        return first_of(posting, first, earlier)
    on = max(filter(None, (posting.on or clock.day_of(now), account.day)))
    state = state_of(account)
    try:
        new, lines = machine.run(state, command_of(posting, on, earlier), on=on.isoformat())
    except machine.Refused as refusal:
        raise errors.BY_REASON[refusal.reason](**refusal.numbers) from None
    own = None
    for line in lines:
        words = {} if line.key else words_of(posting)
        entry = entry_of(account, line, now, key=line.key or posting.key, **words)
        account.head = entry.hash = chain.seal(account.head, entry)
        made.append(entry)
        if line.key is None or own is None:
            own = entry
        earlier[posting.user_id, entry.key] = entry
        if isinstance(posting.command, _RETURNING) and line.key is None:
            earlier[posting.user_id, "back to", entry.reverses_seq] = entry
    carry(new, account)
    return own


# --- the SQL -----------------------------------------------------------------

_ACCOUNT = PointAccount._meta.concrete_fields
_ENTRY = LedgerEntry._meta.concrete_fields
_MOVING = [
    field for field in _ACCOUNT if field.attname not in ("user_id", "status_note", "opened_at")
]
_RETURNING = (machine.Refund, machine.Clawback)


def _lock(postings):
    """Lock the accounts, in id order, and read what was posted under these keys before.

    Returns ({user_id: account}, {(user_id, key): entry, (user_id, "back to", seq): last entry that
    went back to it}).
    Raises: AccountMissing.
    """
    ids = sorted({posting.user_id for posting in postings})
    accounts, earlier = _locked(ids, postings)
    if len(accounts) < len(ids):
        # A member who never came through a door that opens an account (made in the admin, say).
        _open([user_id for user_id in ids if user_id not in accounts])
        accounts, earlier = _locked(ids, postings)
        if len(accounts) < len(ids):
            raise errors.AccountMissing
    return accounts, earlier


def _locked(ids, postings):
    wanted = {
        (posting.user_id, key)
        for posting in postings
        for key in (posting.key, posting.of_key)
        if key
    }
    returning = any(isinstance(posting.command, _RETURNING) for posting in postings)
    account = f"SELECT {_names('a', _ACCOUNT)}%s FROM {_table(PointAccount)} a"
    if len(ids) == 1 and wanted:
        # The inner table of an outer join is read after the outer one, so it is read once the
        # account is locked; FOR UPDATE makes it the newest committed version even where this
        # statement had to wait.
        columns, join = _join_entries(returning)
        keys = sorted(key for _, key in wanted)
        on = f"e.account_id = a.user_id AND e.{_q('key')} IN ({_marks(keys)})"
        sql = (
            f"{account % (', ' + columns)} LEFT JOIN {_table(LedgerEntry)} e ON {on} {join} "
            f"WHERE a.user_id = %s"
        )
        sql += _locks("a", "e, r" if returning else "e")
        rows = _rows(sql, [*keys, ids[0]])
        accounts = {row[0]: _read(PointAccount, row) for row in rows[:1]}
        return accounts, _earlier(row[len(_ACCOUNT) :] for row in rows)
    rows = _rows(
        f"{account % ''} WHERE a.user_id IN ({_marks(ids)}) ORDER BY a.user_id{_locks('a')}", ids
    )
    accounts = {row[0]: _read(PointAccount, row) for row in rows}
    if not wanted:
        return accounts, {}
    columns, join = _join_entries(returning)
    pairs = " OR ".join([f"(e.account_id = %s AND e.{_q('key')} = %s)"] * len(wanted))
    sql = (
        f"SELECT {columns} FROM {_table(LedgerEntry)} e "
        f"{join.replace('a.user_id', 'e.account_id')} WHERE {pairs}"
    )
    sql += _locks("", "e, r" if returning else "e")
    return accounts, _earlier(_rows(sql, [value for pair in sorted(wanted) for value in pair]))


def _locks(account, entries=""):
    """Return the clause that locks the account's row for writing and entries for reading.

    MySQL locks for writing only what the user may change (error 1142), and nobody changes entries.
    MariaDB has no OF and asks for no more than SELECT.
    """
    if not (connection.features.has_select_for_update and _LOCK_THE_ACCOUNT):
        return ""
    if not connection.features.has_select_for_update_of:
        return " FOR UPDATE"
    return (f" FOR UPDATE OF {account}" if account else "") + (
        f" FOR SHARE OF {entries}" if entries else ""
    )


def _join_entries(returning):
    """Return the columns of earlier entries and, for refunds, the join to the last entry that went
    back to each.
    """
    columns = _names("e", _ENTRY)
    if not returning:
        return columns, ""
    younger = f"x.id > e.id AND x.id < (a.user_id + 1) * {SEQ_SPAN}"
    last = (
        f"SELECT MAX(x.id) FROM {_table(LedgerEntry)} x WHERE {younger} AND x.reverses_seq = e.seq"
    )
    return (
        f"{columns}, {_names('r', _ENTRY)}",
        f"LEFT JOIN {_table(LedgerEntry)} r ON r.id = ({last})",
    )


def _earlier(rows):
    found = {}
    for row in rows:
        if row[0] is not None:
            entry = _read(LedgerEntry, row)
            found[entry.account_id, entry.key] = entry
            if len(row) > len(_ENTRY) and row[len(_ENTRY)] is not None:
                found[entry.account_id, "back to", entry.seq] = _read(
                    LedgerEntry, row[len(_ENTRY) :]
                )
    return found


def _open(ids):
    accounts = [PointAccount(user_id=user_id, opened_at=clock.now()) for user_id in ids]
    # A second door may open the same account at once: whoever is second finds it there. A
    # stranger's id inserts nothing.
    ignore = "INSERT OR IGNORE INTO" if connection.vendor == "sqlite" else "INSERT IGNORE INTO"
    existing = get_user_model().objects.filter(pk__in=ids).values_list("pk", flat=True)
    known = set(existing)
    _put_rows(ignore, _ACCOUNT, [account for account in accounts if account.user_id in known])


def _insert(entries):
    _put_rows("INSERT INTO", _ENTRY, entries)


def _update(accounts, before):
    """Write the moved accounts back; the old seq stands in the filter, so a lost lock cannot
    overwrite.
    """
    if len(accounts) == 1:
        account = accounts[0]
        moving = ", ".join(f"{_q(field.column)} = %s" for field in _MOVING)
        params = [_written(field, account) for field in _MOVING] + [
            account.user_id,
            before[account.user_id],
        ]
        rows = _execute(
            f"UPDATE {_table(PointAccount)} SET {moving} WHERE user_id = %s AND seq = %s", params
        )
        if rows != 1:
            raise LostLock(f"account {account.user_id} moved while it was locked")
        return
    # For many, an upsert: the entries' primary keys (account and seq) have already refused a lost
    # lock.
    if connection.vendor == "sqlite":
        moving = ", ".join(f"{_q(field.column)} = excluded.{_q(field.column)}" for field in _MOVING)
        _put_rows(
            "INSERT INTO", _ACCOUNT, accounts, f" ON CONFLICT (user_id) DO UPDATE SET {moving}"
        )
    else:
        moving = ", ".join(f"{_q(field.column)} = VALUES({_q(field.column)})" for field in _MOVING)
        _put_rows("INSERT INTO", _ACCOUNT, accounts, f" ON DUPLICATE KEY UPDATE {moving}")


def _put_rows(insert, fields, objects, suffix=""):
    if not objects:
        return
    marks = ", ".join([f"({_marks(fields)})"] * len(objects))
    names = ", ".join(_q(field.column) for field in fields)
    params = [_written(field, row) for row in objects for field in fields]
    _execute(f"{insert} {_table(objects[0])} ({names}) VALUES {marks}{suffix}", params)


def _q(name):
    return connection.ops.quote_name(name)


def _table(model):
    return _q(model._meta.db_table)


def _names(alias, fields):
    return ", ".join(f"{alias}.{_q(field.column)}" for field in fields)


def _marks(items):
    return ", ".join(["%s"] * len(items))


def _execute(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def _rows(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _written(field, row):
    """Return a field's value as every one of the three databases takes it."""
    value = getattr(row, field.attname)
    if isinstance(field, JSONField):
        return json.dumps(value, separators=(",", ":"))
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _read(model, row):
    """Return a model instance from a row of its columns in order; SQLite gives days and times as
    text.
    """
    values = []
    for field, value in zip(model._meta.concrete_fields, row, strict=False):
        if isinstance(field, JSONField):
            value = json.loads(value)
        elif isinstance(field, DateTimeField):
            value = datetime.fromisoformat(value) if isinstance(value, str) else value
            value = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        elif isinstance(field, DateField) and isinstance(value, str):
            value = date.fromisoformat(value)
        values.append(value)
    return model.from_db(
        connection.alias, [field.attname for field in model._meta.concrete_fields], values
    )
