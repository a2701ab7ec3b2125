"""What lucky draws refuse."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class NoSuchDraw(DomainError):
    """No draw of this code was announced."""

    code = "not_found"
    status = 404
    message = _("There is no such draw.")


class NoSuchPrize(DomainError):
    """The member has won nothing under this number that could be sent."""

    code = "not_found"
    status = 404
    message = _("There is no prize of yours to be sent here.")


class DrawNotStarted(DomainError):
    """The draw has not begun; numbers: starts_at."""

    code = "not_started"
    message = _("This draw has not started yet. It begins on %(starts_at)s.")


class DrawOver(DomainError):
    """The draw is over or was called off."""

    code = "over"
    message = _("This draw is over.")


class DrawLimitReached(DomainError):
    """The member has drawn all tickets of today; numbers: limit."""

    code = "limit_reached"
    message = _("You have drawn all %(limit)s tickets of today. Come back tomorrow.")


class NoTicket(DomainError):
    """The member has no ticket left; numbers: price, 0 where none are sold."""

    code = "no_ticket"

    def __init__(self, *, price: int):
        """Say what another one costs."""
        sold = _("You have no ticket left. Another one costs %(price)s points.")
        none = _("You have no ticket left. Come back tomorrow.")
        super().__init__(sold if price else none, price=price)


class ClaimOver(DomainError):
    """Nobody said in time where the prize goes."""

    code = "over"
    message = _("The time to have this prize sent is over.")


class DrawNotReady(DomainError):
    """A draw that cannot be announced as it stands; the message says why."""

    code = "not_ready"
    message = _("This draw cannot be announced.")


class DrawGoodsOver(DomainError):
    """The draw whose tickets these goods are will be over before anybody could use one; numbers:
    product.
    """

    code = "not_for_sale"
    message = _("“%(product)s” cannot be had any more: its draw is over.")


class TicketUsed(DomainError):
    """More pieces are to come back than have tickets nobody has drawn; numbers: unused."""

    code = "ticket_used"
    message = _("A ticket that was drawn cannot be returned; %(unused)s of them have not been.")
