"""Facts are heard: what follows from a member's facts, done soon after they were told.

A told fact is a row (``keep``), and what waits stands in the account's row. ``deliver`` hands a
member's waiting facts to whoever listens, in one transaction under the member's lock; the sweep
does so for many members at once. On the good path there is no savepoint: when a listener raises,
all is rolled back and each member is delivered alone, with a savepoint per listener. What fails
TRIES times is parked for a person to look at, and the member's later facts go on.

Listeners commute (mall/core/events.py), so late, twice and by several sweeps at once is harmless.
Source: docs/decisions/0043-facts-are-rows.md.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

import structlog
from django.conf import settings
from django.db import connection, transaction

from mall.core import clock, events, faults, keyset, replica, transactions
from mall.core.errors import DomainError
from mall.core.events import Event
from mall.core.transactions import transactional
from points import balance, event_rows, ledger
from points.models import Parked, PointAccount

BATCH = 50  # members: more make a redemption wait, fewer cost too much each
ROUNDS = 5  # a listener may tell, too
SWEEP_SECONDS = 20  # a sweep that has more to do leaves it to the next knock
TRIES = 5
FIRST_PAUSE_SECONDS = 2  # doubled with each vain try
AT_ONCE = "at once"  # of settings.EVENTS_HEARD; anything else is later
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Heard:
    """What one sweep did."""

    members: int = 0
    facts: int = 0

    def __str__(self):
        return f"{self.facts} facts of {self.members} members heard"


class Refused(Exception):
    """What follows is not done while a copy of the database is read."""


# --- telling -----------------------------------------------------------------------
def keep(facts: Iterable[Event]) -> None:
    """Write told facts down, under their members' locks; the answer to ``events.KEEPING``.

    With EVENTS_HEARD "at once" what follows is done at the end of this transaction.
    """
    facts = sorted(facts, key=attrgetter("member"))
    accounts = ledger.open_all(fact.member for fact in facts)
    event_rows.insert(facts, {pk: account.row.told for pk, account in accounts.items()})
    for member, own in groupby(facts, key=attrgetter("member")):
        accounts[member].count_told(own)
    if settings.EVENTS_HEARD == AT_ONCE:
        transactions.before_commit(hear_opened)


def hear_opened() -> int:
    """Do what follows from what this transaction told so far; return how many facts were heard. A
    listener that fails undoes all of it.
    """
    return _hear({account.user_id: account for account in ledger.opened()})


# --- hearing -----------------------------------------------------------------------
def hear(user) -> None:
    """Do what follows from a member's own facts before it is shown to them; costs nothing where
    nothing waits.

    A failure is the sweep's to deal with: what is shown then is as of a moment ago.
    """
    if not replica.is_reading() and balance.is_waiting(user.pk):
        _deliver_or_tell(user.pk)


def hear_if_short(account: ledger.LockedAccount, points: int) -> None:
    """Do what follows from a member's waiting facts where the balance is short of ``points``: what
    was earned a moment ago may be enough.
    """
    if points > account.row.available:
        deliver(account.user_id)


def deliver(user_id: int) -> int:
    """Do what follows from the waiting facts of a member; return how many were heard.

    A listener that fails never raises here: it is tried again later, and parked in the end.
    Raises: Refused (while a copy is read), Busy, AccountMissing.
    """
    if replica.is_reading():
        raise Refused("facts are not heard while a copy of the database is read")
    if not connection.in_atomic_block:
        try:
            return _deliver([user_id])
        except Exception as error:
            if not _is_a_listeners(error):
                raise
            log.warning("listener_failed", member=user_id, error=repr(error)[:300])
    return _deliver_carefully(user_id)


def deliver_due(as_of: datetime | None = None, *, batch: int = BATCH) -> Heard:
    """Do what follows from every fact that waits by ``as_of`` (default: now), ``batch`` members a
    transaction, for SWEEP_SECONDS at most; returns what this call heard.

    May run late, twice, or several at once: who comes second finds nothing waiting.
    """
    members = facts = 0
    until = time.monotonic() + SWEEP_SECONDS
    due = PointAccount.objects.filter(hear_at__lte=as_of or clock.now())
    rows = due.values_list("hear_at", "pk")
    for found in keyset.batches(rows, batch, by=("hear_at", "pk")):
        facts += _deliver_batch([pk for _hear_at, pk in found])
        members += len(found)
        if time.monotonic() > until:
            break
    return Heard(members, facts)


def _deliver_batch(ids) -> int:
    """Deliver members together, and where that fails each alone: one whose facts cannot be read
    keeps nobody waiting.
    """
    try:
        return _deliver_free(ids)
    except Exception as error:
        if _is_away(error):
            raise
        log.warning("facts_not_heard_together", members=len(ids), error=repr(error)[:300])
    return sum(_deliver_or_tell(user_id) for user_id in ids)


def _deliver_or_tell(user_id) -> int:
    """Deliver a member; what stands in the way is told in the log, and undone as a whole. Raises:
    what says that the database is away.
    """
    try:
        return deliver(user_id)
    except Exception as error:
        if _is_away(error):
            raise
        log.exception("facts_not_heard", member=user_id)
        return 0


def _is_away(error) -> bool:
    return faults.is_lost(error) or faults.is_lost(error.__cause__)


@transactional
def _deliver(ids) -> int:
    return _hear(ledger.open_all(ids))


@transactional
def _deliver_free(ids) -> int:
    """Deliver those whose account nobody holds. The next sweep finds the others: so a batch waits
    for nobody while others wait for it, and two sweeps at once share the work.
    """
    return _hear(ledger.open_free(ids))


def _hear(accounts) -> int:
    """Hand the waiting facts of open accounts over, together; no savepoints."""
    heard = 0
    for _round in range(ROUNDS):
        waiting = event_rows.waiting(one.row for one in accounts.values() if _is_due(one))
        if not waiting:
            break
        events.hand_over(waiting)
        heard += len(waiting)
        for member, own in groupby(waiting, key=attrgetter("member")):
            accounts[member].count_heard(list(own)[-1].n)
    return heard


def _is_due(account) -> bool:
    """Say whether facts wait that are not put off."""
    return account.row.hear_at is not None and account.row.hear_at <= clock.now()


# --- when a listener fails -----------------------------------------------------------
@transactional
def _deliver_carefully(user_id) -> int:
    """Hand a member's facts over one by one, each listener in a savepoint."""
    account, heard = ledger.open(user_id), 0
    for _round in range(ROUNDS):
        waiting = event_rows.waiting([account.row]) if _is_due(account) else []
        if not waiting:
            break
        for fact in waiting:
            if not _hear_carefully(account, fact):
                return heard
            account.count_heard(fact.n)
            heard += 1
    return heard


