"""What the back office asks about coupons: whom to hand them out to, and why one is taken back."""

from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from mall.core import repeats
from mall.core.fields import WholeNumberField
from orders.coupons import segments
from points.models import LEVELS


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


class HandOutForm(forms.Form):
    """Which segment, with the numbers it needs; a first look counts, a second one goes."""

    key = forms.RegexField(repeats.KEY, widget=forms.HiddenInput)
    counted = forms.CharField(required=False, max_length=6000, widget=forms.HiddenInput)
    segment = forms.ChoiceField(
        label=_("Segment"), choices=segments.choices, widget=UnfoldAdminSelectWidget
    )
    points = WholeNumberField(
        label=_("Lifetime points"),
        min_value=1,
        max_value=10**9,
        required=False,
        initial=10_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_(
            "For members with high lifetime points: from so many points ever earned, spent and "
            "expired ones too."
        ),
    )
    tier = WholeNumberField(
        label=_("Tier"),
        min_value=1,
        max_value=LEVELS,
        required=False,
        initial=2,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("For members from a tier on: 3 means V3 and above."),
    )
    days = WholeNumberField(
        label=_("Days"),
        min_value=1,
        max_value=3650,
        required=False,
        initial=30,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_(
            "For new members: joined in the last so many days. For lapsed ones: no order in them."
        ),
    )
    names = forms.CharField(
        label=_("Usernames"),
        max_length=200_000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("For a list: one each line, or separated by commas."),
    )
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, sent=None):
        super().__init__(sent, initial={"key": uuid4().hex})
        self.unknown = []

    def clean(self):
        """Require what the chosen segment asks for, and turn a pasted list into names that
        exist.
        """
        said = super().clean()
        for ask in segments.REGISTRY[said["segment"]].asks if "segment" in said else ():
            if ask not in self.errors and not said.get(ask):
                self.add_error(ask, _("This segment needs it."))
        if said.get("segment") == "names" and said.get("names"):
            said["names"], self.unknown = segments.read_names(said["names"])
            if not said["names"]:
                self.add_error("names", _("None of these is a member."))
            elif len(said["names"]) > segments.MOST_NAMES:
                self.add_error(
                    "names", _("At most %(most)s names at once.") % {"most": segments.MOST_NAMES}
                )
        return said

    @property
    def numbers(self) -> dict:
        """The numbers of the chosen segment."""
        return {
            ask: self.cleaned_data[ask] for ask in segments.get(self.cleaned_data["segment"]).asks
        }
