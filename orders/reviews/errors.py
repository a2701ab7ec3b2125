"""Refusals on the way to a review."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class NoSuchLine(DomainError):
    """This order of this member has no such line."""

    code = "not_found"
    status = 404
    message = _("There is no such item among your orders.")


class NotDelivered(DomainError):
    """The goods have not arrived yet."""

    code = "not_delivered"
    message = _("You can review this as soon as it has arrived.")


class LineReturned(DomainError):
    """The goods went back, and so did what was paid for them."""

    code = "line_returned"
    message = _("This was refunded, so there is nothing left to review.")
