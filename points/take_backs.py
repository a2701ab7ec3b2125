"""What a refund takes back of what rules gave: what is on the way shrinks, what has arrived is
clawed back from the books, and the budgets get back what it took from them.

What is taken back is always of the promise as it was made, whatever the rules say today.

Source: docs/product.md "points", its traps 4, 7, 8.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from mall.core import clock, repeats, rows
from mall.core.transactions import transactional
from points import balance, budgets, errors, ledger, machine, making, rulebook, tiers, valuation
from points.models import Grant, LedgerEntry, PointAccount, RuleVersion, TakeBack


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
    then (0 to 1, cumulative), under the refund's ``key``. ``kept`` says of single things, by name,
    what share of them stays; where lines earned alike, ``share`` says it all.
    """

    user_id: int
    reference: str
    share: Fraction
    key: str
    kept: Mapping[str, Fraction] = field(default_factory=dict)


def take_back(user_id: int, **words) -> TakenBack:
    """Take back what one refund undoes, as ``take_back_all`` does; ``words`` are the rest of an
    ``Undone``.
    """
    return take_back_all([Undone(user_id, **words)])[0]


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
    new, kept = {}, {}
    for one in undone:
        row = known.get((one.user_id, one.key))
        if row is None:
            row = known[one.user_id, one.key] = new[one.user_id, one.key] = _taking(one)
            kept[one.user_id, one.key] = one.kept
        said = {"reference": one.reference, "share": str(one.share)}
        repeats.same(row, otherwise=errors.KeyConflict, **said)
    if new:
        _take(new.values(), kept)
        TakeBack.objects.bulk_create(new.values())
    found = (known[one.user_id, one.key] for one in undone)
    return [TakenBack(row.pending, row.points, row.debt) for row in found]


def _taking(one) -> TakeBack:
    row = TakeBack(account_id=one.user_id, key=one.key, created_at=clock.now())
    row.reference, row.share = one.reference, str(one.share)
    row.pending = row.points = row.debt = 0
    return row


def _take(undone, kept) -> None:
    """Take from promises and from the books what these undo, and write onto them how much."""
    grants, changed, claws, freed = defaultdict(list), {}, [], Counter()
    references = {row.reference for row in undone}
    for grant in _alive(references).filter(account_id__in={row.account_id for row in undone}):
        grants[grant.account_id, grant.reference].append(grant)
    owners = rulebook.budgeted() if grants else {}
    for row in undone:
        for grant in grants[row.account_id, row.reference]:
            stays = kept[row.account_id, row.key]
            asked = due_back(grant, Fraction(row.share), stays) - grant.taken_back
            if asked <= 0:
                continue
            changed[grant.pk] = grant
            paid = valuation.Paid.of(grant)
            freed.update(valuation.freed(paid, grant.taken_back, asked, owners))
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
    budgets.give_back_all(freed)


@transactional
def take_back_award(user_id: int, *, of_key: str, points: int, key: str, reference: str) -> None:
    """Take back points that a rule paid at once under ``of_key`` (points/rules.py); what is spent
    already becomes owed. Idempotent by member and ``key``. Raises: UnknownEntry, OverRefund.
    """
    # Its fact may be taken back twice at once; the second must see that it is gone.
    account = ledger.open(user_id)
    entry = account.clawback(of_key=of_key, points=points, key=key, reference=reference)
    if not entry.is_new:
        return
    tiers.reassess(user_id)
    award = LedgerEntry.objects.get(account_id=user_id, key=of_key)
    paid = valuation.Paid(award.rule, award.worth, award.alloc.get("made"), award.biz_date)
    budgets.give_back_all(valuation.freed(paid, 0, points, rulebook.budgeted()))


def preview_take_back(
    user_id: int, *, reference: str, share: Fraction, kept: Mapping[str, Fraction] | None = None
) -> TakenBack:
    """Return what ``take_back`` would take now; nothing is locked, so it is a preview and no
    promise.
    """
    share = _checked(share)
    pending = arrived = 0
    for grant in _alive([reference]).filter(account_id=user_id):
        asked = max(0, due_back(grant, share, kept) - grant.taken_back)
        if grant.status == Grant.Status.PENDING:
            pending += asked
        else:
            arrived += asked
    account = PointAccount.objects.filter(pk=user_id).first()
    points = min(arrived, balance.of_account(account).available) if account else 0
    return TakenBack(pending, points, arrived - points)


def due_back(grant: Grant, share: Fraction, kept: Mapping[str, Fraction] | None = None) -> int:
    """Return how many points of a promise are to be taken back in all when ``share`` of its fact is
    undone, and of its single things all but ``kept``.

    What stays is what the goods that are kept would have earned, parts of a point dropped, by the
    numbers of then.
    """
    if grant.version.value != RuleVersion.Value.PER_YUAN:
        return grant.points if share == 1 else 0
    exact = Fraction(grant.amount) * grant.version.points
    parts = making.of_rows(grant.made) if grant.made else [making.Part(exact)]
    stays = making.left_of(parts, {} if share == 1 else kept or {}, share)
    return grant.points - min(grant.points, stays)


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
