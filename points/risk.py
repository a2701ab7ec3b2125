"""Risk: what pauses an account, and how a person decides about it.

A case is opened in the transaction of what it is about: the posting that brought a member past the
day's limit, the night's comparison of the books, a colleague who paused the account. What an
account may do is the sum of its undecided and upheld cases, so releasing one never lifts what
another still forbids.

Source: docs/product.md "points", Risk.
"""

from django.utils.translation import gettext_lazy as _

from mall.core import audit, clock
from mall.core.errors import DomainError
from mall.core.events import tell
from mall.core.transactions import transactional
from mall.core.versions import check_read, version_of
from points import events, evidence, ledger, machine_state, set_aside
from points.models import LedgerEntry, PointAccount, RiskCase

APPEAL_MAX = 1_000
FORBIDS = {RiskCase.Scope.ALL: ("earn", "spend"), RiskCase.Scope.NONE: ()}


class CaseDecided(DomainError):
    """The case was released already; a new reason needs a new case."""

    code = "case_decided"
    status = 409
    message = _("This case was already closed.")


class OwnCase(DomainError):
    """Nobody decides about their own account, whatever their rights."""

    code = "own_account"
    status = 403
    message = _("You cannot decide about your own account. Please ask a colleague.")


class AppealedAlready(DomainError):
    """A member writes once per case."""

    code = "appealed_already"
    status = 409
    message = _("We already have your message and will get back to you.")


def watch(entry: LedgerEntry) -> None:
    """Open a case when this new entry brought its member past the day's limit; call it in the
    entry's transaction.
    """
    limit = entry.alloc.get("crossed")
    if limit is None:
        return
    open_case(
        entry.account_id,
        kind=RiskCase.Kind.EARNED,
        scope=RiskCase.Scope.EARN,
        key=f"earned:{entry.biz_date}",
        note=f"more than {limit} points earned on {entry.biz_date}",
        seen=evidence.of_day(entry.account_id, entry.biz_date, limit=limit),
    )


@transactional
def open_case(
    user_id: int, *, kind, scope, key: str, note: str, seen: dict | None = None, actor=None
) -> RiskCase:
    """Pause an account (``scope``: earn, spend, all; none only asks a person to look) and open a
    case for it; a second call with ``key`` returns the first.

    A closed account stays closed.
    """
    # Two findings may open the same case at once; the second must see the first's.
    ledger.open(user_id)
    case = RiskCase.objects.filter(account_id=user_id, key=key).first()
    if case is not None:
        return case
    case = RiskCase.objects.create(
        account_id=user_id,
        kind=kind,
        scope=scope,
        key=key,
        note=note[:200],
        evidence=seen or {},
        opened_at=clock.now(),
    )
    if scope != RiskCase.Scope.NONE:
        _apply(user_id, note)
    audit.note(
        actor,
        "points.case_open",
        target=case,
        reason=note,
        after={"scope": str(scope), "kind": str(kind)},
    )
    tell(events.case_opened(case))
    return case


@transactional
def pause(user_id: int, *, operator, note: str, scope: str = RiskCase.Scope.ALL) -> RiskCase:
    """Pause an account by hand, with the reason.

    Raises: OwnCase.
    """
    if operator.pk == user_id:
        raise OwnCase
    number = RiskCase.objects.filter(account_id=user_id).count()
    return open_case(
        user_id,
        kind=RiskCase.Kind.MANUAL,
        scope=scope,
        key=f"manual:{number}",
        note=note,
        actor=operator,
    )


