"""What the flash pages are sent."""

import re
from decimal import Decimal

from django import forms

from catalog.models import MAX_QUANTITY
from mall.core import repeats
from mall.core.form_fields import WholeNumberField
from orders.pricing import CASH, LARGEST_ID, MOST_EXPECTED_POINTS


def read_quantity(sent) -> int:
    """Return the pieces a form asked for; nonsense counts as one."""
    text = sent.get("quantity", "")
    return int(text) if text.isdecimal() and len(text) < 3 and int(text) else 1


class FreightsField(forms.Field):
    """What the freight of one piece, of two and so on was on the page; one number is that of any
    number of pieces.
    """

    widget = forms.MultipleHiddenInput

    def to_python(self, value):
        """Return them as yuan. Raises: ValidationError (invalid)."""
        if len(value or []) > MAX_QUANTITY or not all(re.match(CASH, one) for one in value or []):
            raise forms.ValidationError("", code="invalid")
        return [Decimal(one) for one in value or []]


class RedeemForm(forms.Form):
    """The one button of a flash item; prices are those each piece had on the page."""

    key = forms.RegexField(repeats.KEY)
    quantity = WholeNumberField(min_value=1, max_value=MAX_QUANTITY)
    address = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    each_points = forms.IntegerField(min_value=0, max_value=MOST_EXPECTED_POINTS // MAX_QUANTITY)
    each_cash = forms.RegexField(CASH)
    freight = FreightsField()

    @property
    def expect(self) -> dict:
        """What the shopper saw, for all pieces: points and yuan."""
        sent = self.cleaned_data
        freight = sent["freight"][min(sent["quantity"], len(sent["freight"])) - 1]
        cash = Decimal(sent["each_cash"]) * sent["quantity"] + freight
        return {"points": sent["each_points"] * sent["quantity"], "cash": cash}
