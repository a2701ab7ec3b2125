"""Which products stand in the shop, and at what price: on sale and off, changed, repriced; and when
a kind stays.
"""

from django.utils.translation import gettext_lazy as _

from catalog import sales, storefront
from catalog.models import CardKey, Product, Sku, Stock, StockMovement, price_mismatch
from mall.core import audit
from mall.core.errors import DomainError
from mall.core.transactions import transactional


class NotReadyForSale(DomainError):
    """The product has no offered SKU, or one whose prices do not fit its pay mode; numbers:
    name.
    """

    code = "not_ready_for_sale"
    status = 409
    message = _(
        "“%(name)s” cannot go on sale yet: give every offered SKU the prices its pay mode needs."
    )


class KindFixed(DomainError):
    """Pieces of the product lie in orders, flash sales or a pool of keys; its kind says how they
    are kept and delivered.
    """

    code = "kind_fixed"
    status = 409
    message = _(
        "The kind stays as it is once pieces were ordered, set aside or imported: make a new "
        "product instead."
    )


class SaleBackwards(DomainError):
    """The sale would end before it starts."""

    code = "invalid"
    status = 400
    message = _("The sale must end after it starts.")


class TiersBackwards(DomainError):
    """Somebody could have it who cannot see it."""

    code = "invalid"
    status = 400
    message = _("Whoever can have it must see it, too.")


class PriceMismatch(DomainError):
    """The prices do not fit the product's pay mode."""

    code = "price_mismatch"
    status = 400


def check_kind(product_id: int, kind: str) -> None:
    """Refuse another kind for a product whose pieces are on their way already. Raises: KindFixed.

    Orders and flash sales are known by the pieces they took. From and to card keys even a delivery
    is in the way: the stock of a card key is its free keys.
    """
    before = Product.objects.filter(pk=product_id).values_list("kind", flat=True).first()
    if before is None or before == kind:
        return
    moved = StockMovement.objects.filter(
        sku__product=product_id, direction=StockMovement.Direction.TAKE
    )
    lying = Stock.objects.filter(sku__product=product_id).exclude(quantity=0)
    counts_keys = Product.Kind.CARD_KEY in (before, kind)
    if (
        moved.exists()
        or sales.is_sold(product_id)
        or CardKey.objects.filter(sku__product=product_id).exists()
        or (counts_keys and lying.exists())
    ):
        raise KindFixed(field="kind")


@transactional
def put_on_sale(product_id: int, *, by) -> Product:
    """Put a product on sale; nothing happens when it is already.

    ``by`` is the member of staff, kept in the product's history.

    Raises: NotReadyForSale when a shopper could not pay for it.
    """
    product = Product.objects.select_for_update().get(pk=product_id)
    offered = [sku for sku in product.skus.all() if sku.is_active]
    if not offered or any(
        price_mismatch(product.pay_mode, sku.points_price, sku.cash_price) for sku in offered
    ):
        raise NotReadyForSale(name=str(product))
    for lacking in sales.LACKING.ask(product):
        if lacking:
            raise NotReadyForSale(lacking)
    return _turn(product, Product.Status.ON, by)


@transactional
def take_off_sale(product_id: int, *, by) -> Product:
    """Take a product off sale; orders that exist are not touched."""
    return _turn(Product.objects.select_for_update().get(pk=product_id), Product.Status.OFF, by)


@transactional
def change(product_id: int, *, by, **fields) -> Product:
    """Change names, attributes, limits, tiers or the sale window of a product; kept in its history
    under ``by``.

    Raises: SaleBackwards, TiersBackwards.
    """
    product = Product.objects.select_for_update().get(pk=product_id)
    before = {name: getattr(product, name) for name in fields}
    for name, value in fields.items():
        setattr(product, name, value)
    if (
        product.sale_starts_at
        and product.sale_ends_at
        and product.sale_ends_at <= product.sale_starts_at
    ):
        raise SaleBackwards(field="sale_ends_at")
    if product.tier_to_see > product.tier_to_redeem:
        raise TiersBackwards(field="tier_to_redeem")
    if before != fields:
        product._history_user = by
        product.save(update_fields=[*fields, "updated_at"])
        audit.note(by, "catalog.product_change", target=product, before=before, after=fields)
        storefront.forget()
    return product


def check_prices(pay_mode: str, points: int, cash) -> None:
    """Refuse prices that do not fit a pay mode. Raises: PriceMismatch."""
    for field, why in (price_mismatch(pay_mode, points, cash) or {}).items():
        raise PriceMismatch(why, field=field)


@transactional
def reprice(sku_id: int, *, by, **fields) -> Sku:
    """Change a SKU's prices, or whether it is offered; kept in its history under ``by``. Orders
    keep their price.

    Raises: PriceMismatch; NotReadyForSale when a product on sale would be left without an offered
    SKU.
    """
    # Two colleagues may each hide one of two SKUs; the second must see what the first left on
    # offer.
    product = Product.objects.select_for_update().get(skus=sku_id)
    sku = Sku.objects.get(pk=sku_id)
    before = {name: getattr(sku, name) for name in fields}
    for name, value in fields.items():
        setattr(sku, name, value)
    check_prices(product.pay_mode, sku.points_price, sku.cash_price)
    is_last = (
        not sku.is_active and not product.skus.filter(is_active=True).exclude(pk=sku_id).exists()
    )
    if is_last and product.status == Product.Status.ON:
        raise NotReadyForSale(name=str(product))
    if before != fields:
        sku._history_user = by
        sku.save(update_fields=list(fields))
        audit.note(by, "catalog.reprice", target=sku, before=before, after=fields)
        storefront.forget()
    return sku


def _turn(product, status, by) -> Product:
    if product.status != status:
        audit.note(
            by,
            f"catalog.product_{status}",
            target=product,
            before={"status": product.status},
            after={"status": str(status)},
        )
        product.status = status
        product._history_user = by
        product.save(update_fields=["status", "updated_at"])
        storefront.forget()
    return product
