"""The SKUs on a product's page in the back office: their prices, and how many pieces were
counted.
"""

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationTabularInline
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from catalog import assortment, stocktake
from catalog.errors import CountedByKeys
from catalog.models import MOST_RECEIVED, Product, Sku
from mall.core.admin.table_inline import TableInline
from mall.core.errors import DomainError
from mall.core.form_fields import LineField, WholeNumberField

COUNTS = ("counted", "reason", "stock_read")  # of whoever may change stock


class ReadField(forms.CharField):
    """What the page showed of the stock; that it shows something else now is nobody's change."""

    widget = forms.HiddenInput

    def has_changed(self, initial, data):
        return False

    def bound_data(self, data, initial):
        return initial  # shown again after a refusal, the page tells of today


class SkuForm(forms.ModelForm):
    """A SKU below its product. A page of the release before sends no weight: it stays."""

    def clean_weight_grams(self):
        weight, name = self.cleaned_data["weight_grams"], self.add_prefix("weight_grams")
        return 0 if weight is None and name in self.data else weight


class CountedSkuForm(SkuForm):
    """A SKU and, where somebody counted, how many pieces of it there are."""

    counted = WholeNumberField(
        label=_("counted"),
        required=False,
        min_value=0,
        max_value=MOST_RECEIVED,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"aria-label": _("counted")}),
        help_text=_("How many pieces there are now; empty leaves the stock as it is."),
    )
    reason = LineField(
        label=_("why"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"aria-label": _("why")}),
        help_text=_("Why the count differs: a stocktake, damage, a first delivery."),
    )
    stock_read = ReadField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        receipt = getattr(self.instance, "receipt", None)
        now = stocktake.shown(self.instance.pieces if self.instance.pk else 0, receipt)
        self.initial.setdefault("stock_read", str(now))
        self.fields["counted"].widget.attrs["placeholder"] = str(now.pieces)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("counted") is not None:
            try:
                self._check(cleaned)
            except DomainError as refusal:
                self.add_error("counted", str(refusal))
        return cleaned

    def _check(self, cleaned):
        product = cleaned.get("product")
        if product is not None and product.kind == Product.Kind.CARD_KEY:
            raise CountedByKeys
        self.before = stocktake.read(cleaned.get("stock_read", ""))
        if self.instance.pk:
            stocktake.check(self.instance.pk, cleaned["counted"], self.before)

    def book(self, *, by) -> None:
        """Book what was counted, if anything was. The form was valid, in this transaction."""
        if self.cleaned_data.get("counted") is None or not self.instance.pk:
            return
        stocktake.book(
            self.instance.pk,
            self.cleaned_data["counted"],
            self.before,
            actor=f"staff:{by.pk}",
            note=self.cleaned_data["reason"] or gettext("Counted on the product's page"),
        )


class SkuFormSet(forms.BaseInlineFormSet):
    """The SKUs of one product: what is on sale offers one. A product without any is shown a row."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.is_bound and not self.initial_form_count():
            self.extra = 1

    def clean(self):
        """Refuse to put on sale, or leave there, what would offer nothing by this edit."""
        super().clean()
        if self.instance.status != Product.Status.ON or any(self.errors):
            return
        gone = set(self.deleted_forms)
        said = [form for form in self.forms if form.instance.pk or form.has_changed()]
        is_offered = any(form.cleaned_data.get("is_active") for form in said if form not in gone)
        if not is_offered and not self._offered_nothing():
            refusal = assortment.NotReadyForSale(name=self.instance.name)
            raise forms.ValidationError(str(refusal), code=refusal.code)

    def _offered_nothing(self) -> bool:
        """Whether it was on sale with nothing before: whoever mends its name is not to blame."""
        if any(form.initial.get("is_active") for form in self.initial_forms):
            return False
        return Product.objects.filter(pk=self.instance.pk, status=Product.Status.ON).exists()


class SkuInline(TableInline, TranslationTabularInline):
    model = Sku
    form = SkuForm
    formset = SkuFormSet
    extra = 0

    def get_fields(self, request, obj=None):
        """Put what every SKU needs where a screen shows it without pushing the table aside."""
        return [
            "name",
            "points_price",
            "cash_price",
            *(COUNTS if _may_count(request) else ()),
            *self.get_readonly_fields(request, obj),
            "is_active",
            "weight_grams",
            "code",
            "position",
        ]

    def get_fieldsets(self, request, obj=None):
        """Keep this order: modeltranslation would take that of the model's columns."""
        return [(None, {"fields": self.replace_orig_field(self.get_fields(request, obj))})]

    def get_readonly_fields(self, request, obj=None):
        """Lead to receiving stock only whoever may do it."""
        return ["left_and_receive" if _may_count(request) else "left"]

    def get_formset(self, request, obj=None, **kwargs):
        """Have pieces counted by whoever may do it."""
        if _may_count(request):
            kwargs["form"] = CountedSkuForm
        return super().get_formset(request, obj, **kwargs)

    def get_queryset(self, request):
        found = super().get_queryset(request).select_related("stock")
        return stocktake.with_receipt(found) if _may_count(request) else found

    @admin.display(description=_("in stock"))
    def left(self, sku):
        return sku.pieces if sku.pk else "–"

    @admin.display(description=_("in stock"))
    def left_and_receive(self, sku):
        if sku.pk is None:
            return "–"
        receive = reverse("admin:catalog_sku_receive_stock", args=[sku.pk])
        return format_html(
            '{} · <a class="underline" href="{}">{}</a> · <a class="underline" href="{}">{}</a>',
            self.left(sku),
            receive,
            _("Receive stock"),
            reverse("admin:catalog_sku_plan_price", args=[sku.pk]),
            _("Schedule a price"),
        )


def book_counts(formset, *, by) -> None:
    """Book the pieces that were counted on a product's page, in the transaction that saves it."""
    gone = set(formset.deleted_forms)
    for form in formset.forms:
        if isinstance(form, CountedSkuForm) and form not in gone:
            form.book(by=by)


def _may_count(request) -> bool:
    return request.user.has_perm("catalog.change_stock")
