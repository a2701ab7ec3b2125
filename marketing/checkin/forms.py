"""What is asked of the check-in pages, and of operators."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from marketing.checkin import outages
from marketing.models import CheckInPolicy, OutageDay
from points import rule_tables

MOST_DAYS = 31


class MakeUpForm(forms.Form):
    """A missed day, and the points the member was shown."""

    on = forms.DateField()
    price = forms.IntegerField(min_value=0, required=False)


class OutageForm(forms.ModelForm):
    """A day the shop was away, or will be, and why."""

    class Meta:
        model = OutageDay
        fields = ["on", "reason"]

    def clean_on(self):
        """Refuse a day that lies too far back or ahead."""
        try:
            outages.check(self.cleaned_data["on"])
        except outages.OutageOutOfReach as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return self.cleaned_data["on"]


class PolicyForm(forms.ModelForm):
    """What making days up costs; the prices with commas between them."""

    make_up_prices = forms.CharField(
        label=_("points the first, second, third … made-up day costs"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=CheckInPolicy._meta.get_field("make_up_prices").help_text,
    )

    class Meta:
        model = CheckInPolicy
        fields = ["make_up_days", "make_up_prices"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["make_up_prices"] = rule_tables.written(self.instance.make_up_prices)

    def clean_make_up_prices(self):
        """Return the prices as a list of whole numbers."""
        refusal = forms.ValidationError(_("Please write whole numbers with commas between them."))
        try:
            prices = rule_tables.read(self.cleaned_data["make_up_prices"])
        except ValueError:
            raise refusal from None
        if any(map(rule_tables.is_pair, prices)) or len(prices) > MOST_DAYS:
            raise refusal
        return prices
