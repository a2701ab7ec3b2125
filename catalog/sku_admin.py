"""SKUs, what is left of them, and what moved, in the back office."""

from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from catalog import (
    key_admin,
    price_admin,
    schedule_admin,
    stock,
    stock_admin,
)
from catalog.errors import NotACardKey
from catalog.models import (
    LEFT,
    MOST_RECEIVED,
    Product,
    Sku,
    StockMovement,
)
from mall.core import actors
from mall.core.admin import figures
from mall.core.admin.action_forms import VERSION
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.errors import DomainError
from mall.core.export import xlsx_response
from mall.core.form_fields import WholeNumberField
from mall.core.templatetags.mall import signed_points
from mall.core.versions import ChangedMeanwhile, check_shown, version_of


class ReceiveForm(forms.Form):
    """A delivery or a correction of one SKU; ``key`` makes a double click count once."""

    quantity = WholeNumberField(
        label=_("Pieces"),
        min_value=-MOST_RECEIVED,
        max_value=MOST_RECEIVED,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("A delivery is positive, a correction may be negative."),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Why: a delivery number, a stocktake, damage."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def clean_quantity(self):
        if self.cleaned_data["quantity"] == 0:
            raise forms.ValidationError(_("Zero pieces change nothing."), code="zero")
        return self.cleaned_data["quantity"]


class LeftFilter(admin.SimpleListFilter):
    """Which SKUs need a delivery."""

    title = _("in stock")
    parameter_name = "left"
    choices_ = {
        "none": (_("sold out"), LEFT["none"]),
        "few": (_("fewer than 10"), LEFT["few"]),
    }

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _which) in self.choices_.items()]

    def queryset(self, request, queryset):
        return (
            queryset.filter(self.choices_[self.value()][1])
            if self.value() in self.choices_
            else queryset
        )


