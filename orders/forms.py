"""What the checkout and staff forms send, read strictly: nothing a shopper could not have chosen gets through."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from orders.checkout import KEY
from orders.errors import InvalidLines
from orders.pricing import CASH, LARGEST_ID, MOST_EXPECTED_POINTS, MOST_POINTS
from orders.wallet import LONGEST_TYPED

WHOLE = re.compile(r"[0-9]{1,12}")


def read_lines(sent) -> list[tuple[int, int]]:
    """Return the lines of a query or form: ``sku`` and ``quantity`` repeated in step; a quantity left out is 1.

    Raises: InvalidLines.
    """
    skus, quantities = sent.getlist("sku"), sent.getlist("quantity") or ["1"]
    if len(skus) != len(quantities) or not all(WHOLE.fullmatch(text) for text in [*skus, *quantities]):
        raise InvalidLines
    return [(int(sku), int(quantity)) for sku, quantity in zip(skus, quantities, strict=True)]


def read_points(sent) -> int:
    """Return the points to use as a discount that a query names; nonsense counts as none."""
    text = sent.get("points_to_use", "")
    return int(text) if WHOLE.fullmatch(text) else 0


class PlaceForm(forms.Form):
    """Everything of the checkout form but its lines."""

    key = forms.RegexField(KEY)
    points_to_use = forms.IntegerField(min_value=0, max_value=MOST_POINTS)
    coupon = forms.CharField(max_length=LONGEST_TYPED, required=False)
    address = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    expect_points = forms.IntegerField(min_value=0, max_value=MOST_EXPECTED_POINTS)
    expect_cash = forms.RegexField(CASH)

    @property
    def expect(self) -> dict:
        return {"points": self.cleaned_data["expect_points"], "cash": self.cleaned_data["expect_cash"]}


class ConfirmForm(forms.Form):
    """Nothing to fill in: the button is the answer."""


class ShipForm(forms.Form):
    """Who carries a parcel, and under which number; virtual goods have neither."""

    carrier = forms.CharField(label=_("Carrier"), max_length=40, widget=UnfoldAdminTextInputWidget)
    number = forms.CharField(label=_("Tracking number"), max_length=60, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args, is_physical=True, **kwargs):
        super().__init__(*args, **kwargs)
        if not is_physical:
            self.fields.clear()


class CancelForm(forms.Form):
    """Why staff cancel an order."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)
