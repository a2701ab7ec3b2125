"""Which products stand in the shop: putting one on sale and taking it off."""

from django.utils.translation import gettext_lazy as _

from catalog import storefront
from catalog.models import Product, price_mismatch
from mall.errors import DomainError
from mall.transactions import transactional


class NotReadyForSale(DomainError):
    """The product has no offered SKU, or one whose prices do not fit its pay mode; numbers: name."""

    code = "not_ready_for_sale"
    status = 409
    message = _("“%(name)s” cannot go on sale yet: give every offered SKU the prices its pay mode needs.")


@transactional
def put_on_sale(product_id: int, *, by) -> Product:
    """Put a product on sale; nothing happens when it is already.

    ``by`` is the member of staff, kept in the product's history.

    Raises: NotReadyForSale when a shopper could not pay for it.
    """
    product = Product.objects.select_for_update().get(pk=product_id)
    offered = [sku for sku in product.skus.all() if sku.is_active]
    if not offered or any(price_mismatch(product.pay_mode, sku.points_price, sku.cash_price) for sku in offered):
        raise NotReadyForSale(name=str(product))
    return _turn(product, Product.Status.ON, by)


@transactional
def take_off_sale(product_id: int, *, by) -> Product:
    """Take a product off sale; orders that exist are not touched."""
    return _turn(Product.objects.select_for_update().get(pk=product_id), Product.Status.OFF, by)


def _turn(product, status, by) -> Product:
    if product.status != status:
        product.status = status
        product._history_user = by
        product.save(update_fields=["status", "updated_at"])
        storefront.forget()
    return product
