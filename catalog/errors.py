"""Refusals of the shelves."""

from django.utils.translation import gettext_lazy as _

from mall.errors import DomainError


class OutOfStock(DomainError):
    """Fewer pieces are left than were wanted; numbers: sku, wanted, left."""

    code = "out_of_stock"
    status = 409
    message = _("Only %(left)s left in stock, and you asked for %(wanted)s.")


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
