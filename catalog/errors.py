"""Refusals of the shelves."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class OutOfStock(DomainError):
    """Fewer pieces are left than were wanted; numbers: sku, wanted, left."""

    code = "out_of_stock"
    status = 409
    message = _("Only %(left)s left in stock, and you asked for %(wanted)s.")


class SoldOut(OutOfStock):
    """Not one piece is left; numbers: sku, wanted, left."""

    message = _("Sold out.")


class StockBelowZero(DomainError):
    """A correction would take more pieces off the shelf than lie on it; numbers: sku, wanted,
    left.
    """

    code = "stock_below_zero"
    status = 409
    message = _("Only %(left)s are in stock: you cannot take %(wanted)s away.")


class MovementConflict(DomainError):
    """The same reference already moved another quantity of this SKU; numbers: sku, reference."""

    code = "movement_conflict"
    status = 409
    message = _("%(reference)s already moved another quantity of this item.")


class DeliveryConflict(DomainError):
    """The one-time key of a delivery came again with other content."""

    code = "idempotency_conflict"
    status = 422
    message = _("This was already recorded with different details.")


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


class InvalidReview(DomainError):
    """Stars outside 1–5, or a text too short or too long; numbers: least, most."""

    code = "invalid"
    field = "text"
    status = 400
    message = _("Please choose 1 to 5 stars and write between %(least)s and %(most)s characters.")


class AlreadyReviewed(DomainError):
    """The line has a review."""

    code = "already_reviewed"
    message = _("You have reviewed this already.")


class ReviewFixed(DomainError):
    """A published review is not edited any more."""

    code = "review_fixed"
    message = _("This review is published. You can delete it, but no longer change it.")


class NoSuchReview(DomainError):
    """There is no such review of this member."""

    code = "not_found"
    status = 404
    message = _("There is no such review.")
