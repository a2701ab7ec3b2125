"""The sweep that lets points die on time, also on accounts nobody touches.

Every command sweeps its own account first, so this only brings the books up to date; it may run
late, twice, or four times at once.

Source: docs/ledger.md.
"""

from dataclasses import dataclass
from datetime import date

from mall.core import clock, keyset
from mall.core.transactions import transactional
from points import ledger, machine
from points.models import PointAccount

# members a transaction: at 500 it took half a second on a busy machine, and members wait behind it
BATCH = 200


@dataclass(frozen=True)
class Swept:
    """What one run expired: how many accounts, how many points."""

    accounts: int = 0
    points: int = 0

    def __str__(self):
        return f"{self.accounts} accounts, {self.points} points expired"


def expire_due(as_of: date | None = None, *, on_batch=None) -> Swept:
    """Expire every lot whose day lies before ``as_of`` (default: today), BATCH accounts a
    transaction.

    ``on_batch`` is called with the numbers so far. Stopped and started again, it goes on where it
    was.
    """
    as_of = as_of or clock.today()
    accounts = points = 0
    due = PointAccount.objects.filter(next_expiry__lt=as_of).values_list("next_expiry", "pk")
    for batch in keyset.batches(due, BATCH, by=("next_expiry", "pk")):
        entries = _sweep_batch([user_id for _, user_id in batch], as_of)
        accounts += len(entries)
        points -= sum(entry.delta for entry in entries)
        if on_batch:
            on_batch(Swept(accounts, points))
    return Swept(accounts, points)


def losing(as_of: date) -> int:
    """Return how many members have points that are good today and not on a later day."""
    today = clock.today()
    dated = PointAccount.objects.filter(next_expiry__gte=today, next_expiry__lt=as_of)
    return dated.count()


@transactional
def _sweep_batch(ids, as_of):
    sweep = machine.Sweep(as_of.isoformat())
    return [
        entry
        for entry in ledger.post_many([ledger.Posting(user_id, sweep) for user_id in ids])
        if entry is not None
    ]
