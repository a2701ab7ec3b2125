"""Operators' corrections: a reason each time, never one's own account, and not too much alone.

What one person may correct per member and day is a number of the points policy, and so is (if the
shop wants) what one person may correct per day over all members; more waits for a second person,
who is neither the one who asked nor the member, whatever their rights.
"""

from django.db.models import Sum
from django.db.models.functions import Abs
from django.utils.translation import gettext_lazy as _

from mall.core import audit, clock, repeats
from mall.core.errors import DomainError
from mall.core.events import tell
from mall.core.transactions import transactional
from points import errors, events, ledger
from points.models import Adjustment, PointsPolicy


class OwnAccount(DomainError):
    """Nobody adjusts their own points, whatever their rights."""

    code = "own_account"
    status = 403
    message = _("You cannot adjust your own points. Please ask a colleague.")


class SamePerson(DomainError):
    """Whoever asked for an adjustment is not the one who approves it."""

    code = "same_person"
    status = 403
    message = _("You asked for this adjustment yourself. A colleague must decide about it.")


class AdjustmentDecided(DomainError):
    """A colleague was faster."""

    code = "adjustment_decided"
    status = 409
    message = _("This adjustment was already decided.")


@transactional
def ask(
    user_id: int, *, points: int, ticket: str, operator, note: str, description: str = ""
) -> Adjustment:
    """Correct a member's balance by plus or minus ``points``; idempotent by ``ticket``.

    Within what one person may do per day, for this member and over all members, it is posted at
    once; above that it waits for a second person.
    ``description`` is what the member reads, ``note`` is for colleagues.
    Raises: OwnAccount, InvalidAmount, InsufficientPoints, KeyConflict, AccountMissing.
    """
    if operator.pk == user_id:
        raise OwnAccount
    if not points:
        raise errors.InvalidAmount
    policy = PointsPolicy.current()
    # Five clicks within the limit are more than the limit: the second must see the first's row.
    lock_with_clerk([user_id], operator, policy)
    first = Adjustment.objects.filter(ticket=ticket).first()
    if first is not None:
        said = {"account_id": user_id, "points": points, "requested_by_id": operator.pk}
        said |= {"description": description[:200], "note": note[:500]}
        return repeats.same(first, otherwise=errors.KeyConflict, **said)
    is_enough = spent_alone(user_id, operator) + abs(points) <= policy.adjust_alone_max
    is_alone = is_enough and has_room_alone(operator, points=abs(points), policy=policy)
    adjustment = Adjustment(
        ticket=ticket,
        account_id=user_id,
        points=points,
        description=description[:200],
        note=note[:500],
        status=Adjustment.Status.WAITING,
        requested_by=operator,
        requested_at=clock.now(),
        on=clock.today(),
    )
    if is_alone:
        _post(adjustment, actor=f"staff:{operator.pk}")
    adjustment.save()
    audit.note(
        operator,
        "points.adjust" if is_alone else "points.adjust_ask",
        target=adjustment,
        reason=note,
        after={"points": points},
    )
    if is_alone:
        tell(events.points_adjusted(adjustment, actor=f"staff:{operator.pk}"))
    return adjustment


@transactional
def approve(adjustment: Adjustment, *, operator, note: str = "") -> Adjustment:
    """Post an adjustment a colleague asked for.

    Raises: SamePerson, OwnAccount, AdjustmentDecided, InsufficientPoints (it goes on waiting).
    """
    adjustment = _waiting(adjustment, operator)
    _post(adjustment, actor=f"staff:{adjustment.requested_by_id}+staff:{operator.pk}")
    return _decided(adjustment, operator, note, "points.adjust_approve")


@transactional
def reject(adjustment: Adjustment, *, operator, note: str) -> Adjustment:
    """Turn down an adjustment a colleague asked for, with the reason.

    Raises: SamePerson, OwnAccount, AdjustmentDecided.
    """
    adjustment = _waiting(adjustment, operator)
    adjustment.status = Adjustment.Status.REJECTED
    return _decided(adjustment, operator, note, "points.adjust_reject")


def spent_alone(user_id: int, operator) -> int:
    """Return how many points, up and down, one person has corrected for a member today without a
    second person.
    """
    return _sum_of(_posted_alone(operator).filter(account_id=user_id))


def lock_with_clerk(user_ids, operator, policy: PointsPolicy) -> None:
    """Lock the members whose points move, and the colleague where the shop counts per colleague.

    Two requests of one colleague for two members share no other row, and the second must see the
    first's. The colleague's own account stands in one sorted line with the members': nobody waits
    in a circle, whoever corrects whom.
    """
    ledger.open_all([*user_ids, operator.pk] if policy.adjust_alone_day_max else user_ids)


def has_room_alone(operator, *, points: int, policy: PointsPolicy) -> bool:
    """Return whether one person may correct so many points more today, over all members together.

    Exact under ``lock_with_clerk``.
    """
    most = policy.adjust_alone_day_max
    return not most or _sum_of(_posted_alone(operator)) + points <= most


def _posted_alone(operator):
    posted = Adjustment.objects.filter(status=Adjustment.Status.POSTED, decided_by=None)
    return posted.filter(requested_by=operator, on=clock.today())


def _sum_of(found):
    return found.aggregate(sum=Sum(Abs("points")))["sum"] or 0


def _waiting(adjustment, operator):
    """Return the adjustment as it is under the member's lock, once this person may decide about
    it.
    """
    # Two colleagues may decide at once; the second must see the first's decision.
    ledger.open(adjustment.account_id)
    adjustment = Adjustment.objects.get(pk=adjustment.pk)
    if operator.pk == adjustment.account_id:
        raise OwnAccount
    if operator.pk == adjustment.requested_by_id:
        raise SamePerson
    if adjustment.status != Adjustment.Status.WAITING:
        raise AdjustmentDecided
    return adjustment


def _decided(adjustment, operator, note, action):
    adjustment.decided_by, adjustment.decided_at, adjustment.decision_note = (
        operator,
        clock.now(),
        note[:500],
    )
    adjustment.save()
    before, after = (
        {"status": Adjustment.Status.WAITING.value},
        {"status": str(adjustment.status), "points": adjustment.points},
    )
    audit.note(
        operator,
        action,
        target=adjustment,
        reason=note or adjustment.note,
        before=before,
        after=after,
    )
    if adjustment.status == Adjustment.Status.POSTED:
        tell(events.points_adjusted(adjustment, actor=f"staff:{operator.pk}"))
    return adjustment


def _post(adjustment, *, actor):
    entry = ledger.adjust(
        adjustment.account_id,
        points=adjustment.points,
        key=f"adjust:{adjustment.ticket}",
        actor=actor,
        note=adjustment.note,
        reference=f"ticket:{adjustment.ticket}",
        description=adjustment.description,
    )
    adjustment.status, adjustment.entry_seq = Adjustment.Status.POSTED, entry.seq
