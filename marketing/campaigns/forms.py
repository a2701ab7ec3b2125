"""What the back office asks about segments, tags and campaigns."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.models import Category
from mall.core.form_fields import AmountField, WholeNumberField
from marketing.campaigns import planning, tags
from marketing.campaigns.checking import checked
from marketing.campaigns.conditions import FIELDS
from marketing.models import Campaign, Segment
from marketing.models.segment import TAG_LENGTH
from orders.coupons import segments as offered

LABELS = {
    "tier_from": _("Tier from"),
    "tier_to": _("Tier to"),
    "earned_from": _("Lifetime points from"),
    "earned_to": _("Lifetime points to"),
    "next_tier_within": _("At most so many points from the next tier"),
    "joined_days": _("Joined in the last so many days"),
    "joined_from": _("Joined from month"),
    "joined_to": _("Joined until month"),
    "silent_days": _("No order for so many days"),
    "ordered_days": _("Ordered in the last so many days"),
    "orders_from": _("Paid orders from"),
    "orders_to": _("Paid orders to"),
    "orders_days": _("… in the last so many days"),
    "spend_from": _("Yuan spent from"),
    "spend_to": _("Yuan spent to"),
    "spend_days": _("… in the last so many days"),
    "category": _("Category"),
    "category_bought": _("Bought from it"),
    "category_days": _("… in the last so many days"),
    "tags": _("Has one of these tags"),
    "not_tags": _("Has none of these tags"),
    "expiring_points": _("Points that expire next, at least"),
    "expiring_days": _("… within so many days"),
}
MONTH_HELP = _("2026-11 means November 2026.")
TAGS_HELP = _("Separated by commas.")
TIER_HELP = _("1 to 5.")
HELP = {"joined_from": MONTH_HELP, "joined_to": MONTH_HELP, "tags": TAGS_HELP}
HELP |= {"tier_from": TIER_HELP, "tier_to": TIER_HELP}
HELP |= {"not_tags": TAGS_HELP, "silent_days": _("Newcomers of these days are left out.")}
# (title, rows of fields): at most two side by side, more are too narrow to read
GROUPS = (
    (_("Tier and points"), (("tier_from", "tier_to"), ("earned_from", "earned_to"))),
    (
        _("On the way up, or about to lose"),
        ("next_tier_within", ("expiring_points", "expiring_days")),
    ),
    (_("Since when"), ("joined_days", ("joined_from", "joined_to"))),
    (_("How lately"), (("silent_days", "ordered_days"),)),
    (_("How often"), (("orders_from", "orders_to"), "orders_days")),
    (_("How much"), (("spend_from", "spend_to"), "spend_days")),
    (_("What they buy"), (("category", "category_bought"), "category_days")),
    (_("Tags"), (("tags", "not_tags"),)),
)


def condition_field(name) -> forms.Field:
    """Return the form field of a condition: text as it was typed, so that nothing is lost; what it
    means is ``checked``.
    """
    words = {"label": LABELS[name], "required": False, "help_text": HELP.get(name, "")}
    kind = FIELDS[name].kind
    if kind == "category":
        shelves = Category.objects.order_by("position", "pk").values_list("slug", "name")
        return forms.ChoiceField(
            choices=lambda: [("", "–"), *shelves], widget=UnfoldAdminSelectWidget, **words
        )
    if kind == "yes_no":
        choices = [("", _("Yes")), ("no", _("No, not from it"))]
        return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **words)
    widget = {"whole": UnfoldAdminIntegerFieldWidget, "yuan": UnfoldAdminDecimalFieldWidget}
    return forms.CharField(
        max_length=400, widget=widget.get(kind, UnfoldAdminTextInputWidget)(), **words
    )


class SegmentForm(forms.ModelForm):
    """A segment's code, names and conditions."""

    class Meta:
        model = Segment
        fields = ["code", "name_zh_hans", "name_en"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        said = self.instance.conditions or {}
        for name, field in self.fields.items():
            if name in FIELDS and name in said:
                field.initial = _typed(said[name])
        for name in ("name_zh_hans", "name_en"):
            if name in self.fields:
                self.fields[name].required = True

    def clean(self):
        """Keep the conditions that make sense together, or say beside each what does not."""
        said = super().clean()
        kept, wrong = checked({name: said.get(name) for name in FIELDS if name in self.fields})
        for name, words in wrong.items():
            self.add_error(name, words)
        self.instance.conditions = kept
        return said


for _name in FIELDS:
    SegmentForm.base_fields[_name] = SegmentForm.declared_fields[_name] = condition_field(_name)


def _typed(value):
    if isinstance(value, bool):
        return "" if value else "no"
    return ", ".join(value) if isinstance(value, list) else value


class CampaignForm(forms.ModelForm):
    """A draft; what lacks for a start is said beside its field."""

    class Meta:
        model = Campaign
        fields = [
            "name_zh_hans", "name_en", "code", "segment", "points", "earn_percent", "coupon",
            "title_zh_hans", "title_en", "text_zh_hans", "text_en", "reason_zh_hans", "reason_en",
            "link", "starts_at", "ends_at", "budget_points", "budget_yuan", "holdout_percent",
            "goal", "smallest_uplift", "margin_percent",
        ]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("name_zh_hans", "name_en"):
            if name in self.fields:
                self.fields[name].required = True

    def _post_clean(self):
        super()._post_clean()
        needed = ("segment", "starts_at", "ends_at", "points", "budget_points", "budget_yuan")
        if any(name in self.errors for name in needed):
            return
        for name, words in planning.lacking(self.instance).items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, words)


class TagForm(forms.Form):
    """Which word, for whom."""

    tag = forms.CharField(label=_("Tag"), max_length=TAG_LENGTH, widget=UnfoldAdminTextInputWidget)
    names = forms.CharField(
        label=_("Usernames"),
        max_length=200_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("One each line, or separated by commas."),
    )

    def clean_tag(self):
        """Return the tag as it is kept."""
        tag = tags.read(self.cleaned_data["tag"])
        if not tag or "," in tag:
            raise forms.ValidationError(_("A word without commas, please."))
        return tag

    def clean_names(self):
        """Return usernames that exist; refuse those nobody has, by name."""
        known, unknown = offered.read_names(self.cleaned_data["names"])
        if unknown:
            raise forms.ValidationError(
                _("Nobody has these names: %(names)s"), params={"names": ", ".join(unknown[:20])}
            )
        if not known or len(known) > offered.MOST_NAMES:
            raise forms.ValidationError(
                _("From 1 to %(most)s names at once, please."), params={"most": offered.MOST_NAMES}
            )
        return known


class BudgetForm(forms.Form):
    """A larger budget."""

    points = WholeNumberField(
        label=_("budget in points"),
        min_value=0,
        max_value=10**9,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    yuan = AmountField(
        label=_("budget in yuan"),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
    )
