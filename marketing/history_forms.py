"""What an operator says of a file of earlier orders: the file, and how it is read."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from mall.core.tables.columns import folded
from marketing.analytics.history_reading import OPEN, Reading, platforms, reading_of
from marketing.analytics.history_row import COLUMNS, MAY_BE_EMPTY
from marketing.models import HistoryOrder

LABELS = {
    "order_no": _("order number"),
    "ordered_at": _("ordered"),
    "customer": _("customer"),
    "sku": _("SKU"),
    "product": _("product"),
    "category": _("category"),
    "quantity": _("quantity"),
    "unit_price": _("yuan each"),
    "status": _("status"),
}
ENCODINGS = (
    ("", _("found out")),
    ("utf-8", "UTF-8"),
    ("gb18030", "GB18030"),
    ("utf-16", "UTF-16"),
)


class UploadForm(forms.Form):
    """A file of earlier orders."""

    file = forms.FileField(
        label=_("File of orders, CSV or .xlsx"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "As the earlier shop exported it, up to 10 MB. It is only looked over; nothing is "
            "imported yet."
        ),
    )


class ReadingForm(forms.Form):
    """How a kept file is read: made of its own headings and words."""

    platform = forms.ChoiceField(
        label=_("Exported by"),
        widget=UnfoldAdminSelectWidget,
        help_text=_("Another one sets all columns below by its own headings."),
    )
    encoding = forms.ChoiceField(
        label=_("Written in"), choices=ENCODINGS, required=False, widget=UnfoldAdminSelectWidget
    )
    fill_down = forms.BooleanField(
        label=_("An order's further lines leave its number, time, customer and status blank"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )
    replaces = forms.BooleanField(
        label=_("Take the file's version of orders that were imported differently before"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(self, row, *args, **kwargs):
        self.row, self.reading = row, Reading(**row.reading)
        self.words = dict(enumerate(row.words))
        super().__init__(*args, initial=self._as_it_is(), **kwargs)
        self.fields["platform"].choices = [(key, name) for key, (name, _r) in platforms().items()]
        titles = [(title, title) for title in dict.fromkeys(row.titles)]
        for ours in COLUMNS:
            self.fields[ours] = forms.ChoiceField(
                label=LABELS[ours],
                choices=[("", _("– not in the file –")), *titles],
                required=False,
                widget=UnfoldAdminSelectWidget,
                help_text=_("may be missing") if ours in MAY_BE_EMPTY else "",
            )
        states = [*HistoryOrder.Status.choices, (OPEN, _("Not over yet: leave it out"))]
        for number, word in self.words.items():
            self.fields[f"word_{number}"] = forms.ChoiceField(
                label=word or "–",
                choices=[("", _("– unknown: refuse it –")), *states],
                required=False,
                widget=UnfoldAdminSelectWidget,
            )

    def rows_of(self, *names):
        return [self[name] for name in names]

    def general(self):
        """Return the fields about the file as a whole."""
        return self.rows_of("platform", "encoding", "fill_down", "replaces")

    def headings(self):
        """Return the fields of the columns."""
        return self.rows_of(*COLUMNS)

    def states(self):
        """Return the fields of the file's words for a status."""
        return self.rows_of(*(f"word_{number}" for number in self.words))

    def said(self) -> Reading:
        """Return the reading that was asked for."""
        said = self.cleaned_data
        if said["platform"] != self.reading.platform:
            return reading_of(said["platform"], fill_down=said["fill_down"])
        columns = dict(self.reading.columns)
        for ours in COLUMNS:
            if said[ours] != self._heading_of(ours):
                columns[ours] = [said[ours]] if said[ours] else []
        statuses = dict(self.reading.statuses)
        for number, word in self.words.items():
            statuses[folded(word)] = said[f"word_{number}"]
        return Reading(self.reading.platform, columns, statuses, said["fill_down"])

    def _as_it_is(self):
        state = {
            "platform": self.reading.platform,
            "encoding": self.row.encoding,
            "fill_down": self.reading.fill_down,
            "replaces": self.row.replaces,
        }
        state |= {ours: self._heading_of(ours) for ours in COLUMNS}
        return state | {
            f"word_{number}": self.reading.status_of(word) for number, word in self.words.items()
        }

    def _heading_of(self, ours):
        """Return the heading of the file that is read for a column, or nothing."""
        there = {folded(title): title for title in reversed(self.row.titles)}
        theirs = map(folded, self.reading.columns.get(ours, ()))
        return next((there[title] for title in theirs if title in there), "")
