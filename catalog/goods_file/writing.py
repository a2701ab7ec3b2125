"""What differs, written: many products in a few statements, in the caller's transaction.

Prices, words and answers that lists keep are drawn once for all of them; each row keeps its history
under the operator's name, and pieces move through catalog/stock.py.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation

from catalog import stock, storefront
from catalog.goods_file import columns
from catalog.models import ProductImage, draw_lowest_prices
from mall.core import clock, rows, upserts

BATCH = 100  # products of one transaction
BASES = (
    "name",
    "summary",
    "description",
    "attributes",
)  # hold the default language's words, as modeltranslation
PRODUCT_COLUMNS = (
    *dict.fromkeys(one.name for one in columns.OF_PRODUCT), columns.CATEGORY_NAME, "image",
    "updated_at", *BASES,
)  # fmt: skip
SKU_COLUMNS = (*(one.name for one in columns.OF_SKU), "code", "name")


@dataclass(frozen=True)
class Deed:
    """Who writes, under which reference pieces move, and what their log says of it."""

    operator: object
    reference: str
    note: str


def write(plans, categories, deed: Deed) -> None:
    """Save what these plans hold; none of them is refused. What they hold of new rows is complete
    afterwards.

    Raises: catalog.errors.StockBelowZero (sold since the plan was made: make it anew).
    """
    with translation.override(settings.LANGUAGE_CODE):
        for plan in plans:
            if plan.category:
                _settle_category(plan, categories)
        _save_products(plans, deed)
        _save_skus(plans, deed)
        _save_pictures(plans)
    draw_lowest_prices({plan.product.pk for plan in plans if _shows(plan)})
    moved = {one.sku.pk: one.change for plan in plans for one in plan.skus if one.change}
    if moved:
        actor = f"staff:{deed.operator.pk}"
        stock.receive_all(moved, actor=actor, note=deed.note, reference=deed.reference)
    storefront.forget()


def _settle_category(plan, categories):
    pk = categories.make(plan.category)
    plan.changed[columns.CATEGORY_NAME] = [plan.product.category_id, pk]
    plan.product.category_id, plan.category = pk, None


def _save_products(plans, deed):
    for plan in plans:
        if plan.pictures:
            plan.product.image = (plan.pictures[1] or [""])[0]
    new = [plan.product for plan in plans if plan.is_new]
    _insert(new, ("code",), deed)
    changed = [
        plan.product for plan in plans if not plan.is_new and (plan.changed or plan.pictures)
    ]
    for product in changed:
        product.updated_at = clock.now()
    _write_over(changed, PRODUCT_COLUMNS, deed)


def _save_skus(plans, deed):
    skus = [(plan.product, one) for plan in plans for one in plan.skus]
    new = [one.sku for product, one in skus if one.is_new]
    for product, one in skus:
        one.sku.product_id = product.pk
    _insert(new, ("product_id", "name_zh_hans"), deed)
    _write_over([one.sku for _product, one in skus if one.changed and not one.is_new],
                SKU_COLUMNS, deed)  # fmt: skip


def _insert(new, by, deed):
    for row in new:
        row.skip_history_when_saving = True  # a single row is saved; its history follows here
    upserts.insert(new, by=by)
    _remember(new, deed, update=False)


def _write_over(changed, names, deed):
    rows.write_over(changed, *names)
    _remember(changed, deed, update=True)


def _remember(changed, deed, *, update):
    if changed:
        type(changed[0]).history.bulk_history_create(
            changed,
            update=update,
            default_user=deed.operator,
            default_change_reason=deed.reference,
            default_date=clock.now(),
        )


def _save_pictures(plans):
    """Write the galleries anew: what stays keeps its words."""
    moved = {plan.product.pk: plan.pictures[1][1:] for plan in plans if plan.pictures}
    if not moved:
        return
    before = ProductImage.objects.filter(product__in=moved).exclude(image="")
    known = {(row.product_id, row.image.name): row for row in before}
    before.delete()
    made = []
    for product_id, names in moved.items():
        for position, name in enumerate(names):
            row = known.get((product_id, name)) or ProductImage(product_id=product_id)
            row.pk, row.image, row.position = None, name, position
            row._state.adding = True
            made.append(row)
    ProductImage.objects.bulk_create(made)


def _shows(plan) -> bool:
    """Whether lists or searches may read something else of a product."""
    return plan.is_new or plan.changed or any(one.is_new or one.changed for one in plan.skus)
