"""What operators say of a file of members."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from mall.core import clock
from mall.core.form_fields import WholeNumberField
from mall.core.tables.reader import ACCEPTED
from points.models import MemberImport

DAYS_MAX = 90
CHOICES = (
    "note",
    "existing",
    "expires_on",
    "members_language",
    "with_bonus",
    "mail_days",
    "links_orders",
    "tiers_from_orders",
)


class FileForm(forms.Form):
    """A table of members, and what holds for all of them."""

    file = forms.FileField(
        label=_("CSV or Excel file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ACCEPTED}),
        help_text=_(
            "The first row names the columns: member number, nickname, e-mail, phone number, "
            "points, last day, points earned in twelve months (or tier), birthday, joined on, "
            "consent. A member with several last days has a row for each. Nobody moves in before "
            "a colleague lets the file in."
        ),
    )
    note = forms.CharField(
        label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )
    existing = forms.ChoiceField(
        label=_("Members who are here already"),
        choices=MemberImport.Existing,
        widget=UnfoldAdminSelectWidget,
    )
    expires_on = forms.DateField(
        label=_("Last day of points without one"),
        required=False,
        widget=UnfoldAdminDateWidget,
        help_text=_("Empty: as long as points earned on the day they move in."),
    )
    members_language = forms.ChoiceField(
        label=_("Their language"), choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget
    )
    mail_days = WholeNumberField(
        label=_("Welcome mail with a link to set a password"),
        min_value=0,
        max_value=DAYS_MAX,
        initial=14,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("How many days the link is good for; 0: no mail. By day, 100 mails a minute."),
    )
    with_bonus = forms.BooleanField(
        label=_("They get the sign-up bonus, too"), required=False, widget=UnfoldBooleanWidget
    )
    links_orders = forms.BooleanField(
        label=_("Imported orders of their e-mail, phone or member number count as theirs"),
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget,
    )
    tiers_from_orders = forms.BooleanField(
        label=_("Those orders count for the tier of members for whom the file says nothing"),
        required=False,
        widget=UnfoldBooleanWidget,
    )

    def clean_expires_on(self):
        """Refuse a day that has passed."""
        day = self.cleaned_data["expires_on"]
        if day is not None and day < clock.today():
            raise forms.ValidationError(_("This day has passed."))
        return day

    def clean(self):
        """Tiers come from orders only where orders are theirs."""
        said = super().clean()
        said["tiers_from_orders"] = bool(said.get("tiers_from_orders") and said.get("links_orders"))
        return said


class TakeBackForm(forms.Form):
    """Why a file is taken back."""

    note = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget)
