"""The back room of the shelves. Every edit lets the shop window read its facts anew."""

from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, OuterRef, Subquery, Sum
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin, TranslationTabularInline
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import TabularInline
from unfold.contrib.forms.widgets import WysiwygWidget
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from catalog import (
    assortment,
    key_admin,
    review_admin,  # noqa: F401 - reviews have a room of their own
    richtext,
    stock,
    stock_admin,
    storefront,
)
from catalog.errors import NotACardKey
from catalog.models import (
    LEFT,
    MOST_RECEIVED,
    Category,
    Product,
    ProductImage,
    Sku,
    Stock,
    StockMovement,
)
from mall.core import actors
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.errors import DomainError
from mall.core.templatetags.mall import yuan

STATUS_COLOURS = {
    Product.Status.ON: "success",
    Product.Status.DRAFT: "info",
    Product.Status.OFF: "warning",
}


class ShelfAdmin(ModelAdmin):
    """An admin whose edits show in the shop at once."""

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        storefront.forget()

    def save_formset(self, request, form, formset, change):
        for inline in formset.forms:
            inline.instance._history_user = request.user
        super().save_formset(request, form, formset, change)
        storefront.forget()

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        storefront.forget()

    def delete_queryset(self, request, queryset):
        super().delete_queryset(request, queryset)
        storefront.forget()


@admin.register(Category)
class CategoryAdmin(ShelfAdmin, TranslationAdmin):
    is_short = True
    list_display = ["name", "parent", "slug", "icon", "position", "product_count"]
    list_editable = ["position"]
    list_select_related = ["parent"]
    search_fields = ["name_zh_hans", "name_en", "slug"]
    prepopulated_fields = {"slug": ["name_en"]}

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(products_inside=Count("products"))

    @admin.display(description=_("products"), ordering="products_inside")
    def product_count(self, category):
        return category.products_inside


class SkuInline(TabularInline, TranslationTabularInline):
    model = Sku
    extra = 0

    def get_fields(self, request, obj=None):
        return [
            "name",
            "points_price",
            "cash_price",
            "position",
            "is_active",
            *self.get_readonly_fields(request, obj),
        ]

    def get_readonly_fields(self, request, obj=None):
        """Lead to receiving stock only whoever may do it."""
        return ["left_and_receive" if request.user.has_perm("catalog.change_stock") else "left"]

    def get_extra(self, request, obj=None, **kwargs):
        """Have the first line of a new product's prices ready."""
        return 0 if obj else 1

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("stock")

    @admin.display(description=_("in stock"))
    def left(self, sku):
        return sku.pieces if sku.pk else "–"

    @admin.display(description=_("in stock"))
    def left_and_receive(self, sku):
        if sku.pk is None:
            return "–"
        receive = reverse("admin:catalog_sku_receive_stock", args=[sku.pk])
        return format_html(
            '{} · <a class="underline" href="{}">{}</a>',
            self.left(sku),
            receive,
            _("Receive stock"),
        )


class PictureInline(TabularInline, TranslationTabularInline):
    model = ProductImage
    extra = 0
    fields = ["image", "illustration", "alt", "position"]


class ProductForm(forms.ModelForm):
    class Meta:
        model = Product
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them

    def clean_kind(self):
        try:
            assortment.check_kind(self.instance.pk, self.cleaned_data["kind"])
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from refusal
        return self.cleaned_data["kind"]

    def clean_description_zh_hans(self):
        return richtext.clean(self.cleaned_data["description_zh_hans"])

    def clean_description_en(self):
        return richtext.clean(self.cleaned_data["description_en"])


