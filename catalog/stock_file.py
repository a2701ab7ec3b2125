"""Stock as a file: the shelf written out, and deliveries and corrections booked from it, whole or
not at all.

The file that is written out is the one that is read: whoever counted fills in ``change`` (pieces,
plus or minus) and ``note``; lines without a change say nothing. The same rows again are refused,
however they were saved; equal changes that were booked within DAYS_ASKED days are asked about.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from catalog import stock
from catalog.models import MOST_RECEIVED, Product, Sku, StockMovement
from mall.core import audit, clock
from mall.core.errors import DomainError
from mall.core.tables import values
from mall.core.tables.columns import Column
from mall.core.tables.digest import DAYS_ASKED, digest
from mall.core.tables.errors import BadCell, UnreadableTable
from mall.core.tables.reader import open_table, remarks_of
from mall.core.transactions import transactional

COLUMNS = ("sku", "product", "choice", "in_stock", "change", "note")
READ = (
    Column(
        "sku",
        (_("SKU"), pgettext_lazy("headings", "SKU number|SKU id|item number")),
        required=True,
        is_code=True,
    ),
    Column(
        "change",
        (_("change"), pgettext_lazy("headings", "quantity|pieces|plus or minus")),
        required=True,
    ),
    Column("note", (_("note"), pgettext_lazy("headings", "reason|remark"))),
    Column("in_stock", (_("in stock"), pgettext_lazy("headings", "stock|left"))),
)
ROWS_MAX = 500  # one transaction
BYTES_MAX = 5_000_000
NOTE_MAX = 200


class StockKnown(DomainError):
    """The same file was booked before."""

    code = "file_known"
    message = _("This very file was already booked. Nothing was booked again.")


class StockTwin(DomainError):
    """Equal changes were booked from another file within DAYS_ASKED days."""

    code = "rows_known"
    message = _(
        "The same changes were booked on %(on)s already. If this is another delivery, book it "
        "anyway."
    )


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


@dataclass(frozen=True)
class Sheet:
    """The changes of a file as they were read once; ``name`` begins the references of its
    movements.
    """

    name: str
    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = ()


def look_over(content: bytes) -> list[Row]:
    """Return the changes of a file, each with what is wrong with it; nothing is booked.

    Raises: UnreadableTable, StockKnown.
    """
    return checked(read(content))


def checked(sheet: Sheet) -> list[Row]:
    """Return the changes of a sheet, each with what is wrong with it. Raises: StockKnown."""
    if StockMovement.objects.filter(reference__startswith=sheet.name).exists():
        raise StockKnown
    wanted = [row.sku for row in sheet.rows if row.sku]
    kinds = dict(Sku.objects.filter(pk__in=wanted).values_list("pk", "product__kind"))
    left, seen = stock.available(wanted), set()
    return [_checked(row, kinds, left, seen) for row in sheet.rows]


def book(content: bytes, *, by) -> int:
    """Book every change of a file, or none; returns how many. Idempotent: a booked file is refused.

    Raises: UnreadableTable, and what ``book_sheet`` refuses.
    """
    return book_sheet(read(content), by=by)


@transactional
def book_sheet(sheet: Sheet, *, by, anyway: bool = False) -> int:
    """Book every change of a sheet, or none; returns how many. Idempotent by its rows.

    Raises: StockKnown, StockRowsWrong (also when a line became wrong meanwhile), StockTwin (unless
    ``anyway``).
    """
    rows = checked(sheet)
    if wrong := [row for row in rows if row.error]:
        raise StockRowsWrong(lines=told(wrong))
    rows.sort(key=lambda row: row.sku)  # the order in which orders take them
    if not anyway and (on := _booked_on(rows)):
        raise StockTwin(on=f"{clock.day_of(on)}")
    for row in rows:
        try:
            stock.receive(
                row.sku,
                quantity=row.change,
                actor=f"staff:{by.pk}",
                note=row.note,
                reference=f"{sheet.name}{row.sku}",
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


def read(content: bytes) -> Sheet:
    """Return the changes that stand in a file, right or wrong.

    Raises: UnreadableTable, StockKnown (booked by its bytes, as files were named before).
    """
    table = open_table(content, READ, bytes_max=BYTES_MAX)
    found = [row for row in table if row.cells["change"] or row.fault]
    if not found:
        raise UnreadableTable(gettext("There is no change in this file."))
    if len(found) > ROWS_MAX:
        raise UnreadableTable(
            gettext("This file has %(rows)s changes; at most %(most)s at once. Please split it.")
            % {"rows": len(found), "most": ROWS_MAX}
        )
    rows = tuple(_row(row) for row in found)
    if StockMovement.objects.filter(
        reference__startswith=f"file:{hashlib.sha256(content).hexdigest()[:32]}:"
    ).exists():
        raise StockKnown
    said = zip(rows, found, strict=True)
    mark = digest((row.sku, row.change, row.note, cell.cells["in_stock"]) for row, cell in said)
    return Sheet(f"file:{mark[:32]}:", rows, remarks_of(table))


def told(rows, most=10) -> str:
    """Return wrong rows as one sentence: line and reason, the first few of them."""
    return "; ".join(f"{row.line}: {row.error}" for row in rows[:most]) + (
        " …" if len(rows) > most else ""
    )


def _booked_on(rows):
    """Return when exactly these changes were booked from a file of the last days, or None."""
    first, changes = rows[0], {(row.sku, row.change, row.note) for row in rows}
    for movement in StockMovement.objects.filter(
        sku=first.sku,
        delta=first.change,
        note=first.note,
        reference__startswith="file:",
        created_at__gte=clock.now() - timedelta(days=DAYS_ASKED),
    ):
        name = movement.reference.removesuffix(f"{movement.sku_id}")
        booked = StockMovement.objects.filter(reference__startswith=name)
        if set(booked.values_list("sku", "delta", "note")) == changes:
            return movement.created_at
    return None


def _row(row) -> Row:
    numbers, error = {}, row.fault
    for name, words in (
        ("sku", gettext("there is no such SKU")),
        ("change", gettext("not a whole number of pieces")),
    ):
        try:
            numbers[name] = values.whole(row.cells[name])
        except BadCell:
            numbers[name], error = None, error or words
    note = row.cells["note"]
    if len(note) > NOTE_MAX:
        error = error or gettext("the note has more than %(most)s characters") % {"most": NOTE_MAX}
    return Row(row.line, numbers["sku"], numbers["change"] or 0, note[:NOTE_MAX], error)


def _checked(row, kinds, left, seen) -> Row:
    if row.error:
        return row
    error = ""
    if row.sku not in kinds:
        error = gettext("there is no such SKU")
    elif row.sku in seen:
        error = gettext("this SKU stands in the file twice")
    elif row.change == 0:
        error = gettext("0 changes nothing; please leave the cell empty")
    elif abs(row.change) > MOST_RECEIVED:
        error = gettext("not a whole number of pieces")
    elif kinds[row.sku] == Product.Kind.CARD_KEY:
        error = gettext("card keys are imported, not counted")
    elif left[row.sku] + row.change < 0:
        error = gettext("only %(left)s are in stock") % {"left": left[row.sku]}
    seen.add(row.sku)
    return Row(row.line, row.sku, row.change, row.note, error)
