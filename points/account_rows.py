"""Accounts and their entries as rows: the SQL of the ledger, for points/ledger.py alone.

A posting costs more in the ORM than in the database, so its statements are written out.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import DEFAULT_DB_ALIAS

from mall.core import clock, rows, upserts
from points import errors
from points.models import SEQ_SPAN, LedgerEntry, PointAccount
from points.postings import Past

# Tests of the tests switch the lock off to see the race happen. No setting or environment variable
# reaches it.
_LOCK_THE_ACCOUNT = True
_ACCOUNT = PointAccount._meta.concrete_fields
_ENTRY = LedgerEntry._meta.concrete_fields
_UNMOVED = ("user_id", "status_note", "opened_at")
_MOVING = [one.attname for one in _ACCOUNT if one.attname not in _UNMOVED]


class LostLock(Exception):
    """An account moved under its lock: the database did not keep its word, and nothing was
    written.
    """


@dataclass(slots=True)
class Held:
    """What one lock brought: the accounts, what of the keys was posted before, and another table's
    row.
    """

    accounts: dict
    past: Past
    seen: object = None


def lock_free(ids) -> dict[int, PointAccount]:
    """Lock those accounts that nobody else has locked, in id order, where the server can tell;
    return them by member. Elsewhere wait for all, as ``lock`` does.
    """
    return _lock_rows(sorted(set(ids)), _locks("a", skip_locked=True))


def lock(ids, wanted=frozenset(), *, returning=False, seen: rows.Wanted | None = None) -> Held:
    """Lock accounts in id order and read what was posted before under ``wanted`` ((member, key)).

    ``returning`` asks for the last entry that went back to each, too; ``seen`` for a row of another
    table beside a single account.
    Raises: AccountMissing.
    """
    ids = sorted(set(ids))
    held = _lock(ids, wanted, returning, seen)
    missing = [user_id for user_id in ids if user_id not in held.accounts]
    if missing:
        # A newcomer, or a member who never came through a door that opens an account.
        opened_at = clock.now()
        if open_accounts(missing, opened_at) == len(missing) and seen is None:
            return _with_new(held, missing, opened_at, wanted, returning)
        held = _lock(ids, wanted, returning, seen)
        if len(held.accounts) < len(ids):
            raise errors.AccountMissing
    return held


def _with_new(held, missing, opened_at, wanted, returning) -> Held:
    """Add accounts that this transaction has just opened: it holds them, and knows what they say;
    nothing was posted to them.
    """
    accounts = dict(held.accounts)
    for user_id in missing:
        account = PointAccount(user_id=user_id, opened_at=opened_at)
        account._state.adding, account._state.db = False, DEFAULT_DB_ALIAS
        accounts[user_id] = account
    posted = {(member, key) for member, key in wanted if member in set(missing)}
    held.past.learn(Past(), posted, returning=returning)
    return Held(dict(sorted(accounts.items())), held.past)


def _lock(ids, wanted, returning, seen) -> Held:
    if len(ids) == 1:
        return _lock_one(ids[0], wanted, returning, seen)
    accounts, past = _lock_rows(ids, _locks("a")), Past()
    if wanted:
        past.learn(look_up(wanted, returning=returning), wanted, returning=returning)
    return Held(accounts, past)


def _lock_rows(ids, locks) -> dict[int, PointAccount]:
    sql = (
        f"SELECT {rows.columns('a', PointAccount)} FROM {rows.table(PointAccount)} a "
        f"WHERE a.user_id IN ({rows.marks(ids)}) ORDER BY a.user_id{locks}"
    )
    return {row[0]: rows.read(PointAccount, row) for row in rows.fetch(sql, ids)}


def _lock_one(user_id, wanted, returning, seen) -> Held:
    """Lock one account; entries and the other table's row are read in the same statement.

    The inner table of an outer join is read after the outer one, so it is read once the account is
    locked; FOR UPDATE makes it the newest committed version even where this statement had to wait.
    """
    columns, joins, params, others = [rows.columns("a", PointAccount)], [], [], []
    keys = sorted(key for _member, key in wanted)
    if keys:
        entries, join = _join_returns(returning)
        columns.append(entries)
        on = f"e.account_id = a.user_id AND e.{rows.quoted('key')} IN ({rows.marks(keys)})"
        joins.append(f"LEFT JOIN {rows.table(LedgerEntry)} e ON {on} {join}")
        params += keys
        others += ["e", "r"] if returning else ["e"]
    if seen is not None:
        condition, values = seen.condition("s")
        columns.append(rows.columns("s", seen.model))
        joins.append(f"LEFT JOIN {rows.table(seen.model)} s ON {condition}")
        params += values
        others.append("s")
    sql = (
        f"SELECT {', '.join(columns)} FROM {rows.table(PointAccount)} a {' '.join(joins)} "
        f"WHERE a.user_id = %s{_locks('a', ', '.join(others))}"
    )
    found = rows.fetch(sql, [*params, user_id])
    if not found:
        return Held({}, Past())
    start, past = len(_ACCOUNT), Past()
    if keys:
        told = _past_of((row[start:] for row in found), returning)
        past.learn(told, wanted, returning=returning)
        start += len(_ENTRY) * (2 if returning else 1)
    other = rows.read(seen.model, found[0][start:]) if seen is not None else None
    return Held({user_id: rows.read(PointAccount, found[0])}, past, other)


def look_up(wanted, *, returning: bool = False) -> Past:
    """Return what was posted under keys ((member, key)) of members whose accounts are locked."""
    columns, join = _join_returns(returning)
    pairs = " OR ".join([f"(e.account_id = %s AND e.{rows.quoted('key')} = %s)"] * len(wanted))
    sql = (
        f"SELECT {columns} FROM {rows.table(LedgerEntry)} e "
        f"{join.replace('a.user_id', 'e.account_id')} WHERE {pairs}"
        f"{_locks('', 'e, r' if returning else 'e')}"
    )
    params = [value for pair in sorted(wanted) for value in pair]
    return _past_of(rows.fetch(sql, params), returning)


def look_for(seen: rows.Wanted):
    """Return the row of another table, or None; the member's account is locked."""
    condition, values = seen.condition("s")
    sql = (
        f"SELECT {rows.columns('s', seen.model)} FROM {rows.table(seen.model)} s WHERE {condition}"
        f"{_locks('', 's')}"
    )
    found = rows.fetch(sql, values)
    return rows.read(seen.model, found[0]) if found else None