@admin.register(Product)
class ProductAdmin(SimpleHistoryAdmin, ShelfAdmin, TranslationAdmin):
    is_short = True
    form = ProductForm
    inlines = [SkuInline, PictureInline]
    list_display = [
        "thumbnail",
        "name",
        "category",
        "pay_mode",
        "price",
        "left",
        "popularity",
        "shown_status",
    ]
    list_display_links = ["thumbnail", "name"]
    list_filter = ["status", "pay_mode", "kind", "category"]
    list_select_related = ["category"]
    search_fields = ["name_zh_hans", "name_en", "summary_zh_hans", "summary_en", "tags"]
    autocomplete_fields = ["category"]
    actions = ["put_on_sale", "take_off_sale"]
    formfield_overrides = {models.TextField: {"widget": WysiwygWidget}}
    fieldsets = [
        (None, {"fields": ["status", "category", "name", "summary", "description"]}),
        (
            _("Price and delivery"),
            {
                "fields": [
                    "pay_mode",
                    "kind",
                    ("limit_per_order", "limit_per_person"),
                    "sale_starts_at",
                    "sale_ends_at",
                ]
            },
        ),
        (_("Pictures and tags"), {"fields": ["image", "illustration", "tags"]}),
    ]

    def get_queryset(self, request):
        pieces = (
            Stock.objects.filter(sku__product=OuterRef("pk"), sku__is_active=True)
            .values("sku__product")
            .annotate(n=Sum("quantity"))
            .values("n")
        )
        return super().get_queryset(request).annotate(pieces=Subquery(pieces))

    @admin.display(description="")
    def thumbnail(self, product):
        if not product.image_url:
            return "–"
        return format_html(
            '<img src="{}" alt="" width="40" height="40" loading="lazy" class="object-contain '
            'rounded">',
            product.image_url,
        )

    @admin.display(description=_("price"), ordering="lowest_points")
    def price(self, product):
        parts = (
            [_("%(points)s points") % {"points": product.lowest_points}]
            if product.lowest_points
            else []
        )
        parts += [yuan(product.lowest_cash)] if product.lowest_cash else []
        return " + ".join(str(part) for part in parts) or _("no price yet")

    @admin.display(description=_("in stock"), ordering="pieces")
    def left(self, product):
        return product.pieces or 0

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def shown_status(self, product):
        return product.status, product.get_status_display()

    @action(description=_("Put on sale"), permissions=["change"])
    def put_on_sale(self, request, queryset):
        self._turn_all(request, queryset, assortment.put_on_sale, _("%(n)s products are on sale."))

    @action(description=_("Take off sale"), permissions=["change"])
    def take_off_sale(self, request, queryset):
        self._turn_all(
            request, queryset, assortment.take_off_sale, _("%(n)s products are off sale.")
        )

    def _turn_all(self, request, queryset, verb, said):
        turned = 0
        for product_id in queryset.values_list("pk", flat=True):
            try:
                verb(product_id, by=request.user)
                turned += 1
            except DomainError as refusal:
                messages.error(request, str(refusal))
        if turned:
            messages.success(request, said % {"n": turned})


class ReceiveForm(forms.Form):
    """A delivery or a correction of one SKU; ``key`` makes a double click count once."""

    quantity = forms.IntegerField(
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
    actions_list = ["export_stock", "import_stock"]
    actions_detail = ["receive_stock", "import_keys"]
    actions_row = ["receive_stock", "import_keys"]

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
        if sku is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = ReceiveForm(request.POST or None, initial={"key": uuid4()})
        if form.is_valid() and self._receive(request, sku, form):
            return HttpResponseRedirect(reverse("admin:catalog_sku_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "sku": sku,
            "left": stock.available([sku.pk])[sku.pk],
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
            if button.method.original_function_name == shown
        ]

    def has_look_permission(self, request, object_id=None):
        return request.user.has_perm("catalog.view_stock")

    @action(description=_("Export stock"), url_path="export-stock", permissions=["look"])
    def export_stock(self, request):
        """Hand out the shelf as a file that can be filled in and imported."""
        return stock_admin.export_page(request)

    @action(description=_("Import stock"), url_path="import-stock", permissions=["receive"])
    def import_stock(self, request):
        """Book deliveries and corrections from a file, after looking it over."""
        return stock_admin.import_page(request, self)

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

    def _receive(self, request, sku, form) -> bool:
        quantity, note, key = (form.cleaned_data[name] for name in ("quantity", "note", "key"))
        try:
            stock.receive(
                sku.pk,
                quantity=quantity,
                actor=f"staff:{request.user.pk}",
                note=note,
                reference=f"receive:{key.hex}",
            )
        except DomainError as refusal:
            form.add_error("quantity", str(refusal))
            return False
        messages.success(
            request,
            _("%(sku)s: %(left)s in stock now.")
            % {"sku": sku, "left": stock.available([sku.pk])[sku.pk]},
        )
        return True


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnly, ModelAdmin):
    """The log of every piece that came or went otherwise than by an order; nobody edits it."""

    list_display = ["created_at", "sku", "direction", "delta", "reference", "by", "note"]
    by = actors.column("actor", _("by"))
    list_filter = ["direction"]
    list_select_related = ["sku__product"]
    search_fields = ["^reference", "sku__product__name_zh_hans", "sku__product__name_en"]
    search_help_text = _("How a reference begins (order:…), or a part of a product's name.")
