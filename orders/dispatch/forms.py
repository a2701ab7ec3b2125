"""What the packing room's pages send."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from mall.core import pasted
from mall.core.form_fields import NumberField
from mall.core.tables.reader import ACCEPTED
from orders.dispatch import carriers

NUMBER_LENGTH = 60


def carrier_choices(first) -> list:
    """Return the carriers on offer as choices, ``first`` for none."""
    return [("", first), *((carrier.code, str(carrier)) for carrier in carriers.offered())]


class HeadForm(forms.Form):
    """What holds for all rows of the table: the carrier, and numbers pasted from elsewhere."""

    carrier = forms.ChoiceField(
        label=_("Carrier of all rows"), required=False, widget=UnfoldAdminSelectWidget
    )
    numbers = forms.CharField(
        label=_("Tracking numbers, one on each line"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_(
            "They go into the rows without one, from the top. A line may name its order first: "
            "order number, blank, tracking number."
        ),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["carrier"].choices = carrier_choices("–")


class RowForm(forms.Form):
    """One order of the table; its prefix is the order's key."""

    carrier = forms.ChoiceField(label=_("Carrier"), required=False, widget=UnfoldAdminSelectWidget)
    number = NumberField(
        label=_("Tracking number"),
        max_length=NUMBER_LENGTH,
        required=False,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "off", "spellcheck": "false", "data-tracking": ""}
        ),
    )
    together = forms.BooleanField(
        label=_("In one parcel with the order above"), required=False, widget=UnfoldBooleanWidget
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, row, **kwargs):
        self.row = row
        super().__init__(*args, prefix=str(row.order.pk), **kwargs)
        self.fields["carrier"].choices = carrier_choices(_("as above"))
        self.initial.setdefault("version", row.version)
        name = {"name": row.order.no}
        self.fields["carrier"].widget.attrs["aria-label"] = _("Carrier of %(name)s") % name
        self.fields["number"].widget.attrs["aria-label"] = _("Tracking number of %(name)s") % name
        if not row.follows:
            del self.fields["together"]


class FileForm(forms.Form):
    """A table of order numbers, carriers and tracking numbers."""

    file = forms.FileField(
        label=_("CSV or Excel file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ACCEPTED}),
        help_text=_(
            "The first row names the columns: order number, carrier, tracking number. Carriers go "
            "by code or name. Nothing is sent before you have seen every row."
        ),
    )
    carrier = forms.ChoiceField(
        label=_("Carrier of rows that name none"), required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["carrier"].choices = carrier_choices("–")


class MemberNoteForm(forms.Form):
    """What a member is told about an order."""

    text = forms.CharField(
        label=_("Note to the member"), max_length=200, widget=UnfoldAdminTextInputWidget
    )


class InternalNoteForm(forms.Form):
    """What colleagues are told about an order."""

    text = forms.CharField(
        label=_("Internal note"), max_length=500, widget=UnfoldAdminTextareaWidget
    )


class ColumnsForm(forms.Form):
    """Which columns of orders are taken along, and as what."""

    columns = forms.MultipleChoiceField(label=_("columns"), widget=forms.CheckboxSelectMultiple)
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[("csv", "CSV"), ("xlsx", "Excel")],
        widget=UnfoldAdminSelectWidget,
    )


def fill_down(text: str, nos: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return {order number: tracking number} of pasted lines for the orders ``nos`` that have none
    yet, from the top, and the lines no order is left for. A line that names an order belongs to it.
    """
    found, plain = {}, []
    for line in filter(None, map(pasted.line, text.splitlines())):
        no, _blank, number = line.replace(",", " ").partition(" ")
        if pasted.number(no).upper() in nos and number:
            found[pasted.number(no).upper()] = pasted.number(number)
        else:
            plain.append(pasted.number(line))
    free = [no for no in nos if no not in found]
    found |= dict(zip(free, plain, strict=False))
    return found, plain[len(free) :]
