"""Points on the way: promised for a paid order, arriving once it can no longer be sent back.

A promise is a row of its own, so a refund within the return window never reaches the ledger. Every
verb takes the member's lock first. What is taken back is always of the promise as it was made,
whatever the rules say today.

Source: product.md "points" (purchase, available 7 days after receipt) and its traps 4, 7, 8.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, F, Q

from mall.core import clock, repeats
from mall.core.transactions import transactional
from points import balance, errors, ledger, rules, tiers
from points.models import Grant, PointAccount, RuleVersion, TakeBack


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a refund takes: points on the way, available points, and what becomes owed because it is
    spent already.
    """

    pending: int = 0
    points: int = 0
    debt: int = 0

    @property
    def total(self) -> int:
        """Return all points it takes."""
        return self.pending + self.points + self.debt


@dataclass(frozen=True, slots=True)
class Earned:
    """One thing a fact earns: the action whose rule says how much, under the fact's ``key``;
    ``amount`` is yuan paid (per-yuan rules), ``step`` the count of a table.
    """

    action: str
    key: str
    amount: Decimal | None = None
    step: int | None = None


@transactional
def promise(
    user_id: int,
    action: str,
    *,
    amount: Decimal | None = None,
    step: int | None = None,
    key: str,
    reference: str,
    at: datetime | None = None,
) -> Grant | None:
    """Promise what one action is worth, as ``promise_all`` does; returns the grant, the first one
    again on a repeat, or None.
    """
    earned = Earned(action, key, amount, step)
    promise_all(user_id, [earned], reference=reference, at=at)
    return Grant.objects.filter(account_id=user_id, key=key).first()


@transactional
def promise_all(
    user_id: int, earned: list[Earned], *, reference: str, at: datetime | None = None
) -> list[Grant]:
    """Promise what the active rules of some actions are worth, each once per key; the points arrive
    after ``confirm``.

    ``at`` is when the fact happened (default: now): its day and the rules of then decide. Returns
    the grants that are new. No rule was active, it is worth nothing, or a limit is used up: none.
    Raises: KeyConflict (a key names another fact), AccountMissing.
    """
    at = at or clock.now()
    # Two callbacks may report the same payment at once; the second must see the first's promise.
    ledger.open(user_id)
    known = {
        grant.key: grant
        for grant in Grant.objects.filter(account_id=user_id, key__in=[one.key for one in earned])
    }
    for one in earned:
        if one.key in known:
            said = {"action": one.action, "reference": reference}
            repeats.same(known[one.key], otherwise=errors.KeyConflict, **said)
    new = [one for one in earned if one.key not in known]
    versions = rules.active_ones([one.action for one in new], as_of=at) if new else {}
    worth = {
        one.key: rules.worth(versions[one.action], amount=one.amount, step=one.step)
        for one in new
        if one.action in versions
    }
    new = [
        Grant(
            account_id=user_id,
            version=versions[one.action],
            action=one.action,
            key=one.key,
            reference=reference,
            amount=one.amount,
            points=worth[one.key],
            on=clock.day_of(at),
            promised_at=at,
        )
        for one in new
        if worth.get(one.key, 0) > 0
    ]
    new = [grant for grant in new if _has_room(grant.version, user_id, grant.on)]
    return Grant.objects.bulk_create(new)


@transactional
def confirm(reference: str, *, at: datetime) -> int:
    """Start the waiting time of what was promised for a reference; returns how many promises that
    were.

    Harmless when repeated: what waits already keeps its day.
    """
    unconfirmed = Grant.objects.filter(
        reference=reference, status=Grant.Status.PENDING, confirmed_at__isnull=True
    )
    for user_id in sorted(set(unconfirmed.values_list("account_id", flat=True))):
        ledger.open(user_id)
    grants = list(unconfirmed.select_related("version"))
    for grant in grants:
        grant.confirmed_at = at
        grant.matures_at = at + timedelta(days=grant.version.matures_after_days)
    Grant.objects.bulk_update(grants, ["confirmed_at", "matures_at"])
    return len(grants)


