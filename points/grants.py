"""Points on the way: promised for a paid order, arriving once it can no longer be sent back.

A promise is a row of its own, so a refund within the return window never reaches the ledger. Every
verb takes the member's lock first. What is taken back is always of the promise as it was made,
whatever the rules say today.

Source: docs/product.md "points" (purchase, available 7 days after receipt) and its traps 4, 7, 8.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from mall.core import clock, repeats, rows
from mall.core.transactions import transactional
from points import balance, errors, grant_limits, ledger, machine, rules, tiers
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
class Undone:
    """One refund: whose, of which reference, the ``share`` of the paid value that is refunded by
    then (0 to 1, cumulative), under the refund's ``key``.
    """

    user_id: int
    reference: str
    share: Fraction
    key: str


@dataclass(frozen=True, slots=True)
class Earned:
    """One thing a fact of a member earns: the action whose rule says how much, under the fact's
    ``key``; ``reference`` is what a refund undoes, ``at`` when it happened. ``amount`` is yuan paid
    (per-yuan rules), ``step`` the count of a table.
    """

    user_id: int
    action: str
    key: str
    reference: str
    at: datetime
    amount: Decimal | None = None
    step: int | None = None


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
    ledger.open_all(one.user_id for one in earned)
    keys = {"account_id__in": {one.user_id for one in earned}, "key__in": {e.key for e in earned}}
    known = {(grant.account_id, grant.key): grant for grant in Grant.objects.filter(**keys)}
    versions, new = rules.versions(), []
    for one in earned:
        grant = known.get((one.user_id, one.key))
        if grant is not None:
            said = {"action": one.action, "reference": one.reference}
            repeats.same(grant, otherwise=errors.KeyConflict, **said)
        elif (grant := _grant(one, versions)) is not None:
            known[one.user_id, one.key] = grant
            new.append(grant)
    return Grant.objects.bulk_create(grant_limits.with_room(new))


def _grant(one, versions) -> Grant | None:
    version = rules.active_ones([one.action], as_of=one.at, among=versions).get(one.action)
    points = rules.worth(version, amount=one.amount, step=one.step) if version else 0
    if points <= 0:
        return None
    return Grant(
        account_id=one.user_id,
        version=version,
        action=one.action,
        key=one.key,
        reference=one.reference,
        amount=one.amount,
        points=points,
        on=clock.day_of(one.at),
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


# --- what a refund undoes --------------------------------------------------------------
def take_back(user_id: int, *, reference: str, share: Fraction, key: str) -> TakenBack:
    """Take back what one refund undoes, as ``take_back_all`` does."""
    return take_back_all([Undone(user_id, reference, share, key)])[0]


@transactional
def take_back_all(undone: list[Undone]) -> list[TakenBack]:
    """Take back what refunds undo; returns what each took.

    Points by the yuan go in proportion, exactly all of them at 1; fixed bonuses go at 1 only. What
    is on the way shrinks, what has arrived is clawed back from the ledger, what is spent becomes
    owed.
    Idempotent by member and ``key``: a repeat returns what the first call took. As many statements
    for many members as for two.
    Raises: KeyConflict (the key took back for another refund), ValueError (a share outside 0 to 1).
    """
    undone = [replace(one, share=_checked(one.share)) for one in undone]
    # The sweep may bring the points in while they are taken back; whoever is second sees what the
    # first did.
    members = {one.user_id for one in undone}
    ledger.open_all(members)
    before = TakeBack.objects.filter(account_id__in=members, key__in={one.key for one in undone})
    known = {(row.account_id, row.key): row for row in before}
    new = {}
    for one in undone:
        row = known.get((one.user_id, one.key))
        if row is None:
            row = known[one.user_id, one.key] = new[one.user_id, one.key] = _taking(one)
        said = {"reference": one.reference, "share": str(one.share)}
        repeats.same(row, otherwise=errors.KeyConflict, **said)
    if new:
        _take(new.values())
        TakeBack.objects.bulk_create(new.values())
    found = (known[one.user_id, one.key] for one in undone)
    return [TakenBack(row.pending, row.points, row.debt) for row in found]


def _taking(one) -> TakeBack:
    row = TakeBack(account_id=one.user_id, key=one.key, created_at=clock.now())
    row.reference, row.share = one.reference, str(one.share)
    row.pending = row.points = row.debt = 0
    return row


def _take(undone) -> None:
    """Take from promises and from the books what these undo, and write onto them how much."""
    grants, changed, claws = defaultdict(list), {}, []
    references = {row.reference for row in undone}
    for grant in _alive(references).filter(account_id__in={row.account_id for row in undone}):
        grants[grant.account_id, grant.reference].append(grant)
    for row in undone:
        for grant in grants[row.account_id, row.reference]:
            asked = due_back(grant, Fraction(row.share)) - grant.taken_back
            if asked <= 0:
                continue
            changed[grant.pk] = grant
            grant.taken_back += asked
            if grant.status == Grant.Status.PENDING:
                row.pending += asked
                grant.status = Grant.Status.PENDING if grant.left else Grant.Status.VOID
            else:
                grant.claws += 1
                claws.append((row, _claw(grant, asked)))
    entries = ledger.post_many([claw for _row, claw in claws]) if claws else []
    for (row, _claw_of), entry in zip(claws, entries, strict=True):
        row.points -= entry.delta
        row.debt += entry.debt_delta
    rows.write_over(list(changed.values()), "taken_back", "claws", "status")
    moved = {row.account_id for row, _claw_of in claws}
    if moved:
        tiers.reassess_all(moved)


def preview_take_back(user_id: int, *, reference: str, share: Fraction) -> TakenBack:
    """Return what ``take_back`` would take now; nothing is locked, so it is a preview and no
    promise.
    """
    share = _checked(share)
    pending = arrived = 0
    for grant in _alive([reference]).filter(account_id=user_id):
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


def _alive(references):
    """Return the promises refunds of these references may still take from."""
    alive = Grant.objects.filter(reference__in=references).exclude(status=Grant.Status.VOID)
    return alive.select_related("version__rule").order_by("pk")


def _claw(grant, points) -> ledger.Posting:
    return ledger.Posting(
        grant.account_id,
        machine.Clawback(points, None),
        of_key=f"grant:{grant.pk}",
        key=f"claw:{grant.pk}:{grant.claws}",
        reference=grant.reference,
        rule=grant.version.rule.code,
        rule_version=grant.version.number,
    )


def _checked(share):
    share = Fraction(share)
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not at {share}")
    return share
