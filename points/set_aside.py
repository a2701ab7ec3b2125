"""What a paused account earns: set aside, and decided with its case.

Released, each fact is credited under its own key, dated by its own day, for as long as it would
have been good; confirmed, all of it is dropped. Points on the way need none of this: they stay on
the way (points/maturing.py). Every verb is called under the members' locks.

Source: docs/decisions/0070-what-a-paused-account-earns.md.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from mall.core import clock, rows
from points import budgets, ledger, machine, rulebook, slots, tiers, valuation
from points.grant_limits import has_room
from points.models import PointAccount, RiskCase, SetAside
from points.postings import as_text

PAUSED = (PointAccount.Status.REVIEW, PointAccount.Status.FROZEN)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did to what was set aside: points credited or dropped, and the days credited
    points belong to.
    """

    credited: int = 0
    dropped: int = 0
    days: tuple[date, ...] = ()


def keep(rows: Iterable[SetAside]) -> list[SetAside]:
    """Set aside what facts are worth, once per member and key and as often as their rules' limits
    allow; what belongs to a closed account or to a confirmed case falls away. Return what is kept.
    """
    rows = list(rows)
    members = {row.account_id for row in rows}
    accounts = PointAccount.objects.filter(pk__in=members, status__in=PAUSED).in_bulk()
    confirmed = set(_confirmed(accounts).values_list("account_id", flat=True))
    known, taken = set(), defaultdict(Counter)
    before = SetAside.objects.filter(account_id__in=set(accounts) - confirmed)
    for row in before.select_related("version"):
        known.add((row.account_id, row.key))
        if row.status == SetAside.Status.WAITING:
            taken[row.account_id, row.version.rule_id][row.on] += 1
    kept = []
    for row in rows:
        account = accounts.get(row.account_id)
        fact, mine = (row.account_id, row.key), taken[row.account_id, row.version.rule_id]
        if account is None or row.account_id in confirmed or fact in known:
            continue
        used = slots.used(
            account.day_counts, row.version.rule.code, on=as_text(row.on), day=as_text(account.day)
        )
        if has_room(row.version, mine, row.on, used):
            known.add(fact)
            mine[row.on] += 1
            kept.append(row)
    SetAside.objects.bulk_create(kept)
    return kept


def settle(user_id: int, *, may_earn: bool) -> Decided:
    """Do with what was set aside what was decided: credit it once the member may earn, drop it when
    a case was confirmed, and leave it while another is undecided. A second call changes nothing.
    """
    if may_earn:
        return _credit(user_id)
    return Decided(dropped=drop(user_id)) if _confirmed([user_id]).exists() else Decided()


def drop(user_id: int, key: str | None = None) -> int:
    """Let what was set aside fall away, of one fact or of all; returns how many points it was."""
    rows = list(_waiting(user_id, key).select_related("version__rule"))
    if rows:
        _waiting(user_id, key).update(status=SetAside.Status.DROPPED, decided_at=clock.now())
    owners, freed = rulebook.budgeted() if rows else {}, Counter()
    for row in rows:
        freed.update(valuation.freed(valuation.Paid.of(row), 0, row.points, owners))
    budgets.give_back_all(freed)
    return sum(row.points for row in rows)


def points_of(user_id: int, key: str | None = None) -> int:
    """Return how many points are set aside for a member, for one fact or for all."""
    return _waiting(user_id, key).aggregate(sum=Sum("points"))["sum"] or 0


def decided_of(user_id: int, keys: Iterable[str]) -> dict[str, bool]:
    """Return by key, of facts that were set aside and are decided, whether they were credited."""
    found = SetAside.objects.filter(account_id=user_id, key__in=keys)
    found = found.exclude(status=SetAside.Status.WAITING)
    return {row.key: row.status == SetAside.Status.CREDITED for row in found}


def _credit(user_id) -> Decided:
    due = list(_waiting(user_id).select_related("version__rule").order_by("on", "pk"))
    if not due:
        return Decided()
    entries = ledger.post_many([_posting(row) for row in due])
    for row in due:
        row.status, row.decided_at = SetAside.Status.CREDITED, clock.now()
    rows.write_over(due, "status", "decided_at")
    worth = sum(entry.worth for entry in entries if entry.is_new)
    tiers.note_earned_all({user_id: worth})
    return Decided(credited=worth, days=tuple(sorted({row.on for row in due})))


def _posting(row) -> ledger.Posting:
    today, rule = clock.today(), row.version.rule.code
    # A review may have lasted longer than the points were good for: that was not the member's doing
    last = row.expires_on and max(row.expires_on, today)
    day = as_text(row.on) if row.on < today else None
    command = machine.Accrue(row.points, as_text(last), rule, step=row.step, day=day, made=row.made)
    return ledger.Posting(
        row.account_id,
        command,
        key=row.key,
        rule=rule,
        rule_version=row.version.number,
        reference=row.reference,
        description=row.description,
        same_fact=True,
    )


def _waiting(user_id, key=None):
    waiting = SetAside.objects.filter(account_id=user_id, status=SetAside.Status.WAITING)
    return waiting if key is None else waiting.filter(key=key)


def _confirmed(user_ids):
    """Return the cases of members that forbid them to earn and that a person has confirmed."""
    may_earn = (RiskCase.Scope.SPEND, RiskCase.Scope.NONE)
    forbids = RiskCase.objects.exclude(scope__in=may_earn)
    return forbids.filter(account_id__in=list(user_ids), status=RiskCase.Status.KEPT)
