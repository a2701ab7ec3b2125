"""The table of orders to be sent, as it was filled in: rows as forms, and the labels they make."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from mall.core import audit
from mall.core.links import id_in
from orders.dispatch import labels, waiting
from orders.dispatch.forms import HeadForm, RowForm, fill_down
from orders.models import Order

ROWS_MAX = waiting.ROWS + waiting.TOGETHER_MAX  # as many as a page shows


@dataclass
class Table:
    """The page's forms: what holds for all rows, and the rows in their order."""

    head: HeadForm
    rows: list[RowForm]
    left_over: tuple[str, ...] = ()


def blank(rows: list[waiting.Waiting], *, carrier: str = "") -> Table:
    """Return an empty table of what waits."""
    return Table(HeadForm(initial={"carrier": carrier}), [RowForm(row=row) for row in rows])


def filled(data) -> Table:
    """Return the table as it was sent, with every row that was shown, in that order."""
    keys = [key for key in map(id_in, data.getlist("row")) if key][:ROWS_MAX]
    found = Order.objects.select_related("user").in_bulk(keys)
    shown = waiting.side_by_side(waiting.of([found[key] for key in keys if key in found]))
    return Table(HeadForm(data), [RowForm(data, row=row) for row in shown])


def fill(table: Table) -> Table:
    """Put pasted numbers into the rows that have none."""
    table.head.is_valid()
    free = [
        form.row.order.no
        for form in table.rows
        if form.is_valid() and not form.cleaned_data["number"] and not _goes_along(form)
    ]
    numbers, left_over = fill_down(table.head.cleaned_data.get("numbers", ""), free)
    said = table.head.cleaned_data
    head = HeadForm(initial={"carrier": said.get("carrier"), "numbers": "\n".join(left_over)})
    rows = [_refilled(form, numbers.get(form.row.order.no)) for form in table.rows]
    return Table(head, rows, tuple(left_over))


def send(table: Table, *, operator) -> list[labels.Label]:
    """Send the rows that have a number; return all labels. What is wrong stands at its field, and
    rows that were sent leave the table.
    """
    if not table.head.is_valid():
        return []
    asked = _labels(table)
    labels.send([label for _form, label in asked], actor=f"staff:{operator.pk}")
    for form, label in asked:
        if label.state == labels.REFUSED:
            form.add_error(label.field if label.field in form.fields else "number", label.why)
    gone = {form for form, label in asked if label.state != labels.REFUSED}
    table.rows = [form for form in table.rows if form not in gone]
    return [label for _form, label in asked]


def _labels(table):
    """Return (form, label) of the rows that have a number, or go along with one that has."""
    asked, above = [], ("", "")
    for form in table.rows:
        if not form.row.follows:
            above = ("", "")
        if not form.is_valid():
            above = ("", "")
            continue
        said = form.cleaned_data
        carrier, number = said["carrier"] or table.head.cleaned_data["carrier"], said["number"]
        if _goes_along(form) and not number:
            carrier, number = above
            if not number:
                form.add_error("together", _("The order above has no tracking number."))
        elif number:
            above = carrier, number
        if number:
            label = labels.Label(form.row.order.no, carrier, number, read=said["version"])
            asked.append((form, label))
    return asked


def note_opened(table: Table, *, operator) -> None:
    """Write down whose addresses an operator was shown."""
    if table.rows:
        nos = [form.row.order.no for form in table.rows]
        audit.note(operator, "orders.open_dispatch", target="orders", after={"orders": nos})


def _goes_along(form) -> bool:
    return bool(form.cleaned_data.get("together"))


def _refilled(form, number):
    sent = {name: form[name].value() for name in form.fields}
    if number:
        sent["number"] = number
    return RowForm(initial=sent, row=form.row)
