"""Refusals of the shelves."""

from django.utils.translation import gettext_lazy as _

from mall.errors import DomainError


class OutOfStock(DomainError):
    """Fewer pieces are left than were wanted; numbers: sku, wanted, left."""

    code = "out_of_stock"
    status = 409
    message = _("Only %(left)s left in stock, and you asked for %(wanted)s.")


class SoldOut(OutOfStock):
    """Not one piece is left; numbers: sku, wanted, left."""

    message = _("Sold out.")


class StockBelowZero(DomainError):
    """A correction would take more pieces off the shelf than lie on it; numbers: sku, wanted, left."""

    code = "stock_below_zero"
    status = 409
    message = _("Only %(left)s are in stock: you cannot take %(wanted)s away.")


class MovementConflict(DomainError):
    """The same reference already moved another quantity of this SKU; numbers: sku, reference."""

    code = "movement_conflict"
    status = 409
    message = _("%(reference)s already moved another quantity of this item.")


class NotACardKey(DomainError):
    """Keys were offered to a SKU whose product does not consist of keys."""

    code = "not_a_card_key"
    status = 409
    message = _("This item is not sold as card keys.")


class CountedByKeys(DomainError):
    """The stock of a card key is its free keys; only importing keys raises it."""

    code = "counted_by_keys"
    status = 409
    message = _("The stock of a card key is its free keys: import keys instead.")


class KeyAlreadySeen(DomainError):
    """A key that somebody has looked at cannot be given to anybody else; numbers: unseen."""

    code = "key_seen"
    status = 409
    message = _("Codes that were already shown cannot be returned; %(unseen)s were not shown yet.")
