"""What the pages of goods as a file send."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from catalog.models import Category, Product
from mall.core.tables.reader import ACCEPTED


class GoodsFileForm(forms.Form):
    """A table of goods, alone or in a ZIP with its pictures."""

    file = forms.FileField(
        label=_("CSV, Excel or ZIP file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": f"{ACCEPTED},.zip"}),
        help_text=_(
            "One row for each SKU; the first row names the columns, as “Write goods out” does. A "
            "ZIP has the table and the pictures it names. Nothing is changed before you have seen "
            "every row."
        ),
    )
    makes_categories = forms.BooleanField(
        label=_("create categories"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Categories the file names that are not there yet."),
    )
    clears = forms.BooleanField(
        label=_("clear empty cells"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Off: an empty cell leaves what is there. Names and stock always stay."),
    )


class GoodsExportForm(forms.Form):
    """Which goods are taken along, and as what."""

    status = forms.ChoiceField(
        label=_("status"),
        required=False,
        choices=[("", _("Any")), *Product.Status.choices],
        widget=UnfoldAdminSelectWidget,
    )
    category = forms.ModelChoiceField(
        Category.objects.all(),
        label=_("category"),
        required=False,
        empty_label=_("Any"),
        widget=UnfoldAdminSelectWidget,
    )
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[("xlsx", "Excel"), ("csv", "CSV")],
        widget=UnfoldAdminSelectWidget,
    )
    pictures = forms.BooleanField(
        label=_("with pictures, as ZIP"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    def products(self):
        """Return the goods that were asked for."""
        said = self.cleaned_data
        found = Product.objects.all()
        if said["status"]:
            found = found.filter(status=said["status"])
        return found.filter(category=said["category"]) if said["category"] else found
