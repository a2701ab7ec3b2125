"""What a member may ask of the statement, and what an operator writes down."""

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from mall.core import clock
from mall.core.form_fields import WholeNumberField
from mall.core.tables.reader import ACCEPTED
from points.machine import POINTS_MAX
from points.models import SEQ_SPAN, ExchangeRate, RiskCase
from points.risk import APPEAL_MAX
from points.statement import FLOWS


class StatementForm(forms.Form):
    """The filters of the statement; a value that makes no sense is left out."""

    flow = forms.ChoiceField(required=False, choices=[(flow, flow) for flow in FLOWS])
    before = forms.IntegerField(required=False, min_value=1, max_value=SEQ_SPAN)
    reference = forms.CharField(required=False, max_length=80)

    def asked(self):
        """Return {flow, before, reference} with what was asked and makes sense."""
        self.is_valid()
        words = {name: self.cleaned_data.get(name, "") for name in ("flow", "reference")}
        return {**words, "before": self.cleaned_data.get("before")}


class AppealForm(forms.Form):
    """What a member says about a case."""

    text = forms.CharField(max_length=APPEAL_MAX)


class AdjustForm(forms.Form):
    """One correction. The ticket was made with the form, so a double click posts once."""

    ticket = forms.UUIDField(widget=forms.HiddenInput)
    points = WholeNumberField(
        label=_("Points"),
        min_value=-POINTS_MAX,
        max_value=POINTS_MAX,
        help_text=_(
            "Plus gives, minus takes. Above the limit of one person and day it waits for a second "
            "person."
        ),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    description = forms.CharField(
        label=_("What the member reads"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("For example: Sorry for the late parcel."),
    )
    note = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget,
        help_text=_("For colleagues and auditors; the member does not see it."),
    )

    def clean_points(self):
        """Refuse an adjustment by nothing."""
        if not self.cleaned_data["points"]:
            raise forms.ValidationError(_("Please use a whole number of points."))
        return self.cleaned_data["points"]

    def clean_ticket(self):
        """Return the ticket as the ledger writes it."""
        ticket: UUID = self.cleaned_data["ticket"]
        return ticket.hex


class ReleaseForm(forms.Form):
    """Why an account is released."""

    note = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


class FreezeForm(ReleaseForm):
    """What is paused, and why."""

    scope = forms.ChoiceField(
        label=_("Paused"),
        choices=RiskCase.Scope,
        initial=RiskCase.Scope.ALL,
        widget=UnfoldAdminSelectWidget,
    )


class DecisionForm(forms.Form):
    """A decision that needs no reason beyond the one that was given."""

    note = forms.CharField(
        label=_("Note"), required=False, max_length=500, widget=UnfoldAdminTextareaWidget
    )


class RejectForm(forms.Form):
    """A decision with its reason."""

    note = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget)


class PostForm(forms.Form):
    """A button, and the word that equal lines are meant once more, where some were posted."""

    anyway = forms.BooleanField(
        label=_("Post it anyway"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    def __init__(self, sent, *, has_twin):
        super().__init__(sent)
        if not has_twin:
            del self.fields["anyway"]


class BatchForm(forms.Form):
    """A file of corrections and why."""

    file = forms.FileField(
        label=_("CSV or Excel file"),
        help_text=_("Columns member, points, reason; one line per correction."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ACCEPTED}),
    )
    note = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget,
        help_text=_("For colleagues and auditors; the member does not see it."),
    )


class RateForm(forms.ModelForm):
    """A rate to come; what has begun is history."""

    class Meta:
        model = ExchangeRate
        fields = ["points_per_yuan", "effective_from", "note"]

    def clean_effective_from(self):
        """Refuse a beginning in the past, and one another rate has."""
        start = self.cleaned_data["effective_from"]
        if start <= clock.now():
            raise forms.ValidationError(
                _("A new rate begins in the future; what has been counted stays as it was.")
            )
        if ExchangeRate.objects.filter(effective_from=start).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Another rate begins at this very moment."))
        return start
