"""What sessions that are drawn by lot refuse."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class DrawnByLot(DomainError):
    """Pieces of this session cannot be redeemed: one registers for them."""

    code = "drawn_by_lot"
    message = _("These pieces are drawn by lot: register, and the lots decide at the end.")


class NotDrawnByLot(DomainError):
    """Nobody registers for the pieces of this session: first come, first served."""

    code = "not_drawn_by_lot"
    message = _("Nothing is drawn by lot here: first come, first served.")


class NotRegistered(DomainError):
    """The member has no registration that could be withdrawn."""

    code = "not_registered"
    message = _("You are not registered here.")
