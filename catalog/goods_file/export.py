"""The shop's goods as the table that is read in again: the same columns, so that reading it changes
nothing; with the pictures as a ZIP where they are wanted.
"""

import shutil
import zipfile
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

from catalog.goods_file import columns, headings
from catalog.goods_file.categories import Categories
from catalog.goods_file.standing import Standing, picture_names
from catalog.models import BY_NUMBER, Product, ProductImage
from mall.core import keyset
from mall.core.tables import writer

BATCH = 200
SEPARATOR = "; "
TABLE = "goods"
IN_MEMORY_BYTES = 1 << 20


def header() -> list[str]:
    """Return the headings in the reader's language."""
    return [headings.called(one.name) for one in headings.COLUMNS]


def rows(products) -> Iterator[list]:
    """Yield a row for each SKU of these products, and one for a product without any; read as they
    are asked for.
    """
    categories = Categories()
    for batch in keyset.batches(products.values_list("pk", flat=True), BATCH):
        named = [_Named(f"{BY_NUMBER}{pk}") for pk in batch]
        standing = Standing(named)
        for product in filter(None, (standing.product(one.key) for one in named)):
            told = _of_product(product, standing, categories)
            for sku in standing.skus.get(product.pk, []) or [None]:
                line = told | (_of_sku(sku, standing) if sku else {})
                yield [line.get(one.name, "") for one in headings.COLUMNS]


def write_package(file, products, *, workbook: bool) -> None:
    """Write a ZIP with the table and the pictures it names into a binary file."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(f"{TABLE}.{'xlsx' if workbook else 'csv'}", "w") as table:
            write_table(table, products, workbook=workbook)
        for name in _pictures(products):
            _copy(archive, name)


def write_table(file, products, *, workbook: bool) -> None:
    """Write the table into a binary file."""
    if workbook:
        with SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as book:
            writer.write_workbook(book, header(), rows(products))
            book.seek(0)
            shutil.copyfileobj(book, file)
        return
    for piece in writer.as_csv(header(), rows(products)):
        file.write(piece.encode())


class _Named:
    """A product as a file names it."""

    choices = ()

    def __init__(self, key):
        self.key = key


def _of_product(product, standing, categories) -> dict:
    pictures = picture_names(product, standing.pictures.get(product.pk, []))
    told = {one.column: _cell(one, product) for one in columns.OF_PRODUCT}
    return told | {
        headings.PRODUCT: product.code or f"{BY_NUMBER}{product.pk}",
        headings.CATEGORY: categories.path(product.category_id),
        headings.PICTURES: SEPARATOR.join(pictures),
    }


def _of_sku(sku, standing) -> dict:
    told = {one.column: _cell(one, sku) for one in columns.OF_SKU}
    left = standing.left[sku.pk]
    names = {headings.SKU: sku.code or f"{BY_NUMBER}{sku.pk}"}
    return told | names | {headings.STOCK: left, headings.IN_STOCK: left}


def _cell(attribute, row):
    """Return a value as a cell; what no cell holds whole is left out, and so stays as it is."""
    value = getattr(row, attribute.name)
    if isinstance(value, str) and len(value) > writer.LONGEST_CELL:
        return ""
    return attribute.words.label(value) if attribute.words else value


def _pictures(products) -> Iterator[str]:
    """Yield the stored name of each picture once."""
    seen = set()
    for batch in keyset.batches(products.only("pk", "image"), BATCH):
        of_batch = ProductImage.objects.filter(product__in=[one.pk for one in batch])
        for row in (*batch, *of_batch):
            name = row.image.name
            if name and name not in seen:
                seen.add(name)
                yield name


def _copy(archive, name):
    try:
        stored = Product._meta.get_field("image").storage.open(name)
    except OSError:
        return  # gone from the disk: the table names it, and it stays as it is
    # a picture is packed already: it is stored as it is
    with stored, archive.open(zipfile.ZipInfo(name), "w") as copy:
        shutil.copyfileobj(stored, copy)
