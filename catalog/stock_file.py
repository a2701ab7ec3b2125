"""Stock as a file: the shelf written out, and deliveries and corrections booked from it, whole or
not at all.

The file that is written out is the one that is read: whoever counted fills in ``change`` (pieces,
plus or minus) and ``note``; lines without a change say nothing. The same file again is refused.
"""

import csv
import hashlib
import io
import re
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog import stock
from catalog.models import MOST_RECEIVED, Product, Sku, StockMovement
from mall.core import audit
from mall.core.errors import DomainError
from mall.core.transactions import transactional

COLUMNS = ("sku", "product", "choice", "in_stock", "change", "note")
ROWS_MAX = 500  # one transaction
BYTES_MAX = 500_000
NOTE_MAX = 200
NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


class UnreadableStock(DomainError):
    """The file is no table with the columns sku and change."""

    code = "unreadable_file"
    status = 400
    message = _(
        "Please upload a CSV file in UTF-8 with the columns sku and change and up to %(rows)s "
        "changes."
    )


class StockKnown(DomainError):
    """The same file was booked before."""

    code = "file_known"
    message = _("This very file was already booked. Nothing was booked again.")


class StockRowsWrong(DomainError):
    """Some lines cannot be booked, so none is."""

    code = "rows_wrong"
    message = _("Some lines cannot be booked, so none was: %(lines)s")


@dataclass(frozen=True)
class Row:
    """One change of a file: its line, the SKU, the pieces, why; and what is wrong with it, if
    anything.
    """

    line: int
    sku: int | None
    change: int
    note: str
    error: str = ""


def written():
    """Yield every SKU as a row of COLUMNS, ready to be filled in."""
    for sku in (
        Sku.objects.select_related("product", "stock").order_by("pk").iterator(chunk_size=500)
    ):
        yield sku.pk, str(sku.product), sku.name, sku.pieces, "", ""


def look_over(content: bytes) -> list[Row]:
    """Return the changes of a file, each with what is wrong with it; nothing is booked.

    Raises: UnreadableStock, StockKnown.
    """
    rows = _rows(content)
    if StockMovement.objects.filter(reference__startswith=_name_of(content)).exists():
        raise StockKnown
    known = Sku.objects.filter(pk__in=[row.sku for row in rows if row.sku]).values_list(
        "pk", "product__kind"
    )
    kinds, left, seen = dict(known), stock.available([row.sku for row in rows if row.sku]), set()
    return [_checked(row, kinds, left, seen) for row in rows]


@transactional
def book(content: bytes, *, by) -> int:
    """Book every change of a file, or none; returns how many. Idempotent: a booked file is refused.

    Raises: UnreadableStock, StockKnown, StockRowsWrong (also when a line became wrong meanwhile).
    """
    rows = look_over(content)
    if wrong := [row for row in rows if row.error]:
        raise StockRowsWrong(lines=told(wrong))
    for row in sorted(rows, key=lambda row: row.sku):  # the order in which orders take them
        try:
            stock.receive(
                row.sku,
                quantity=row.change,
                actor=f"staff:{by.pk}",
                note=row.note,
                reference=f"{_name_of(content)}{row.sku}",
            )
        except DomainError as refusal:  # sold in the meantime
            raise StockRowsWrong(lines=f"{row.line}: {refusal}") from refusal
    audit.note(
        by,
        "catalog.book_stock_file",
        target="stock",
        after={"lines": len(rows), "pieces": sum(row.change for row in rows)},
    )
    return len(rows)


def told(rows, most=10) -> str:
    """Return wrong rows as one sentence: line and reason, the first few of them."""
    return "; ".join(f"{row.line}: {row.error}" for row in rows[:most]) + (
        " …" if len(rows) > most else ""
    )


def _name_of(content) -> str:
    return f"file:{hashlib.sha256(content).hexdigest()[:32]}:"


def _rows(content) -> list[Row]:
    unreadable = UnreadableStock(rows=ROWS_MAX)
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        if len(content) > BYTES_MAX or not {"sku", "change"} <= set(table.fieldnames or ()):
            raise unreadable
        # The csv module counts the lines it has read; a note may run over several.
        rows = [_row(table.line_num, found) for found in table if (found["change"] or "").strip()]
    except (UnicodeDecodeError, csv.Error) as error:
        raise unreadable from error
    if not 0 < len(rows) <= ROWS_MAX:
        raise unreadable
    return rows


def _row(line, found) -> Row:
    numbers = []
    for name in ("sku", "change"):
        text = (found[name] or "").strip()
        numbers.append(int(text) if NUMBER.fullmatch(text) else None)
    return Row(line, numbers[0], numbers[1] or 0, (found.get("note") or "").strip()[:NOTE_MAX])


def _checked(row, kinds, left, seen) -> Row:
    error = ""
    if row.sku not in kinds:
        error = gettext("there is no such SKU")
    elif row.sku in seen:
        error = gettext("this SKU stands in the file twice")
    elif not 0 < abs(row.change) <= MOST_RECEIVED:
        error = gettext("not a whole number of pieces")
    elif kinds[row.sku] == Product.Kind.CARD_KEY:
        error = gettext("card keys are imported, not counted")
    elif left[row.sku] + row.change < 0:
        error = gettext("only %(left)s are in stock") % {"left": left[row.sku]}
    seen.add(row.sku)
    return Row(row.line, row.sku, row.change, row.note, error)
