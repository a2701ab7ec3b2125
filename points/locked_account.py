"""A member's account whose row a transaction holds: the lock as a value.

What needs the member's lock takes one of these (``ledger.open`` gives it), posts through it without
reading or locking the row again, and so cannot be called without it. Entries and account are
written at once, before anything else happens; how far it has told and heard rides along, or is
written at the end of the verb. The memory of the row is taken back with a savepoint.

Every verb returns its entry and is idempotent by ``key``: the same key with the same content
returns the first entry. Every verb may raise: KeyConflict (same key, other content), InvalidAmount,
NotHeld (used after its transaction).

Source: docs/ledger.md; docs/decisions/0031-the-lock-is-a-value.md.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction

from mall.core import clock, rows, transactions
from mall.core.events import Event, has_listeners
from points import account_rows, balance, event_rows, machine, machine_state
from points.models import LedgerEntry, PointAccount
from points.postings import DEFAULT, Past, Posting, as_text, post_all, to_hold, to_spend


class NotHeld(RuntimeError):
    """An account is used after the verb that held it: its row may have moved since."""


class LockedAccount:
    """One member's account, held until the transaction ends. ``seen`` is the row asked for beside
    it, or None.
    """

    def __init__(self, user_id: int, held: account_rows.Held):
        self.user_id, self.seen = user_id, held.seen
        self._memory, self._database = transactions.memory(), transaction.get_connection()
        self._hooks = None  # those that stood at the last look
        # (hook; row, past and is_late before it) of every change, the opening first
        self._undo = []
        self._row, self._past = held.accounts[user_id], held.past
        self._is_late = False  # what was told or heard is not in the row yet
        self._carry_on(self._row, self._past, is_late=False)

    @property
    def row(self) -> PointAccount:
        """The account as it is now; to be read, not changed. Raises: NotHeld."""
        self.check_held()
        return self._row

    def check_held(self) -> None:
        """Refuse to go on with an account whose row may have moved since. Raises: NotHeld."""
        if not self.is_held():
            raise NotHeld(f"account {self.user_id} was held by a verb that is over")

    def is_held(self) -> bool:
        """Say whether the row is still held, after taking back what a savepoint took back."""
        if not transactions.is_running(self._memory):
            return False
        hooks = self._database.run_on_commit
        if hooks is not self._hooks:  # what takes a savepoint back makes a new list (Django 5.2)
            while self._undo and not transactions.still_stands(self._undo[-1][0]):
                _hook, self._row, self._past, self._is_late = self._undo.pop()
            self._hooks = hooks
        return bool(self._undo)

    def can_take(self, points: int) -> bool:
        """Say whether points can be spent or held beyond doubt: with nothing to be swept, delivered
        or refused before.
        """
        row = self.row
        is_swept = row.next_expiry is None or row.next_expiry >= clock.today()
        return (
            is_swept
            and row.status in machine_state.SPENDING
            and points <= row.available
            and len(row.holds) < machine.HOLDS_MAX
        )

    # --- the verbs ---------------------------------------------------------------
    def accrue(
        self, *, points: int, key: str, expires_on=DEFAULT, limits=None, **words
    ) -> LedgerEntry:
        """Credit whole points; debt is repaid first. ``expires_on`` is the last day they are good
        for, None for ever.

        ``limits`` (per day, week, month, life) count the postings of ``rule``.
        Raises: AccountFrozen, LimitReached.
        """
        command = machine.Accrue(points, as_text(expires_on), words.get("rule", ""), limits)
        return self._post(command, key=key, **words)

    def spend(self, *, points: int, key: str, reference: str, **words) -> LedgerEntry:
        """Take points for good, soonest-expiring first.

        Raises: InsufficientPoints, AccountFrozen.
        """
        words.update(points=points, key=key, reference=reference)
        return self.post([to_spend(self.user_id, **words)])[0]

    def hold(
        self, *, points: int, key: str, reference: str, expires_at: datetime, **words
    ) -> LedgerEntry:
        """Move points into escrow for an unpaid order; whether they suffice is decided now.

        ``expires_at`` says when the order's sweep should release it; the ledger itself never does.
        Raises: InsufficientPoints, AccountFrozen, TooManyHolds.
        """
        words.update(points=points, key=key, reference=reference, expires_at=expires_at)
        return self.post([to_hold(self.user_id, **words)])[0]

    def capture(
        self, *, hold_key: str, key: str, points: int | None = None, **words
    ) -> LedgerEntry:
        """Use a hold, whole or in part; the latest-expiring rest goes back.

        Raises: HoldClosed, OverRefund (more than was held).
        """
        return self._post(machine.Capture(hold_key, points), key=key, **words)

    def release(self, *, hold_key: str, key: str, at_fault: bool = False, **words) -> LedgerEntry:
        """Give a hold back, to the days its points had; ``at_fault`` as for ``refund``.

        Raises: HoldClosed.
        """
        return self._post(machine.Release(hold_key, at_fault), key=key, **words)

    def refund(
        self,
        *,
        of_key: str,
        points: int,
        key: str,
        reference: str,
        at_fault: bool = False,
        **words,
    ) -> LedgerEntry:
        """Return spent points to the days they had; ``of_key`` is the key of the spend or capture.

        Points whose day has passed expire at once, unless the shop was at fault: then they live 30
        days more.
        Raises: OverRefund, UnknownEntry.
        """
        command = machine.Refund(points, None, at_fault)
        return self._post(command, key=key, of_key=of_key, reference=reference, **words)

    def clawback(
        self, *, of_key: str, points: int, key: str, reference: str, **words
    ) -> LedgerEntry:
        """Take earned points back; ``of_key`` is the key of the accrual. What is spent already
        becomes debt.

        Raises: OverRefund, UnknownEntry.
        """
        command = machine.Clawback(points, None)
        return self._post(command, key=key, of_key=of_key, reference=reference, **words)

    def adjust(
        self, *, points: int, key: str, actor: str, note: str, expires_on=DEFAULT, **words
    ) -> LedgerEntry:
        """Correct a balance by plus or minus ``points``; ``actor`` and ``note`` say who and why.

        Raises: InsufficientPoints.
        """
        command = machine.Adjust(points, as_text(expires_on))
        return self._post(command, key=key, actor=actor, note=note, **words)

    def post(self, postings: list[Posting], *, tolerant: bool = False) -> list:
        """Post commands of this member in one go: an INSERT and an UPDATE, and a SELECT before them
        when a key was not looked up with the lock.

        Returns what ``ledger.post_many`` does.
        """
        before = self.row
        self._look_up(postings)
        row, past = rows.twin(before), self._past.copy()
        results, made = post_all(postings, {self.user_id: row}, past, tolerant=tolerant)
        if made:
            account_rows.write(made, [row], {self.user_id: before.seq})
            self.renew(row, past)
        return results

    def renew(self, row: PointAccount, past: Past | None = None) -> None:
        """Take over the account as the ledger has just written it."""
        self._carry_on(row, self._past.copy() if past is None else past, is_late=False)
        transactions.before_commit(settle)

    def count_told(self, facts: Iterable[Event]) -> None:
        """Take over that facts of the member became rows; what nobody listens for needs no
        hearing.
        """
        facts, row = list(facts), rows.twin(self.row)
        has_heard_all = row.heard == row.told
        row.told += len(facts)
        if has_heard_all and not any(has_listeners(fact.kind) for fact in facts):
            row.heard = row.told
        elif row.hear_at is None:
            row.hear_at = clock.now()
        self._move(row)

    def count_heard(self, n: int) -> None:
        """Take over that the member's facts up to number ``n`` were heard."""
        row = rows.twin(self.row)
        row.heard, row.hear_tries = n, 0
        row.hear_at = None if n == row.told else clock.now()
        self._move(row)

    def put_off(self, until: datetime) -> None:
        """Take over that the next fact could not be heard, and is tried again at an instant."""
        row = rows.twin(self.row)
        row.hear_at, row.hear_tries = until, row.hear_tries + 1
        self._move(row)

    def look_for(self, seen: rows.Wanted) -> None:
        """Read the row of another table that the verb asks for now."""
        self.seen = account_rows.look_for(seen)

    # --- its memory ----------------------------------------------------------------
    def _post(self, command, **words):
        return self.post([Posting(self.user_id, command, **words)])[0]

    def _look_up(self, postings):
        """Read what was posted under the keys of postings, unless it is known."""
        keys, returning = self._past.unknown(postings)
        if keys:
            found = account_rows.look_up(keys, returning=returning)
            self._past.learn(found, keys, returning=returning)

    def _move(self, row):
        self._carry_on(row, self._past, is_late=True)
        transactions.before_commit(settle)

    def _carry_on(self, row, past, *, is_late):
        """Go on with this row; a savepoint that takes it back drops the hook, and so tells."""
        hook = partial(_nothing, self.user_id)
        self._database.on_commit(hook, robust=True)
        self._undo.append((hook, self._row, self._past, self._is_late))
        self._row, self._past, self._is_late = row, past, is_late

    def _has_moved(self) -> bool:
        return self.is_held() and len(self._undo) > 1

    def _settle(self) -> PointAccount | None:
        """Return the row if it must be written yet, as from now on it is."""
        if not self._is_late:
            return None
        self._carry_on(self._row, self._past, is_late=False)
        return self._row


def settle() -> None:
    """Write how far the accounts of this transaction have told and heard, where no posting did, and
    have their balances shown from the commit on.
    """
    held = list(transactions.memory().values())
    moved = [one for one in held if isinstance(one, LockedAccount) and one._has_moved()]
    if moved:
        shown = [account.row for account in moved]
        transaction.on_commit(partial(balance.remember, *shown), robust=True)
    late = [row for account in moved if (row := account._settle())]
    if len(late) == 1:
        event_rows.write_hearing(late[0])
    elif late:
        account_rows.write([], late, {})


def _nothing(user_id):
    """Wait for the commit: a savepoint that takes a change back forgets this."""