@transactional
def decide(case: RiskCase, *, operator, release: bool, note: str) -> RiskCase:
    """Release a case, or uphold it; the account may do again what no other case forbids. What it
    earned meanwhile is credited once it may earn, and dropped when a case is upheld.

    ``case`` is the row as it was read.
    Raises: OwnCase, CaseDecided, ChangedMeanwhile (the member wrote, and the operator has not read
    it).
    """
    if operator.pk == case.account_id:
        raise OwnCase
    # Two colleagues may decide at once; the second must see the first's decision.
    ledger.open(case.account_id)
    read, case = case.version, RiskCase.objects.get(pk=case.pk)
    if case.status == RiskCase.Status.RELEASED:
        raise CaseDecided
    check_read(read, case.version)
    before = case.status
    case.status = RiskCase.Status.RELEASED if release else RiskCase.Status.KEPT
    case.decided_by, case.decided_at, case.decision_note = operator, clock.now(), note[:500]
    case.save(update_fields=["status", "decided_by", "decided_at", "decision_note"])
    pauses = case.scope != RiskCase.Scope.NONE
    standing_scopes = _apply(case.account_id, note) if pauses else set()
    audit.note(
        operator,
        "points.case_decide",
        target=case,
        reason=note,
        before={"status": before},
        after={"status": case.status},
    )
    freed = forbidden_by([case.scope]) - forbidden_by(standing_scopes) if release else set()
    kept = set_aside.settle(case.account_id, may_earn=_may_earn(case.account_id))
    tell(events.case_decided(case, kept, freed=sorted(freed), actor=f"staff:{operator.pk}"))
    return case


@transactional
def release_all(user_id: int, *, operator, note: str, read: str | None = None) -> int:
    """Release every case of an account and let it earn and spend again; returns how many cases that
    were.

    ``read`` is the mark of the cases the operator read (``version_of_standing``); None for whatever
    stands.
    Raises: OwnCase, AccountClosed, ChangedMeanwhile (a case came or went, or the member wrote).
    """
    if operator.pk == user_id:
        raise OwnCase
    ledger.open(user_id)
    cases = list(standing(user_id))
    if read is not None:
        check_read(read, version_of_standing(cases))
    for case in cases:
        decide(case, operator=operator, release=True, note=note)
    if not cases:  # paused before there were cases
        ledger.unfreeze(user_id, note=note)
        set_aside.settle(user_id, may_earn=True)
        audit.note(operator, "points.release", target=f"points.pointaccount:{user_id}", reason=note)
    return len(cases)


@transactional
def appeal(case: RiskCase, *, text: str) -> RiskCase:
    """Keep what the member says about a case, once.

    Raises: CaseDecided, AppealedAlready.
    """
    ledger.open(case.account_id)
    case = RiskCase.objects.get(pk=case.pk)
    if case.status == RiskCase.Status.RELEASED:
        raise CaseDecided
    if case.appealed_at is not None:
        raise AppealedAlready
    case.appeal, case.appealed_at = text[:APPEAL_MAX], clock.now()
    case.save(update_fields=["appeal", "appealed_at"])
    return case


def forget_person(user_id: int) -> None:
    """Drop what cases know of somebody who leaves: their words and devices; what was decided, and
    why, stays.
    """
    for case in RiskCase.objects.filter(account_id=user_id):
        case.appeal, case.evidence = (
            "",
            {name: seen for name, seen in case.evidence.items() if name != "devices"},
        )
        case.save(update_fields=["appeal", "evidence"])


def standing(user_id: int):
    """Return the cases that pause an account now: undecided and upheld ones, newest first."""
    cases = RiskCase.objects.filter(account_id=user_id).exclude(status=RiskCase.Status.RELEASED)
    return cases.exclude(scope=RiskCase.Scope.NONE).order_by("-pk")


def version_of_standing(cases) -> str:
    """Return the mark of what somebody reads who looks at these cases together."""
    return version_of(*((case.pk, case.status, case.version) for case in cases))


def forbidden_by(scopes) -> set[str]:
    """Return what cases of these scopes forbid together: earn, spend."""
    return {what for scope in scopes for what in FORBIDS.get(scope, (scope,))}


def _may_earn(user_id) -> bool:
    return ledger.open(user_id).row.status in machine_state.EARNING


def _apply(user_id, note) -> set[str]:
    """Make the account's status what its standing cases say; return their scopes."""
    scopes = set(standing(user_id).values_list("scope", flat=True))
    if PointAccount.objects.filter(pk=user_id, status=PointAccount.Status.CLOSED).exists():
        return scopes  # somebody who left: a case is decided, the account stays closed
    if not scopes:
        ledger.unfreeze(user_id, note=note)
    else:
        scope = next(iter(scopes)) if len(scopes) == 1 else "all"
        ledger.freeze(user_id, note=note, scope=scope)
    return scopes
