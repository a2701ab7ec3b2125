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

from catalog.models import Product
from mall.core import repeats
from mall.core.form_fields import WholeNumberField
from orders.coupons import segments
from orders.models import Coupon, CouponTemplate
from points.models import LEVELS


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


class TemplateForm(forms.ModelForm):
    """A template that somebody can use: for goods there are, which cost yuan, and in time."""

    def clean(self):
        """Refuse what would make a coupon nobody could ever use."""
        said = super().clean()
        scope, goods = said.get("scope"), said.get("products")
        if scope == CouponTemplate.Scope.CATEGORIES and not said.get("categories"):
            self.add_error("categories", _("Say which categories it is for."))
        if scope == CouponTemplate.Scope.PRODUCTS and "products" not in self.errors:
            if not goods:
                self.add_error("products", _("Say which products it is for."))
            elif all(product.pay_mode == Product.PayMode.POINTS for product in goods):
                self.add_error(
                    "products", _("None of these costs yuan: there is nothing to take off.")
                )
        starts_at = said.get("starts_at")
        if self.instance.pk and starts_at and "starts_at" in self.changed_data:
            given = self.instance.coupons.filter(state=Coupon.State.GRANTED)
            if given.filter(expires_at__lte=starts_at).exists():
                self.add_error("starts_at", _("Coupons given out already would be over by then."))
        return said


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
        for segment in segments.known().values():
            self.fields |= {ask: made() for ask, made in segment.fields.items()}
        self.unknown = []

    def clean(self):
        """Require what the chosen segment asks for, and turn a pasted list into names that
        exist.
        """
        said = super().clean()
        for ask in segments.get(said["segment"]).asks if "segment" in said else ():
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
