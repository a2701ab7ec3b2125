"""Refusals of refunds, parcels and codes."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError
from orders.errors import IllegalTransition


class InvalidRefund(DomainError):
    """The lines asked for are no refund: none, unknown, twice, or more pieces than are left;
    numbers: left.
    """

    code = "invalid"
    field = "lines"
    status = 400
    message = _("Please choose pieces of this order that were not refunded yet.")


class NothingLeft(IllegalTransition):
    """The whole order is refunded already."""

    message = _("Everything of this order was already refunded.")


class NotRefundable(IllegalTransition):
    """The order is not paid, or was cancelled."""

    message = _("Only a paid order can be refunded.")


class RefundTooLate(DomainError):
    """The days to ask for a refund are over; numbers: days."""

    code = "refund_too_late"
    message = _("A refund can be asked for within %(days)s days after receipt. Please contact us.")


class RefundDecided(IllegalTransition):
    """Somebody else decided or withdrew this request meanwhile."""

    message = _("This refund request was already decided.")


class RefundOpen(IllegalTransition):
    """A refund request waits for its answer."""

    message = _("A refund request of this order is waiting for its answer.")


class PartlySent(IllegalTransition):
    """A part of the order left already, so it cannot be cancelled as a whole."""

    message = _("Part of this order is on its way already. Please ask for a refund instead.")


class OwnOrder(DomainError):
    """Nobody decides about their own order, whatever their rights."""

    code = "own_order"
    status = 403
    message = _("You cannot decide about your own order. Please ask a colleague.")


class NothingToSend(DomainError):
    """The pieces named are none that wait to be sent."""

    code = "nothing_to_send"
    field = "lines"
    status = 400
    message = _("Please choose pieces of this order that were not sent yet.")


class NoCodes(DomainError):
    """The order has no codes to show."""

    code = "no_codes"
    status = 404
    message = _("This order has no codes to show.")


class WrongPassword(DomainError):
    """Showing codes asks for the password once more."""

    code = "wrong_password"
    field = "password"
    status = 403
    message = _("That is not your password.")


class NoPassword(DomainError):
    """The member signs in without a password."""

    code = "no_password"
    status = 409
    message = _("Please set a password first: your codes are shown after you enter it.")
