"""What a shopper may ask of the shelves."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog import storefront
from catalog.audience import VISITOR
from catalog.models import PRICE_MAX_POINTS, Product
from mall.core.form_fields import WholeNumberField

ORDERING_LABELS = [
    ("", _("Recommended")),
    ("newest", _("Newest first")),
    ("popular", _("Most popular")),
    ("points_price", _("Fewest points first")),
    ("-points_price", _("Most points first")),
]


class FilterForm(forms.Form):
    """The filters of the product list. A value that makes no sense is left out, and said beside its
    field.
    """

    search = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    category = forms.CharField(required=False, max_length=50, widget=forms.HiddenInput)
    pay_mode = forms.ChoiceField(
        label=_("Paid with"), required=False, choices=[("", _("Any")), *Product.PayMode.choices]
    )
    min_points = WholeNumberField(
        label=_("From, in points"), required=False, min_value=0, max_value=PRICE_MAX_POINTS
    )
    max_points = WholeNumberField(
        label=_("Up to, in points"), required=False, min_value=0, max_value=PRICE_MAX_POINTS
    )
    affordable = forms.BooleanField(label=_("I can afford"), required=False)
    ordering = forms.ChoiceField(label=_("Sort"), required=False, choices=ORDERING_LABELS)
    page = forms.IntegerField(
        required=False, min_value=1, max_value=10_000, widget=forms.HiddenInput
    )

    def clean_category(self):
        """Refuse a category that is not in the tree; an id means its slug."""
        asked = self.cleaned_data["category"]
        found = storefront.category(asked) if asked else None
        if asked and found is None:
            raise forms.ValidationError(_("There is no such category."), code="invalid_choice")
        return found["slug"] if found else ""

    def clean(self):
        cleaned = super().clean()
        low, high = cleaned.get("min_points"), cleaned.get("max_points")
        if low is not None and high is not None and low > high:
            self.add_error(
                "max_points",
                forms.ValidationError(_("This is less than the lower bound."), code="invalid"),
            )
        return cleaned

    def filters(self, available: int | None, tier: int = VISITOR) -> storefront.Filters:
        """Return what was asked and makes sense; ``available`` are the reader's points, ``tier`` is
        theirs (catalog/audience.py).
        """
        self.is_valid()
        asked = self.cleaned_data
        return storefront.Filters(
            search=asked.get("search", ""),
            category=asked.get("category", ""),
            pay_mode=asked.get("pay_mode", ""),
            min_points=asked.get("min_points"),
            max_points=asked.get("max_points"),
            affordable_with=available if asked.get("affordable") else None,
            ordering=asked.get("ordering", ""),
            page=asked.get("page") or 1,
            tier=tier,
        )
