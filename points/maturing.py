"""The sweep that brings promised points in, once their waiting time is over.

A promise to somebody who may not earn right now stays on the way until they may. What comes of
paid orders does not count towards the day's limit: nobody farms it. The sweep may run late, twice,
or four times at once: each promise is one entry, by its key.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from mall.core import clock, keyset, rows
from mall.core.events import hand_over
from mall.core.transactions import transactional
from points import errors, events, ledger, machine, machine_state, rules
from points.models import Grant
from points.postings import as_text

BATCH = 500


@dataclass(frozen=True)
class Matured:
    """What one run brought in."""

    grants: int = 0
    points: int = 0

    def __str__(self):
        return f"{self.grants} grants, {self.points} points arrived"


def mature_due(as_of: datetime | None = None, *, on_batch=None) -> Matured:
    """Bring in every promise whose time has come by ``as_of`` (default: now), BATCH promises a
    transaction.

    ``on_batch`` is called with the numbers so far. Stopped and started again, it goes on where it
    was.
    """
    as_of = as_of or clock.now()
    count = points = 0
    may_earn = Q(account__status__in=machine_state.EARNING)
    due = Grant.objects.filter(may_earn, status=Grant.Status.PENDING, matures_at__lte=as_of)
    due = due.values_list("matures_at", "pk")
    for batch in keyset.batches(due, BATCH, by=("matures_at", "pk")):
        arrived = _mature_batch([pk for _, pk in batch])
        count += len(arrived)
        points += sum(arrived)
        if on_batch:
            on_batch(Matured(count, points))
    return Matured(count, points)


@transactional
def _mature_batch(ids):
    """Bring in the promises of one batch that are still on the way; returns the points of each that
    arrived.
    """
    accounts = Grant.objects.filter(pk__in=ids).order_by().values_list("account_id", flat=True)
    # A refund may shrink a promise at this moment; once the members are locked the rows say what is
    # left.
    ledger.open_all(accounts)
    pending = Grant.objects.filter(pk__in=ids, status=Grant.Status.PENDING)
    grants = list(pending.select_related("version__rule").order_by("account_id", "pk"))
    if not grants:  # another sweep was faster
        return []
    today = clock.today()
    entries = ledger.post_many([_posting(grant, today) for grant in grants], tolerant=True)
    arrived, new = [], []
    for grant, entry in zip(grants, entries, strict=True):
        if isinstance(entry, errors.AccountFrozen):
            continue
        if isinstance(entry, Exception):
            raise entry
        grant.status, grant.matured_at, grant.matured_points, grant.entry_seq = (
            Grant.Status.MATURED,
            clock.now(),
            grant.left,
            entry.seq,
        )
        arrived.append(grant)
        if entry.is_new:
            new.append((grant.action, entry))
    rows.write_over(arrived, "status", "matured_at", "matured_points", "entry_seq")
    rules.note_new(entry for _action, entry in new)
    hand_over(events.points_awarded(action, entry) for action, entry in new)
    return [grant.matured_points for grant in arrived]


def _posting(grant, today):
    """Return the one entry of a promise: its own version's validity, counted from the day the
    points arrive.
    """
    rule = grant.version.rule.code
    expiry = as_text(rules.expires_on(grant.version, today))
    made = None if grant.taken_back else grant.made  # what is left was not made that way
    return ledger.Posting(
        grant.account_id,
        machine.Accrue(grant.left, expiry, rule, made=made),
        key=f"grant:{grant.pk}",
        rule=rule,
        rule_version=grant.version.number,
        reference=grant.reference,
        same_fact=True,
    )