@transactional
def take_back(user_id: int, *, reference: str, share: Fraction, key: str) -> TakenBack:
    """Take back what a refund undoes; ``share`` of the paid value is refunded so far (0 to 1,
    cumulative).

    Points by the yuan go in proportion, exactly all of them at 1; fixed bonuses go at 1 only. What
    is on the way shrinks, what has arrived is clawed back from the ledger, what is spent becomes
    owed.
    Idempotent by ``key``: a repeat returns what the first call took.
    Raises: KeyConflict (the key took back for another refund), ValueError (a share outside 0 to 1).
    """
    share = _checked(share)
    # The sweep may bring the points in while they are taken back; whoever is second sees what the
    # first did.
    ledger.open(user_id)
    first = TakeBack.objects.filter(account_id=user_id, key=key).first()
    if first is not None:
        repeats.same(first, otherwise=errors.KeyConflict, reference=reference, share=str(share))
        return TakenBack(first.pending, first.points, first.debt)
    pending = points = debt = 0
    for grant in _of(user_id, reference):
        asked = due_back(grant, share) - grant.taken_back
        if asked <= 0:
            continue
        if grant.status == Grant.Status.PENDING:
            pending += asked
        else:
            entry = _claw(grant, asked)
            points -= entry.delta
            debt += entry.debt_delta
            grant.claws += 1
        grant.taken_back += asked
        if grant.status == Grant.Status.PENDING and not grant.left:
            grant.status = Grant.Status.VOID
        grant.save(update_fields=["taken_back", "claws", "status"])
    if points or debt:
        tiers.reassess(user_id)
    TakeBack.objects.create(
        account_id=user_id,
        key=key,
        reference=reference,
        share=str(share),
        pending=pending,
        points=points,
        debt=debt,
        created_at=clock.now(),
    )
    return TakenBack(pending, points, debt)


def preview_take_back(user_id: int, *, reference: str, share: Fraction) -> TakenBack:
    """Return what ``take_back`` would take now; nothing is locked, so it is a preview and no
    promise.
    """
    share = _checked(share)
    pending = arrived = 0
    for grant in _of(user_id, reference):
        asked = max(0, due_back(grant, share) - grant.taken_back)
        if grant.status == Grant.Status.PENDING:
            pending += asked
        else:
            arrived += asked
    account = PointAccount.objects.filter(pk=user_id).first()
    points = min(arrived, balance.of_account(account).available) if account else 0
    return TakenBack(pending, points, arrived - points)


def due_back(grant: Grant, share: Fraction) -> int:
    """Return how many points of a promise are to be taken back in all when ``share`` of its fact is
    undone.

    What stays is what the goods that are kept would have earned, parts of a point dropped.
    """
    if grant.version.value != RuleVersion.Value.PER_YUAN:
        return grant.points if share == 1 else 0
    kept = Fraction(grant.amount) * (1 - share) * grant.version.points
    return grant.points - min(grant.points, int(kept))


def _of(user_id, reference):
    """Return the promises a refund may still take from."""
    alive = Grant.objects.filter(account_id=user_id, reference=reference).exclude(
        status=Grant.Status.VOID
    )
    return list(alive.select_related("version").order_by("pk"))


def _claw(grant, points):
    return ledger.clawback(
        grant.account_id,
        of_key=f"grant:{grant.pk}",
        points=points,
        key=f"claw:{grant.pk}:{grant.claws + 1}",
        reference=grant.reference,
        rule=grant.version.rule.code,
        rule_version=grant.version.number,
    )


def _has_room(version, user_id, on):
    """Return whether the rule's limits leave room for one more promise; what a refund undid takes
    no room.
    """
    monday = on - timedelta(days=on.isoweekday() - 1)
    spans = {
        "day": Q(on=on),
        "week": Q(on__gte=monday, on__lt=monday + timedelta(days=7)),
        "month": Q(on__year=on.year, on__month=on.month),
        "life": Q(),
        "recent": Q(on__gt=on - timedelta(days=version.every_days)),
    }
    kept = Grant.objects.filter(
        account_id=user_id, version__rule=version.rule_id, taken_back__lt=F("points")
    )
    used = kept.aggregate(**{span: Count("pk", filter=when) for span, when in spans.items()})
    limits = dict(zip(("day", "week", "month", "life"), version.limits, strict=True))
    return all(used[span] < limit for span, limit in limits.items()) and not (
        version.every_days and used["recent"]
    )


def _checked(share):
    share = Fraction(share)
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not at {share}")
    return share
