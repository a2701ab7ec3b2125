"""A rule as an operator writes it down, its budget, and a back-test of such numbers."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from mall.core.errors import DomainError
from mall.core.form_fields import WholeNumberField
from points import budgets, rule_writing, rulebook
from points.models import BackTest, Budget, Rule, RuleVersion
from points.models.budgets import BUDGET_MAX
from points.number_forms import NumbersForm, with_numbers


class BudgetForm(forms.Form):
    """A budget in points."""

    budget_points = WholeNumberField(
        label=_("Budget in points"),
        min_value=1,
        max_value=BUDGET_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Told at 80 %, paused at 100 %; raised, it goes on."),
    )


@with_numbers
class RuleForm(forms.ModelForm, NumbersForm):
    """A rule and the numbers of its newest version; other numbers become a new version."""

    budget_points = WholeNumberField(
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
        cleaned = self.cleaned_data
        if "action" in self.fields and "action" not in self.errors and cleaned.get("value"):
            action = rule_writing.action_of(cleaned.get("action"), cleaned["value"])
            cleaned["action"] = self.instance.action = action
        self.check_numbers(cleaned)  # a ModelForm's own asks nobody behind it
        window = cleaned.get("starts_at"), cleaned.get("ends_at")
        if problem := rule_writing.wrong_window(*window):
            self.add_error("ends_at", problem)
        if cleaned.get("budget_points") and self.instance.pk:
            self._check_budget(cleaned)
        return cleaned

    def action(self):
        """Return the action: chosen with the rule, and never changed."""
        return self.cleaned_data.get("action") or self.instance.action

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

    budget_points = WholeNumberField(
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

    def action(self):
        """Return the action of the rule whose numbers are tried."""
        return self.version.rule.action
