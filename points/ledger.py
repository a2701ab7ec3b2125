"""The ledger: every change of points, and nothing else that changes them.

``open`` locks a member and gives the account as a value; what posts for a member goes through it
(points/locked_account.py). A posting is three statements: lock the member's account row (the probe
for a repeated key and the entry to be reversed ride along), insert the entries, update the account;
the next one of the same member in the same transaction needs the lock no more. What happens in
between is points/machine.py, which knows no database; the SQL is points/account_rows.py's.

Every verb here takes the member's id, opens the account, or joins a caller who has it open, and
does as the account's verb of the same name; each may raise Busy besides (contended for too long;
nothing changed, trying again is safe) and AccountMissing (no such member).

Source: docs/ledger.md.
"""

from collections.abc import Iterable
from datetime import date
from functools import partial, wraps

from django.db import transaction

from mall.core import rows, transactions
from mall.core.transactions import transactional
from points import account_rows, balance, errors, machine
from points.locked_account import LockedAccount, settle
from points.models import LedgerEntry, PointAccount
from points.postings import DEFAULT, Past, Posting, post_all

__all__ = ["DEFAULT", "LockedAccount", "Posting"]  # named by those who post

BATCH_MAX = 500
FREEZES = {
    "earn": PointAccount.Status.REVIEW,
    "spend": PointAccount.Status.SAVING,
    "all": PointAccount.Status.FROZEN,
}


# --- the lock ------------------------------------------------------------------
def open(
    user_id: int, *, seen: rows.Wanted | None = None, postings: Iterable[Posting] = ()
) -> LockedAccount:
    """Lock a member's account until the transaction ends and return it: one statement, and the
    first lock of every verb that counts per member.

    Also where no points move: limits per person and check-ins are counted, and a member's orders
    change their state, under it (docs/ledger.md). Who has it open already gets
    the same one again. ``seen`` is a row of another table to be read in the same statement (a
    repeat of this request, say); what ``postings`` ask for of earlier entries is read there, too.
    Only inside a transactional verb; a retried one opens anew.
    Raises: AccountMissing (no such member), RuntimeError (outside a verb).
    """
    account = _opened(user_id)
    if account is None:
        wanted, returning = Past().unknown(postings)
        held = account_rows.lock([user_id], wanted, returning=returning, seen=seen)
        return _keep(user_id, held)
    if seen is not None:
        account.look_for(seen)
    return account


def open_all(user_ids: Iterable[int]) -> dict[int, LockedAccount]:
    """Lock several members' accounts in everybody's order, in one statement; return them by member.

    Raises: as ``open``.
    """
    opened = {user_id: _opened(user_id) for user_id in sorted(set(user_ids))}
    closed = [user_id for user_id, account in opened.items() if account is None]
    accounts = account_rows.lock(closed).accounts if closed else {}
    for user_id, row in accounts.items():
        opened[user_id] = _keep(user_id, account_rows.Held({user_id: row}, Past()))
    return opened


def open_free(user_ids: Iterable[int]) -> dict[int, LockedAccount]:
    """Lock those of several members' accounts that nobody else has locked; return them by member.

    For whoever can do without some of them; only where the transaction has none of them open.
    Raises: RuntimeError (outside a verb).
    """
    accounts = account_rows.lock_free(user_ids)
    return {
        user_id: _keep(user_id, account_rows.Held({user_id: row}, Past()))
        for user_id, row in accounts.items()
    }


def _keep(user_id, held) -> LockedAccount:
    account = transactions.memory()["accounts", user_id] = LockedAccount(user_id, held)
    return account


def opened() -> list[LockedAccount]:
    """Return the accounts that this transaction has open."""
    held = list(transactions.memory().values())
    return [one for one in held if isinstance(one, LockedAccount) and one.is_held()]


def _opened(user_id) -> LockedAccount | None:
    """Return the account if this transaction has it open already."""
    account = transactions.memory().get(("accounts", user_id))
    return account if account is not None and account.is_held() else None


