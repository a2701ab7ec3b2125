"""A rule as an operator writes it down, its budget, and a back-test of such numbers."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from mall.core.errors import DomainError
from points import budgets, rulebook, terms
from points.models import BackTest, Budget, Rule, RuleVersion
from points.models.budgets import BUDGET_MAX
from points.models.rules import MULTIPLIER
from points.number_forms import NumbersForm, with_numbers


class BudgetForm(forms.Form):
    """A budget in points."""

    budget_points = forms.IntegerField(
        label=_("Budget in points"),
        min_value=1,
        max_value=BUDGET_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Told at 80 %, paused at 100 %; raised, it goes on."),
    )


@with_numbers
class RuleForm(forms.ModelForm, NumbersForm):
    """A rule and the numbers of its newest version; other numbers become a new version."""

    budget_points = forms.IntegerField(
        label=_("Budget in points"),
        required=False,
        min_value=1,
        max_value=BUDGET_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Told at 80 %, paused at 100 %; raised, it goes on. Empty: no budget."),
    )
    budget_per = forms.ChoiceField(
        label=_("Counted"), required=False, choices=Budget.Per, widget=UnfoldAdminSelectWidget
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
        if "action" in self.fields:
            self.fields["action"].required = False
        budget = self.instance.budget if self.instance.pk else None
        if budget is not None:
            self.initial |= {"budget_points": budget.points_max, "budget_per": budget.per}

    def _newest(self):
        return self.instance.versions.first() if self.instance.pk else None

    def clean(self):
        """The action must tell what the value counts, and the window must have a beginning before
        its end.
        """
        super().clean()
        cleaned = NumbersForm.clean(self)  # a ModelForm's own asks nobody behind it
        self._check_action(cleaned)
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and starts_at >= ends_at:
            self.add_error("ends_at", _("The end lies before the beginning."))
        if cleaned.get("budget_points") and self.instance.pk:
            self._check_budget(cleaned)
        return cleaned

    def _check_action(self, cleaned):
        value = cleaned.get("value")
        if "action" in self.fields and "action" not in self.errors:
            if value == RuleVersion.Value.PERCENT:
                cleaned["action"] = self.instance.action = MULTIPLIER
            elif value and not cleaned.get("action"):
                self.add_error("action", _("What is it paid for?"))
        action = cleaned.get("action") or self.instance.action
        if value and action and "action" not in self.errors and not terms.can_say(action, value):
            self.add_error("value", _("What this action tells cannot be counted that way."))

    def _check_budget(self, cleaned):
        try:
            budgets.check(rulebook.budget_code(self.instance), *self.budget())
        except DomainError as refusal:
            self.add_error(refusal.field, str(refusal))

    def budget(self) -> tuple[int | None, str]:
        """Return the budget as asked for: points, and what is counted."""
        cleaned = self.cleaned_data
        return cleaned.get("budget_points"), cleaned.get("budget_per") or Budget.Per.TOTAL


@with_numbers
class BackTestForm(NumbersForm):
    """The numbers to be tried, and on how many days."""

    field_order = ["days"]
    days = forms.TypedChoiceField(
        label=_("On the facts of the last"),
        choices=BackTest.Days,
        coerce=int,
        initial=BackTest.Days.MONTH,
        widget=UnfoldAdminSelectWidget,
    )

    budget_points = forms.IntegerField(
        label=_("Budget in points"),
        required=False,
        min_value=1,
        max_value=BUDGET_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("On which day it would have run out."),
    )

    def __init__(self, *args, version: RuleVersion, **kwargs):
        self.version = version
        super().__init__(*args, **kwargs)

    def _newest(self):
        return self.version

    def numbers(self):
        """Return the numbers that are tried, and the budget."""
        return {**super().numbers(), "budget_points": self.cleaned_data["budget_points"]}

    def clean(self):
        """What is tried is worth something, of what its action tells."""
        cleaned = super().clean()
        value = cleaned.get("value")
        if value and not terms.can_say(self.version.rule.action, value):
            self.add_error("value", _("What this action tells cannot be counted that way."))
        return cleaned
