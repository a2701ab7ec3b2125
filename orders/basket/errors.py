"""Refusals of the basket."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class BasketFull(DomainError):
    """More different goods than one order, or the shelf for later, has room for; numbers: most."""

    code = "limit_reached"
    message = _(
        "There is room for %(most)s different goods here. Save some for later, or take some out."
    )


class BasketChanged(DomainError):
    """What is to be ordered from the basket is not in it any more: another tab ordered it."""

    code = "basket_changed"
    message = _(
        "Your basket has changed meanwhile, perhaps in another window. Please look at it again."
    )


class WishesFull(DomainError):
    """More wishes than a list can be read of; numbers: most."""

    code = "limit_reached"
    message = _("There is room for %(most)s wishes. Take some off the list first.")


class NotSoldOut(DomainError):
    """There are pieces: nobody needs to be told."""

    code = "in_stock"
    message = _("It is in stock: you can have it now.")


class NotOffered(DomainError):
    """There is no such thing in the shop, or not any more."""

    code = "not_found"
    status = 404
    message = _("This is not in our shop any more.")