@admin.register(Sku)
class SkuAdmin(ModelAdmin):
    """Stock at a glance. A SKU itself is edited with its product; here pieces come in."""

    is_short = True
    list_display = ["product", "name", "points_price", "cash_price", "left", "is_active"]
    list_filter = [
        LeftFilter,
        key_admin.LowKeysFilter,
        "is_active",
        "product__status",
        "product__category",
    ]
    list_select_related = ["product", "stock"]
    ordering = ["-product_id", "position", "id"]  # by its key: by its row, all of them are joined
    search_fields = ["name_zh_hans", "name_en", "product__name_zh_hans", "product__name_en"]
    fields = readonly_fields = [
        "product",
        "name_zh_hans",
        "name_en",
        "points_price",
        "cash_price",
        "is_active",
        "left",
    ]
    actions = ["change_prices"]
    actions_list = ["export_stock", "export_workbook", "import_stock"]
    actions_detail = ["receive_stock", "import_keys", "plan_price"]
    actions_row = ["receive_stock", "import_keys", "plan_price"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_receive_permission(self, request, object_id=None):
        return request.user.has_perm("catalog.change_stock")

    def get_queryset(self, request):
        """Read the product along: a SKU is called by it wherever one is chosen."""
        return super().get_queryset(request).select_related("product")

    @admin.display(description=_("in stock"), ordering="stock__quantity")
    def left(self, sku):
        return sku.pieces

    @action(description=_("Receive stock"), url_path="receive", permissions=["receive"])
    def receive_stock(self, request, object_id):
        """Book a delivery or a correction through the same verb as everybody else."""
        sku = self.get_object(request, object_id)
        form = ReceiveForm(request.POST or None, initial={"key": uuid4()})
        version = _version_of(sku, form)
        if form.is_valid() and self._receive(request, sku, form, version):
            return HttpResponseRedirect(reverse("admin:catalog_sku_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "sku": sku,
            "left": stock.available([sku.pk])[sku.pk],
            "version": version,
        }
        context |= {"title": _("Receive stock"), "movements": stock_admin.latest(sku)}
        return TemplateResponse(request, "catalog/admin/receive_stock.html", context)

    def get_actions_detail(self, request, object_id):
        """Offer the way in that fits: keys for card keys, pieces for the rest."""
        sku = self.get_object(request, object_id)
        shown = (
            "import_keys" if sku and sku.product.kind == Product.Kind.CARD_KEY else "receive_stock"
        )
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if button.method.original_function_name in (shown, "plan_price")
        ]

    def has_look_permission(self, request, object_id=None):
        return request.user.has_perm("catalog.view_stock")

    @action(description=_("Export stock"), url_path="export-stock", permissions=["look"])
    def export_stock(self, request):
        """Hand out the shelf as a file that can be filled in and imported."""
        return stock_admin.export_page(request)

    @action(
        description=_("Export stock as Excel"), url_path="export-workbook", permissions=["look"]
    )
    def export_workbook(self, request):
        """Hand out the same as a workbook."""
        return stock_admin.export_page(request, xlsx_response)

    @action(description=_("Import stock"), url_path="import-stock", permissions=["receive"])
    def import_stock(self, request):
        """Book deliveries and corrections from a file, after looking it over."""
        return stock_admin.import_page(request, self)

    def has_price_permission(self, request, object_id=None):
        return request.user.has_perm("catalog.change_sku")

    @action(description=_("Change prices"), permissions=["price"])
    def change_prices(self, request, queryset):
        """Move the chosen prices by per cent, after showing what comes of it."""
        return price_admin.change_page(request, self, queryset)

    @action(description=_("Schedule a price"), url_path="plan-price", permissions=["price"])
    def plan_price(self, request, object_id):
        """Say what the SKU costs from when, until when."""
        sku = self.get_object(request, object_id)
        return schedule_admin.plan_page(request, self, sku)

    def has_keys_permission(self, request, object_id=None):
        return request.user.has_perm("catalog.import_cardkey")

    @action(description=_("Import keys"), url_path="import-keys", permissions=["keys"])
    def import_keys(self, request, object_id):
        """Take in card keys, after looking them over."""
        sku = key_admin.sku_to_import(request, self, object_id)
        if sku is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if sku.product.kind != Product.Kind.CARD_KEY:
            messages.error(request, str(NotACardKey()))
            return HttpResponseRedirect(reverse("admin:catalog_sku_change", args=[sku.pk]))
        return key_admin.import_page(request, self, sku)

    def _receive(self, request, sku, form, version) -> bool:
        quantity, note, key = (form.cleaned_data[name] for name in ("quantity", "note", "key"))
        try:
            check_shown(request.POST.get(VERSION), version)
            stock.receive(
                sku.pk,
                quantity=quantity,
                actor=f"staff:{request.user.pk}",
                note=note,
                reference=f"receive:{key.hex}",
            )
        except DomainError as refusal:
            is_read_anew = isinstance(refusal, ChangedMeanwhile)
            form.add_error(None if is_read_anew else "quantity", str(refusal))
            return False
        messages.success(
            request,
            _("%(sku)s: %(left)s in stock now.")
            % {"sku": sku, "left": stock.available([sku.pk])[sku.pk]},
        )
        return True


def _version_of(sku, form) -> str:
    """Return the mark of what colleagues booked of a SKU: two may book one delivery. A second tap
    of one person is no second delivery.
    """
    own = f"receive:{form.cleaned_data['key'].hex}" if form.is_valid() else ""
    theirs = sku.movements.filter(direction=StockMovement.Direction.RECEIVE).exclude(reference=own)
    return version_of(theirs.order_by("pk").values_list("pk", flat=True).last())


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnly, ModelAdmin):
    """The log of every piece that came or went otherwise than by an order; nobody edits it."""

    list_display = ["created_at", "sku", "direction", "change", "reference", "by", "note"]
    change = figures.column("delta", _("change"), signed_points)
    by = actors.column("actor", _("by"))
    list_filter = ["direction"]
    list_select_related = ["sku__product"]
    search_fields = ["^reference", "sku__product__name_zh_hans", "sku__product__name_en"]
    search_help_text = _("How a reference begins (order:…), or a part of a product's name.")
