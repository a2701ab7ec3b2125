"""What the checkout and staff forms send, read strictly: nothing a shopper could not have chosen
gets through.
"""

from uuid import uuid4

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from mall.core import pasted, repeats
from mall.core.form_fields import LineField, NumberField, WholeNumberField
from mall.core.languages import label_in
from mall.core.tables import values
from mall.core.tables.errors import BadCell
from orders.coupons.wallet import LONGEST_TYPED
from orders.errors import InvalidCheckout, InvalidLines, NothingChosen
from orders.pricing import CASH, LARGEST_ID, MOST_EXPECTED_POINTS, MOST_POINTS
from orders.refunds.errors import InvalidRefund

MOST = 10**12


def read_whole(text: str) -> int | None:
    """Return the whole number from 0 on that somebody typed, by the one rule of
    mall.core.tables.values; None where it is none.
    """
    try:
        number = values.whole(pasted.number(text))
    except BadCell:
        return None
    return number if 0 <= number < MOST else None


def read_lines(sent) -> list[tuple[int, int]]:
    """Return the lines of a query or form: ``sku`` and ``quantity`` repeated in step; a quantity
    left out is 1.

    Raises: InvalidLines.
    """
    skus = list(map(read_whole, sent.getlist("sku")))
    quantities = list(map(read_whole, sent.getlist("quantity"))) or [1]
    if not skus:
        raise NothingChosen
    if len(skus) != len(quantities) or None in [*skus, *quantities]:
        raise InvalidLines
    return list(zip(skus, quantities, strict=True))


def read_points(sent) -> int:
    """Return the points to use as a discount that a query names; nonsense counts as none."""
    return read_whole(sent.get("points_to_use", "")) or 0


def read_pieces(sent) -> list[tuple[int, int]]:
    """Return (line id, pieces) of a form: ``line`` and ``quantity`` repeated in step; lines of 0
    pieces are left out.

    Raises: InvalidRefund.
    """
    lines = sent.getlist("line")
    quantities = [read_whole(pasted.number(text) or "0") for text in sent.getlist("quantity")]
    lines = list(map(read_whole, lines))
    if len(lines) != len(quantities) or None in [*lines, *quantities]:
        raise InvalidRefund
    return [pair for pair in zip(lines, quantities, strict=True) if pair[1]]


class PlaceForm(forms.Form):
    """Everything of the checkout form but its lines."""

    key = forms.RegexField(repeats.KEY)
    points_to_use = forms.IntegerField(min_value=0, max_value=MOST_POINTS)
    coupon = forms.CharField(max_length=LONGEST_TYPED, required=False)
    address = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    expect_points = forms.IntegerField(min_value=0, max_value=MOST_EXPECTED_POINTS)
    expect_cash = forms.RegexField(CASH)
    basket = forms.BooleanField(required=False)

    @property
    def expect(self) -> dict:
        return {
            "points": self.cleaned_data["expect_points"],
            "cash": self.cleaned_data["expect_cash"],
        }


class ConfirmForm(forms.Form):
    """Nothing to fill in: the button is the answer."""


class ShipForm(forms.Form):
    """Who carries a parcel, under which number, and how many of each line are in it; virtual goods
    have neither carrier nor number.
    """

    carrier = LineField(label=_("Carrier"), max_length=40, widget=UnfoldAdminTextInputWidget)
    number = NumberField(
        label=_("Tracking number"), max_length=60, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args, is_physical=True, waiting=(), carriers=(), **kwargs):
        """``waiting`` are the lines of which pieces wait; with several pieces the parcel may have a
        part of them. ``carriers`` are names to choose from; another may be written.
        """
        super().__init__(*args, **kwargs)
        self.carriers = list(carriers)
        self.fields["carrier"].widget.attrs["list"] = "carriers"
        if not is_physical:
            self.fields.clear()
        self.waiting = list(waiting)
        if sum(line.waiting_quantity for line in self.waiting) > 1:
            for line in self.waiting:
                self.fields[f"line_{line.pk}"] = WholeNumberField(
                    label=_("Pieces of %(name)s") % {"name": line.full_name},
                    min_value=0,
                    max_value=line.waiting_quantity,
                    initial=line.waiting_quantity,
                    widget=UnfoldAdminIntegerFieldWidget,
                )

    def clean(self):
        """Gather the pieces; None when everything goes."""
        cleaned = super().clean()
        named = {
            line.pk: cleaned.pop(f"line_{line.pk}")
            for line in self.waiting
            if cleaned.get(f"line_{line.pk}") is not None
        }
        cleaned["pieces"] = (
            {pk: pieces for pk, pieces in named.items() if pieces} if named else None
        )
        return cleaned


class CallOffForm(forms.Form):
    """Why something announced is called off, as members read it; in one language it is said to the
    readers of the other, too.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for language in dict(settings.LANGUAGES):
            self.fields[language] = LineField(
                label=label_in(_("Reason, as members read it"), language),
                max_length=200,
                required=False,
                widget=UnfoldAdminTextInputWidget,
            )

    def clean(self):
        """Gather the reason, {language: words}."""
        said = super().clean()
        usual = next(filter(None, said.values()), "")
        if not usual and not self.errors:
            self.add_error(next(iter(self.fields)), _("Members are told why: please say it."))
        return {"reason": {language: words or usual for language, words in said.items()}}


class CancelForm(forms.Form):
    """Why staff cancel an order."""

    reason = LineField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


# --- refunds and codes ---------------------------------------------------------
class RefundForm(forms.Form):
    """Everything of a member's refund request but its pieces."""

    key = forms.RegexField(repeats.KEY)
    reason = LineField(max_length=200, required=False)

    def check(self) -> None:
        """Raises: InvalidCheckout."""
        if not self.is_valid():
            raise InvalidCheckout


class CodesForm(forms.Form):
    """The password once more, before codes are shown."""

    password = forms.CharField(
        label=_("Your password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class RefundAskForm(forms.Form):
    """Which pieces staff ask back for a member, and why."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    reason = LineField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args, lines=(), left=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if left[line.pk]]
        for line in self.lines:
            self.fields[f"line_{line.pk}"] = WholeNumberField(
                label=_("Pieces of %(name)s") % {"name": line.full_name},
                min_value=0,
                max_value=left[line.pk],
                initial=0,
                widget=UnfoldAdminIntegerFieldWidget,
            )

    def clean(self):
        """Gather the pieces."""
        cleaned = super().clean()
        named = {line.pk: cleaned.pop(f"line_{line.pk}", None) for line in self.lines}
        cleaned["pieces"] = {pk: pieces for pk, pieces in named.items() if pieces}
        return cleaned


class ApproveForm(forms.Form):
    """How staff approve a refund."""

    restock = forms.BooleanField(
        label=_("Put what was sent back on the shelf"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_("Pieces that were never sent go back by themselves."),
    )
    at_fault = forms.BooleanField(
        label=_("It is our fault"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_("Points whose day has passed live 30 days more instead of expiring at once."),
    )
    note = forms.CharField(
        label=_("Answer to the member"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )


class RejectForm(forms.Form):
    """Why staff reject a refund; the member reads it."""

    note = forms.CharField(
        label=_("Answer to the member"), max_length=200, widget=UnfoldAdminTextInputWidget
    )
