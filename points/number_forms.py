"""The numbers of a rule as an operator writes them down: what it pays or multiplies, how often, for
whom and for what.
"""

from decimal import Decimal

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from mall.core.form_fields import AmountField
from mall.core.tables.errors import BadCell
from points import rule_tables, rule_writing, rulebook
from points.conditions import CATEGORIES, SEGMENTS
from points.models import LEVELS, Rule, RuleVersion
from points.models.rules import MULTIPLIER
from points.models.tiers import PERCENT_MAX, PLAIN_PERCENT

LIMITS = ("per_day", "per_week", "per_month", "per_life")
OPTIONAL = {
    "points": 0,
    "validity_days": 0,
    "every_days": 0,
    "matures_after_days": 0,
    "percent": PLAIN_PERCENT,
}
TIERS = [(level, f"V{level}") for level in range(1, LEVELS + 1)]
YES_NO = [(1, _("Yes")), (0, _("No"))]


def _ticks(**words):
    return forms.MultipleChoiceField(
        required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, **words
    )


def _choice(choices, **words):
    return forms.TypedChoiceField(
        choices=choices, coerce=int, required=False, widget=UnfoldAdminSelectWidget, **words
    )


class NumbersForm(forms.Form):
    """The numbers of a version. What is not sent stays as the newest version has it."""

    table = forms.CharField(
        label=_("Table"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_(
            "Points for step 1, 2, 3 …, with commas: 20, 25, 30. Later steps earn the last number. "
            "At certain steps: each with its points, 14: 100, 30: 200."
        ),
    )
    with_tier = _choice(
        YES_NO,
        label=_("Times the member's tier"),
        empty_value=None,
        help_text=_("What the tier earns in percent multiplies it, too."),
    )
    actions = _ticks(
        label=_("Multiplies"),
        help_text=_("None chosen: every rule that is multiplied by the tier, too."),
    )
    stackable = forms.BooleanField(
        label=_("Together with others"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_(
            "Several that may go together multiply each other. One that may not stands alone: "
            "the smaller priority decides."
        ),
    )
    weekdays = _ticks(
        label=_("Only on weekdays"),
        choices=[(str(day + 1), name) for day, name in WEEKDAYS.items()],
        help_text=_("None chosen means every day."),
    )
    tier_from = _choice(TIERS, label=_("From tier"), empty_value=None)
    tier_to = _choice(TIERS, label=_("Up to tier"), empty_value=None)
    categories = _ticks(
        label=_("Only in categories"),
        help_text=_(
            "With all that stands inside them. A multiplier is for those lines of an order; a rule "
            "that pays pays for them alone, and no other rule for the rest."
        ),
    )
    amount_min = AmountField(
        label=_("From so many yuan"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("For what says an amount: a purchase, for example."),
    )
    first_time = forms.BooleanField(
        label=_("Only the first time"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("As long as no rule has paid the member for this action."),
    )
    segment = forms.ChoiceField(
        label=_("Only for the segment"), required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        known = Rule.objects.exclude(action=MULTIPLIER).order_by("-priority", "-pk")
        named = {one.action: f"{one.name} ({one.action})" for one in known}
        self.fields["actions"].choices = list(reversed(named.items()))
        there = [one for answer in CATEGORIES.ask() for one in answer]
        self.fields["categories"].choices = [(str(pk), name) for pk, name in there]
        self.newest = self._newest()
        self.fields["segment"].choices = _segments(self.newest)
        for name, said in rulebook.numbers_of(self.newest).items():
            self.initial.setdefault(name, said)
        said = self.newest or RuleVersion()
        self.initial["with_tier"] = int(said.with_tier)
        # a select begins with its first choice, which would leave all tiers but one out
        self.initial |= {"tier_from": said.tier_from, "tier_to": said.tier_to}
        self.initial["table"] = rule_tables.written(said.table)
        for name in ("weekdays", "categories"):
            self.initial[name] = [str(one) for one in getattr(said, name) or ()]

    def _newest(self) -> RuleVersion | None:
        """Return the version the form begins with."""
        return None

    def clean_weekdays(self):
        """Return the weekdays as numbers, Monday first."""
        return sorted(int(day) for day in self.cleaned_data["weekdays"])

    def clean_categories(self):
        """Return the categories as numbers."""
        return sorted(int(pk) for pk in self.cleaned_data["categories"])

    def clean_table(self):
        """Return the table as a list of whole numbers, or of pairs of a step and its points."""
        try:
            return rule_tables.read(self.cleaned_data["table"])
        except (BadCell, ValueError):
            pairs = ":" in self.cleaned_data["table"].replace("：", ":")
            words = rule_writing.NO_STEPS if pairs else rule_writing.NO_TABLE
            raise forms.ValidationError(words) from None

    def clean(self):
        """A rule must be worth something, and for somebody."""
        cleaned = super().clean()
        self.check_numbers(cleaned)
        return cleaned

    def action(self) -> str:
        """Return the action the numbers are for."""
        raise NotImplementedError

    def check_numbers(self, cleaned):
        """Say beside each field what is wrong with the numbers together."""
        wrong = rule_writing.lacking(cleaned, action=self.action())
        for name, words in wrong.items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, words)

    def numbers(self):
        """Return the numbers of a version as asked for."""
        said = {name: self.cleaned_data[name] for name in rulebook.NUMBERS}
        said |= {name: none for name, none in OPTIONAL.items() if said[name] is None}
        before = self.newest or RuleVersion()
        for name in ("with_tier", "tier_from", "tier_to"):
            said[name] = getattr(before, name) if said[name] is None else said[name]
        said["with_tier"] = bool(said["with_tier"])
        return said


def _segments(newest) -> list[tuple]:
    """Return the segments to choose from: everybody, those there are, and the one it is for."""
    named = dict(one for answer in SEGMENTS.ask() for one in answer)
    if newest is not None and newest.segment:
        named.setdefault(newest.segment, newest.segment)
    return [("", _("Everybody")), *named.items()]


def _field_of(name):
    """Return the field of a number that is written down as the model says."""
    field = RuleVersion._meta.get_field(name)
    widget = UnfoldAdminSelectWidget if field.choices else UnfoldAdminIntegerFieldWidget
    most = 1_000_000 if name in ("points", *LIMITS) else 32_767
    most = PERCENT_MAX if name == "percent" else most
    limits = {} if field.choices else {"min_value": int(name in LIMITS), "max_value": most}
    return field.formfield(widget=widget, required=name not in OPTIONAL, **limits)


def with_numbers(form):
    """Give a form the numbers that are written down as the model says them."""
    for name in rulebook.NUMBERS:
        if name not in form.base_fields:
            form.base_fields[name] = form.declared_fields[name] = _field_of(name)
    return form


with_numbers(NumbersForm)
