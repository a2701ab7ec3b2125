"""Operators' corrections: a reason each time, never one's own account, and not too much alone."""

from django.utils.translation import gettext_lazy as _

from mall.errors import DomainError
from mall.transactions import transactional
from points import errors, ledger
from points.models import LedgerEntry

ALONE_MAX = 5_000


class OwnAccount(DomainError):
    """Nobody adjusts their own points, whatever their rights."""

    code = "own_account"
    status = 403
    message = _("You cannot adjust your own points. Please ask a colleague.")


@transactional
def adjust_alone(user_id: int, *, points: int, ticket: str, operator, note: str, description: str = "") -> LedgerEntry:
    """Correct a member's balance by up to ALONE_MAX points, plus or minus; idempotent by ``ticket``.

    Raises: OwnAccount, ApprovalNeeded (more than one person may decide), InsufficientPoints, KeyConflict.
    """
    if operator.pk == user_id:
        raise OwnAccount
    if abs(points) > ALONE_MAX:
        raise errors.ApprovalNeeded(limit=ALONE_MAX)
    return ledger.adjust(
        user_id,
        points=points,
        key=f"adjust:{ticket}",
        actor=f"staff:{operator.pk}",
        note=note,
        reference=f"ticket:{ticket}",
        description=description,
    )