@transactional
def open_account(user_id: int) -> PointAccount:
    """Give a member an account of points; a second call returns the same one."""
    account_rows.open_accounts([user_id])
    account = PointAccount.objects.filter(pk=user_id).first()
    if account is None:
        raise errors.AccountMissing
    return account


# --- the verbs -----------------------------------------------------------------
def _of_member(verb):
    """Return a verb of an open account as one that opens a member's first."""

    @transactional
    @wraps(verb)
    def opened_for(user_id: int, **words) -> LedgerEntry:
        asked = Posting(user_id, None, key=words["key"], of_key=words.get("of_key", ""))
        return verb(open(user_id, postings=[asked]), **words)

    return opened_for


accrue = _of_member(LockedAccount.accrue)
spend = _of_member(LockedAccount.spend)
hold = _of_member(LockedAccount.hold)
capture = _of_member(LockedAccount.capture)
release = _of_member(LockedAccount.release)
refund = _of_member(LockedAccount.refund)
clawback = _of_member(LockedAccount.clawback)
adjust = _of_member(LockedAccount.adjust)


@transactional
def sweep(user_id: int, as_of: date | None = None) -> LedgerEntry | None:
    """Let lots die whose day lies before today (or before a later ``as_of``); None when nothing was
    due.

    Harmless when repeated: what is dead is gone.
    """
    return post_many([Posting(user_id, machine.Sweep(as_of and as_of.isoformat()))])[0]


@transactional
def post_many(
    postings: list[Posting], *, tolerant: bool = False
) -> list[LedgerEntry | Exception | None]:
    """Post a batch of commands (at most BATCH_MAX members): lock in id order, one INSERT, one
    UPDATE.

    A refusal of one refuses all; with ``tolerant`` it takes the place of that posting's entry
    instead. Three statements for a batch of one or of sweeps, one more where a batch carries keys.
    """
    ids = {posting.user_id for posting in postings}
    if len(ids) == 1:
        return open(ids.pop(), postings=postings).post(postings, tolerant=tolerant)
    held = _hold(ids, postings)
    before = {user_id: account.seq for user_id, account in held.accounts.items()}
    results, made = post_all(postings, held.accounts, held.past, tolerant=tolerant)
    changed = [one for user_id, one in held.accounts.items() if one.seq != before[user_id]]
    if changed:
        account_rows.write(made, changed, before)
    unopened = []
    for account in changed:
        opened = _opened(account.user_id)
        if opened is not None:
            opened.renew(account, Past())  # what it knew of earlier entries is asked again
        else:
            unopened.append(account)
    if unopened:
        transaction.on_commit(partial(balance.remember, *unopened), robust=True)
    return results


def foresee(postings: list[Posting]) -> list[LedgerEntry | Exception | None]:
    """Return what ``post_many``, tolerant, would return, of members this transaction has open;
    writes nothing.
    """
    held = _hold({posting.user_id for posting in postings}, postings)
    results, _made = post_all(postings, held.accounts, held.past, tolerant=True)
    return results


def _hold(ids, postings) -> account_rows.Held:
    """Lock the accounts of a batch and read what was posted under its keys; accounts that are all
    open already are taken as they are.
    """
    wanted, returning = Past().unknown(postings)
    opened = {user_id: _opened(user_id) for user_id in sorted(ids)}
    if not all(opened.values()):
        settle()  # the rows are read below
        return account_rows.lock(ids, wanted, returning=returning)
    past = Past()
    if wanted:
        found = account_rows.look_up(wanted, returning=returning)
        past.learn(found, wanted, returning=returning)
    rows_of = {user_id: rows.twin(account.row) for user_id, account in opened.items()}
    return account_rows.Held(rows_of, past)


# --- what an account may do ------------------------------------------------------
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
    if not account_rows.write_status(user_id, status.value, note):
        if PointAccount.objects.filter(pk=user_id).exists():
            raise errors.AccountClosed
        raise errors.AccountMissing
    opened = _opened(user_id)
    if opened is not None:
        moved = rows.twin(opened.row)
        moved.status, moved.status_note = status.value, note[:200]
        opened.renew(moved)
    transaction.on_commit(partial(balance.forget, user_id), robust=True)