def _hear_carefully(account, fact) -> bool:
    """Hand one fact over; False when it is to be tried again later."""
    failed = {}
    for listener in events.listeners_of(fact.kind):
        error = _try(listener, fact)
        if error is not None:
            failed[events.name_of(listener)] = error
    if not failed:
        return True
    tries = account.row.hear_tries + 1
    if tries < TRIES:
        account.put_off(clock.now() + timedelta(seconds=FIRST_PAUSE_SECONDS * 2**tries))
        return False
    for name, error in failed.items():
        _park(fact, name, error)
    return True


def _try(listener, fact) -> Exception | None:
    """Have one listener hear one fact; return what it raised. Raises: what undid the transaction as
    a whole, which is no listener's failure.
    """
    try:
        with transaction.atomic():
            listener([fact])
    except Exception as error:
        if not _is_a_listeners(error) or connection.needs_rollback:
            raise
        log.exception("listener_failed", kind=fact.kind, reference=fact.reference)
        return error
    return None


def _is_a_listeners(error) -> bool:
    """Say whether an error is a listener's own, and not the database's that waiting mends."""
    is_busy = isinstance(error, DomainError) and faults.is_passing(error.__cause__)
    return not (is_busy or faults.is_passing(error))


def _park(fact, listener, error):
    """Note what could not be heard. Idempotent by (fact, listener)."""
    Parked.objects.update_or_create(
        event_id=event_rows.id_of(fact),
        listener=listener,
        defaults={
            "error": f"{type(error).__name__}: {error}"[:300],
            "tries": TRIES,
            "parked_at": clock.now(),
            "done_at": None,
        },
    )
    log.error("fact_parked", kind=fact.kind, reference=fact.reference, listener=listener)


@transactional
def make_up_for(parked: Parked) -> bool:
    """Have a parked fact heard after all, once; say whether it was. A failure is noted in the row
    and leaves all else as it was.
    """
    fact = event_rows.as_fact(parked.event)
    ledger.open(fact.member)
    waiting = Parked.objects.filter(pk=parked.pk, done_at=None)
    if not waiting.exists():
        return False
    named = {events.name_of(one): one for one in events.listeners_of(fact.kind)}
    listener = named.get(parked.listener)
    error = _try(listener, fact) if listener else LookupError("nobody listens by this name")
    if error is None:
        waiting.update(done_at=clock.now())
        return True
    waiting.update(tries=parked.tries + 1, error=f"{type(error).__name__}: {error}"[:300])
    return False
