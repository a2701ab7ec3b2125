"""Refusals of the points app; each leaves the books as they were."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class InsufficientPoints(DomainError):
    """The member has fewer points than the command needs."""

    code = "insufficient_points"
    status = 409
    message = _("You have %(available)s points and need %(needed)s: %(missing)s more.")


class AccountFrozen(DomainError):
    """The account may not earn or spend at the moment."""

    code = "account_frozen"
    status = 403
    message = _("Your points are paused for the moment. Please contact us and we will sort it out.")


class AccountClosed(DomainError):
    """The account belongs to somebody who left; nothing opens it again."""

    code = "account_closed"
    status = 409
    message = _("This account is closed and stays closed.")


class LimitReached(DomainError):
    """The rule's limit for this day, week, month or life is used up."""

    code = "limit_reached"
    status = 409
    message = _("You have already earned everything this rule gives for now (%(limit)s times).")


class KeyConflict(DomainError):
    """The key names a fact that was posted with other content."""

    code = "idempotency_conflict"
    status = 422
    message = _("This was already recorded with different details.")


class HoldClosed(DomainError):
    """The reservation was already captured or released, or never existed."""

    code = "hold_closed"
    status = 409
    message = _("These reserved points were already used or returned.")


class TooManyHolds(DomainError):
    """The member has more unpaid orders than one person needs."""

    code = "too_many_holds"
    status = 409
    message = _("You have %(limit)s orders waiting for payment. Please pay or cancel one first.")


class OverRefund(DomainError):
    """More would be returned than was taken."""

    code = "refund_exceeds"
    status = 409
    message = _("Only %(left)s points are left to return, not %(asked)s.")


class UnknownEntry(DomainError):
    """The entry to be reversed does not exist on this account, or is of another kind."""

    code = "unknown_entry"
    status = 404
    message = _("There is no such posting to reverse.")


class InvalidAmount(DomainError):
    """The amount is not a whole number of points in range, or the expiry lies in the past."""

    code = "invalid_amount"
    status = 400
    message = _("Please use a whole number of points.")


class ApprovalNeeded(DomainError):
    """One person may not adjust this much alone."""

    code = "approval_needed"
    status = 409
    message = _(
        "One person may adjust up to %(limit)s points. A larger adjustment needs a second "
        "person's approval."
    )


class AccountMissing(DomainError):
    """There is no member with this number."""

    code = "account_missing"
    status = 404
    message = _("There is no such member.")


class ReadOnlyBooks(TypeError):
    """A programme tried to change the books other than through points/ledger.py."""


# What the pure machine refuses, by its word for it.
BY_REASON = {
    "insufficient_points": InsufficientPoints,
    "account_frozen": AccountFrozen,
    "limit_reached": LimitReached,
    "hold_closed": HoldClosed,
    "too_many_holds": TooManyHolds,
    "over_refund": OverRefund,
    "unknown_entry": UnknownEntry,
    "invalid_amount": InvalidAmount,
}
