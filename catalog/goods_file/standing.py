"""What the shop has of the goods of a file, read for many of them in a few statements."""

from django.db.models import Max

from catalog import price_schedule, stock
from catalog.goods_file import columns
from catalog.models import BY_NUMBER, Product, ProductImage, Sku, StockMovement
from mall.core.versions import version_of


class Standing:
    """The products, SKUs, pieces and pictures that some goods name. ``holds`` locks products and
    SKUs, in a transaction, so that nobody changes them before it ends.
    """

    def __init__(self, goods, *, holds: bool = False):
        keys = [one.key for one in goods]
        numbers = [int(key[1:]) for key in keys if key.startswith(BY_NUMBER)]
        codes = [key for key in keys if key and not key.startswith(BY_NUMBER)]
        ids = {*Product.objects.filter(code__in=codes).order_by().values_list("pk", flat=True)}
        ids.update(numbers)
        products = _held(Product.objects.filter(pk__in=ids).order_by("pk"), holds)
        self._by_key = {one.code: one for one in products if one.code}
        self._by_key |= {f"{BY_NUMBER}{one.pk}": one for one in products}
        self.skus, self.pictures = {}, {}
        found = Sku.objects.filter(product__in=[one.pk for one in products])
        for sku in _held(found.order_by("pk"), holds):
            self.skus.setdefault(sku.product_id, []).append(sku)
        for rows in self.skus.values():
            rows.sort(key=lambda sku: (sku.position, sku.pk))
        self._read_others(goods)
        images = ProductImage.objects.filter(product__in=[one.pk for one in products])
        for image in images.order_by("position", "pk"):
            self.pictures.setdefault(image.product_id, []).append(image)
        self.planned = {}
        for row in price_schedule.open_of([one.pk for one in products]):
            self.planned.setdefault(row.sku.product_id, []).append(row)
        self.left = stock.available([sku.pk for rows in self.skus.values() for sku in rows])
        self._read_booked(goods)

    def _read_others(self, goods):
        """Read whose the SKUs are that go by a code of the file."""
        codes = [sku.code for one in goods for sku in one.choices if sku.code]
        self.owners = dict(Sku.objects.filter(code__in=codes).values_list("code", "product_id"))

    def _read_booked(self, goods):
        """Read the last booking of pieces of products of which a file counts some: what was counted
        before it holds no more.
        """
        keys = [one.key for one in goods if any(sku.stock is not None for sku in one.choices)]
        counted = [one.pk for one in filter(None, map(self.product, keys))]
        skus = {sku.pk: pk for pk in counted for sku in self.skus.get(pk, [])}
        booked = StockMovement.objects.filter(
            sku__in=skus, direction=StockMovement.Direction.RECEIVE
        )
        self.booked = dict.fromkeys(counted, 0)
        for sku_id, last in booked.order_by().values_list("sku").annotate(Max("pk")):
            self.booked[skus[sku_id]] = max(last, self.booked[skus[sku_id]])

    def product(self, key: str) -> Product | None:
        """Return the product a file names, or None."""
        return self._by_key.get(key)

    def hold(self, sku_ids) -> None:
        """Lock the stock of these SKUs, so that what is left of them stays."""
        self.left.update(stock.held(sku_ids))

    def hold_short(self, goods) -> None:
        """Lock the stock of the goods of which pieces are to go."""
        keys = [one.key for one in goods if any((sku.change or 0) < 0 for sku in one.choices)]
        products = filter(None, map(self.product, keys))
        self.hold([sku.pk for one in products for sku in self.skus.get(one.pk, [])])


def _held(rows, holds) -> list:
    return list(rows.select_for_update() if holds else rows)


def picture_names(product, gallery) -> list[str]:
    """Return the stored names of a product's uploaded pictures, the first one first."""
    names = [product.image.name, *(one.image.name for one in gallery)]
    return [name for name in names if name]


def snapshot(product, skus) -> dict:
    """Return what a file may change of a product, as plain values."""
    told = {one.name: columns.plain(getattr(product, one.name)) for one in columns.OF_PRODUCT}
    return {
        **told,
        columns.CATEGORY_NAME: product.category_id,
        "skus": [_of_sku(sku) for sku in skus],
    }


def mark(product, skus, gallery, booked: int | None) -> str:
    """Return the mark of a product as a file found it; of its pieces only which booking was the
    last, where the file counts them: sales are no edit.
    """
    counted = () if booked is None else (booked,)
    return version_of(snapshot(product, skus), picture_names(product, gallery), *counted)


def _of_sku(sku):
    told = {one.name: columns.plain(getattr(sku, one.name)) for one in columns.OF_SKU}
    return {**told, "pk": sku.pk, "code": sku.code}
