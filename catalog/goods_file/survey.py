"""What a file of goods would do, said of every product; none is written."""

import json
import zlib
from collections import Counter
from datetime import timedelta

from django.utils.translation import gettext as _

from catalog.goods_file import findings, incoming, plan, reading, writing
from catalog.goods_file.categories import Categories
from catalog.goods_file.package import Package
from catalog.goods_file.standing import Standing
from catalog.models import GoodsImport
from mall.core import clock
from mall.core.tables.digest import DAYS_ASKED
from mall.core.tables.errors import UnreadableTable

CONTENT_BYTES_MAX = 12_000_000
COLUMN_OF = {plan.NEW: "new", plan.CHANGED: "changed", plan.KNOWN: "known", plan.REFUSED: "refused"}


def look(row: GoodsImport, source, *, progress=lambda **counts: None) -> tuple:
    """Look a file of goods over (a binary file that can be rewound). Return the columns of ``row``
    that say what was found, and the pictures it brings. ``progress`` is given the counts so far.

    Raises: UnreadableTable.
    """
    package = Package(source)
    sheet = reading.read(package.table, clears=row.clears)
    known = {"rows": sheet.rows, "goods": len(sheet.goods), "digest": sheet.digest}
    progress(**known)
    pictures, counts, told = incoming.Incoming(package), Counter(), []
    for made in _compared(row, sheet.goods, pictures):
        counts.update(COLUMN_OF[one.state] for one in made)
        told += [findings.of(one) for one in made if one.state != plan.KNOWN]
        progress(**{column: counts[column] for column in COLUMN_OF.values()})
    if not counts["new"] + counts["changed"]:
        pictures.held.clear()  # nothing will be written, so nobody waits for them
    found = {
        **known,
        **{column: counts[column] for column in COLUMN_OF.values()},
        "remarks": [*sheet.remarks, *_remarks_of(known["digest"])],
        "pictures": len(pictures.held),
        "content": _packed(sheet.goods),
        "findings": findings.packed(told),
    }
    return found, pictures


def _compared(row, goods, pictures):
    """Yield what would become of goods, some at a time, and note in them what was looked at."""
    categories, taken = Categories(), {}
    for start in range(0, len(goods), writing.BATCH):
        some = goods[start : start + writing.BATCH]
        standing, plans = Standing(some), []
        for one in some:
            pictures.resolve(one, standing)
            _refuse_again(one, standing.product(one.key), taken)
            made = plan.of(one, standing, categories, makes_categories=row.makes_categories)
            one.seen = made.mark
            for choice, planned in zip(one.choices, made.skus, strict=False):
                if choice.stock is not None:
                    choice.change = planned.change
            plans.append(made)
        yield plans


def _refuse_again(goods, product, taken):
    """Refuse a product that is named twice, by its number and by its code."""
    if product is not None and taken.setdefault(product.pk, goods.line) != goods.line:
        words = _("this product stands in line %(line)s, too") % {"line": taken[product.pk]}
        goods.faults.append([goods.line, words])


def _remarks_of(digest) -> list[str]:
    since = clock.now() - timedelta(days=DAYS_ASKED)
    before = GoodsImport.objects.filter(
        digest=digest, status=GoodsImport.Status.DONE, undone_at=None, finished_at__gte=since
    )
    words = _("The same rows were carried out on %(on)s already.")
    return [
        words % {"on": clock.day_of(finished_at)}
        for finished_at in before.values_list("finished_at", flat=True)[:1]
    ]


def _packed(goods) -> bytes:
    written = json.dumps([one.plain() for one in goods], ensure_ascii=False)
    packed = zlib.compress(written.encode())
    if len(packed) > CONTENT_BYTES_MAX:
        raise UnreadableTable(_("This file is too large. Please split it."))
    return packed
