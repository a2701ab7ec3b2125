"""Points on the way: promised for a paid order, arriving once it can no longer be sent back.

A promise is a row of its own, so a refund within the return window never reaches the ledger. Every
verb takes the member's lock first. What is taken back of a promise: points/take_backs.py.

Source: docs/product.md "points" (purchase, available 7 days after receipt).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from mall.core import clock, repeats, rows
from mall.core.transactions import transactional
from points import conditions, errors, grant_limits, ledger, rulebook, valuation
from points.models import Grant, RuleVersion
from points.take_backs import TakenBack, Undone, preview_take_back, take_back, take_back_all

# named by those who promise, and take promises back
__all__ = ["TakenBack", "Undone", "preview_take_back", "take_back", "take_back_all"]


@dataclass(frozen=True, slots=True)
class Earned:
    """One thing a fact of a member earns: the action whose rule says how much, under the fact's
    ``key``; ``reference`` is what a refund undoes, ``at`` when it happened. ``amount`` is yuan paid
    (per-yuan rules), ``step`` the count of a table, ``things`` what it is about, each with its part
    of the amount.
    """

    user_id: int
    action: str
    key: str
    reference: str
    at: datetime
    amount: Decimal | None = None
    step: int | None = None
    things: tuple[conditions.Thing, ...] = ()
    exactly = None  # what is promised is worth what its rule says

    @property
    def day(self) -> date:
        """The shop day the fact belongs to."""
        return clock.day_of(self.at)


@transactional
def promise(
    user_id: int,
    action: str,
    *,
    key: str,
    reference: str,
    at: datetime | None = None,
    **words,
) -> Grant | None:
    """Promise what one action is worth, as ``promise_all`` does; returns the grant, the first one
    again on a repeat, or None.
    """
    promise_all([Earned(user_id, action, key, reference, at or clock.now(), **words)])
    return Grant.objects.filter(account_id=user_id, key=key).first()


@transactional
def promise_all(earned: list[Earned]) -> list[Grant]:
    """Promise what the active rules of some actions are worth, each once per member and key; the
    points arrive after ``confirm``.

    When the fact happened decides: its day, and the rules of then. Returns the grants that are new.
    No rule was active, it is worth nothing, or a limit is used up: none. As many statements for
    many members as for one.
    Raises: KeyConflict (a key names another fact), AccountMissing.
    """
    # Two callbacks may report the same payment at once; the second must see the first's promise.
    conditions.open_all(earned)
    keys = {"account_id__in": {one.user_id for one in earned}, "key__in": {e.key for e in earned}}
    known = {(grant.account_id, grant.key): grant for grant in Grant.objects.filter(**keys)}
    fresh = {}
    for one in earned:
        grant = known.get((one.user_id, one.key))
        if grant is not None:
            said = {"action": one.action, "reference": one.reference}
            repeats.same(grant, otherwise=errors.KeyConflict, **said)
        else:
            fresh.setdefault((one.user_id, one.key), one)
    return Grant.objects.bulk_create(_promised(list(fresh.values())))


def _promised(earned) -> list[Grant]:
    """Return promises of what some facts are worth, as far as limits and budgets have room."""
    of_members, among = conditions.Known(earned), rulebook.versions()
    worths = [(one, valuation.value(one, of_members, among=among)) for one in earned]
    worths = [(one, worth) for one, worth in worths if worth is not None]
    with_room = grant_limits.with_room([_grant(one, worth) for one, worth in worths])
    if not any(worth.takes for _one, worth in worths):
        return with_room
    there = {(grant.account_id, grant.key) for grant in with_room}
    worths = [(one, worth) for one, worth in worths if (one.user_id, one.key) in there]
    granted = valuation.within_budgets(worths, of_members, among)
    pairs = zip(worths, granted, strict=True)
    return [_grant(one, worth) for (one, _asked), worth in pairs if worth is not None]


def _grant(one, worth) -> Grant:
    is_by_the_yuan = worth.version.value == RuleVersion.Value.PER_YUAN
    return Grant(
        account_id=one.user_id,
        version=worth.version,
        action=one.action,
        key=one.key,
        reference=one.reference,
        amount=one.amount if is_by_the_yuan else None,
        points=worth.points,
        made=worth.made,
        on=one.day,
        promised_at=one.at,
    )


@transactional
def confirm(reference: str, *, at: datetime) -> int:
    """Start the waiting time of what was promised for a reference; returns how many promises that
    were.
    """
    members = _unconfirmed([reference]).values_list("account_id", flat=True)
    return confirm_all(members, {reference: at})


@transactional
def confirm_all(user_ids: Iterable[int], received: Mapping[str, datetime]) -> int:
    """Start the waiting time of what these members were promised for references ({reference: when
    it was received}); returns how many promises that were.

    Harmless when repeated: what waits already keeps its day.
    """
    ledger.open_all(user_ids)
    grants = list(_unconfirmed(received).select_related("version"))
    for grant in grants:
        grant.confirmed_at = received[grant.reference]
        days = grant.version.matures_after_days
        grant.matures_at = grant.confirmed_at + timedelta(days=days)
    rows.write_over(grants, "confirmed_at", "matures_at")
    return len(grants)


def _unconfirmed(references):
    return Grant.objects.filter(
        reference__in=references, status=Grant.Status.PENDING, confirmed_at__isnull=True
    )