def open_accounts(ids, opened_at: datetime | None = None) -> int:
    """Give members their accounts; return how many are new. A second door may do so at once:
    whoever is second finds it there.

    A stranger's id inserts nothing.
    """
    sample = PointAccount(opened_at=opened_at or clock.now())
    return upserts.insert_new_for(sample, get_user_model(), ids, named="user_id")


def write(entries: list[LedgerEntry], accounts: list[PointAccount], before: dict) -> None:
    """Write entries and the accounts they moved; ``before`` is {member: seq as it was read},
    for one account alone.

    The old seq stands in the filter, so a lost lock cannot overwrite. Raises: LostLock.
    """
    rows.insert(entries)
    if len(accounts) == 1:
        _update(accounts[0], before[accounts[0].user_id])
        return
    # For many, an upsert: the entries' primary keys (account and seq) have already refused a lost
    # lock.
    rows.write_over(accounts, *_MOVING)


def write_status(user_id: int, status: str, note: str) -> bool:
    """Change what an account may do, unless it is closed; say whether it was there and open."""
    sql = (
        f"UPDATE {rows.table(PointAccount)} SET status = %s, status_note = %s WHERE user_id = %s "
        f"AND status <> %s"
    )
    closed = PointAccount.Status.CLOSED.value
    return bool(rows.execute(sql, [status, note[:200], user_id, closed]))


def _update(account, seq):
    moving, params = rows.assignments(rows.columns_of(PointAccount, *_MOVING), account)
    sql = f"UPDATE {rows.table(PointAccount)} SET {moving} WHERE user_id = %s AND seq = %s"
    if rows.execute(sql, [*params, account.user_id, seq]) != 1:
        raise LostLock(f"account {account.user_id} moved while it was locked")


def _locks(account, others="", *, skip_locked=False):
    if not _LOCK_THE_ACCOUNT:
        return ""
    return rows.locks(account, others) + (rows.skipping_locked() if skip_locked else "")


def _join_returns(returning):
    """Return the columns of earlier entries and, for refunds, the join to the last entry that went
    back to each.
    """
    columns = rows.columns("e", LedgerEntry)
    if not returning:
        return columns, ""
    entries = rows.table(LedgerEntry)
    younger = f"x.id > e.id AND x.id < (a.user_id + 1) * {SEQ_SPAN}"
    last = f"SELECT MAX(x.id) FROM {entries} x WHERE {younger} AND x.reverses_seq = e.seq"
    return (
        f"{columns}, {rows.columns('r', LedgerEntry)}",
        f"LEFT JOIN {entries} r ON r.id = ({last})",
    )


def _past_of(found, returning) -> Past:
    past = Past()
    for row in found:
        entry = rows.read(LedgerEntry, row)
        if entry is not None:
            past.add(entry, rows.read(LedgerEntry, row[len(_ENTRY) :]) if returning else None)
    return past
