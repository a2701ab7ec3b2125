"""What a member may ask of the statement, and what an operator writes down."""

from uuid import UUID

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from mall.core import clock
from mall.core.form_fields import WholeNumberField
from mall.core.tables.errors import BadCell
from mall.core.tables.reader import ACCEPTED
from points import rule_tables, terms
from points.machine import POINTS_MAX
from points.models import SEQ_SPAN, ExchangeRate, RiskCase, Rule, RuleVersion
from points.risk import APPEAL_MAX
from points.statement import FLOWS

LIMITS = ("per_day", "per_week", "per_month", "per_life")
NUMBERS = (
    "value",
    "points",
    "table",
    "validity",
    "validity_days",
    *LIMITS,
    "every_days",
    "matures_after_days",
    "weekdays",
)
NO_TABLE = _("Please write whole numbers with commas between them.")
NO_STEPS = _("Please write each step once, with its points: 14: 100, 30: 200.")
OPTIONAL = {"points": 0, "validity_days": 0, "every_days": 0, "matures_after_days": 0}


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


class RuleForm(forms.ModelForm):
    """A rule and the numbers of its newest version; other numbers become a new version."""

    weekdays = forms.MultipleChoiceField(
        label=_("Only on weekdays"),
        required=False,
        choices=[(str(day + 1), name) for day, name in WEEKDAYS.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None chosen means every day."),
    )
    table = forms.CharField(
        label=_("Table"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_(
            "Points for step 1, 2, 3 …, with commas: 20, 25, 30. Later steps earn the last number. "
            "At certain steps: each with its points, 14: 100, 30: 200."
        ),
    )

    class Meta:
        model = Rule
        fields = [
            "code",
            "action",
            "name_zh_hans",
            "name_en",
            "status",
            "priority",
            "starts_at",
            "ends_at",
        ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("name_zh_hans", "name_en"):
            if name in self.fields:
                self.fields[name].required = True
        newest = self.instance.versions.first() if self.instance.pk else None
        if newest is not None:
            for name in NUMBERS:
                self.initial.setdefault(name, getattr(newest, name))
            self.initial["table"] = rule_tables.written(newest.table)
            self.initial["weekdays"] = [str(day) for day in newest.weekdays]

    def clean_weekdays(self):
        """Return the weekdays as numbers, Monday first."""
        return sorted(int(day) for day in self.cleaned_data["weekdays"])

    def clean_table(self):
        """Return the table as a list of whole numbers, or of pairs of a step and its points."""
        try:
            return rule_tables.read(self.cleaned_data["table"])
        except (BadCell, ValueError):
            pairs = ":" in self.cleaned_data["table"].replace("：", ":")
            raise forms.ValidationError(NO_STEPS if pairs else NO_TABLE) from None

    def clean(self):
        """A rule must be worth something, and its window must have a beginning before its end."""
        cleaned = super().clean()
        value = cleaned.get("value")
        if (
            value == RuleVersion.Value.TABLE
            and not cleaned.get("table")
            and "table" not in self.errors
        ):
            self.add_error("table", _("A rule by table needs a table."))
        self._clean_steps(value, cleaned.get("table"))
        if value in (RuleVersion.Value.FIXED, RuleVersion.Value.PER_YUAN) and not cleaned.get(
            "points"
        ):
            self.add_error("points", _("How many points is it worth?"))
        action = cleaned.get("action") or self.instance.action
        if value and action and "action" not in self.errors and not terms.can_say(action, value):
            self.add_error("value", _("What this action tells cannot be counted that way."))
        if cleaned.get("validity") == RuleVersion.Validity.DAYS and not cleaned.get(
            "validity_days"
        ):
            self.add_error("validity_days", _("For how many days?"))
        if (
            cleaned.get("starts_at")
            and cleaned.get("ends_at")
            and cleaned["starts_at"] >= cleaned["ends_at"]
        ):
            self.add_error("ends_at", _("The end lies before the beginning."))
        return cleaned

    def _clean_steps(self, value, table):
        """A rule by certain steps names them, and no other does."""
        if table is None:
            return
        names_steps = bool(table) and all(map(rule_tables.is_pair, table))
        if value == RuleVersion.Value.STEPS and not names_steps:
            self.add_error("table", NO_STEPS)
        if value != RuleVersion.Value.STEPS and names_steps:
            self.add_error("table", NO_TABLE)

    def numbers(self):
        """Return the numbers of a version as asked for."""
        return {
            name: OPTIONAL.get(name) if self.cleaned_data[name] is None else self.cleaned_data[name]
            for name in NUMBERS
        }


for _name in NUMBERS:
    if _name not in ("table", "weekdays"):
        _field = RuleVersion._meta.get_field(_name)
        _widget = UnfoldAdminSelectWidget if _field.choices else UnfoldAdminIntegerFieldWidget
        _most = 1_000_000 if _name in ("points", *LIMITS) else 32_767
        _limits = {} if _field.choices else {"min_value": int(_name in LIMITS), "max_value": _most}
        RuleForm.base_fields[_name] = _field.formfield(
            widget=_widget, required=_name not in OPTIONAL, **_limits
        )
        RuleForm.declared_fields[_name] = RuleForm.base_fields[_name]
