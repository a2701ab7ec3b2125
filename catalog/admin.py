"""The back room of the shelves. Every edit lets the shop window read its facts anew."""

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, OuterRef, Subquery, Sum
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin, TranslationTabularInline
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.forms.widgets import WysiwygWidget
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog import (
    assortment,
    freight_admin,  # noqa: F401
    goods_admin,  # noqa: F401
    hot_word_admin,  # noqa: F401
    price_schedule,
    review_admin,  # noqa: F401 - reviews have a room of their own
    schedule_admin,
    sku_admin,  # noqa: F401
)
from catalog.models import Category, Product, ProductImage, Stock
from catalog.shelf_admin import ShelfAdmin
from catalog.sku_inline_admin import SkuInline, book_counts
from mall.core import richtext
from mall.core.admin.table_inline import TableInline
from mall.core.errors import DomainError
from mall.core.templatetags.pictures import picture

STATUS_COLOURS = {
    Product.Status.ON: "success",
    Product.Status.DRAFT: "info",
    Product.Status.OFF: "warning",
}


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


class PictureInline(TableInline, TranslationTabularInline):
    model = ProductImage
    extra = 0
    fields = ["image", "illustration", "alt", "position"]


# What a form of the release before did not know keeps its value; an emptied number is none.
ADDED = ("limit_per_period", "limit_period", "tier_to_see", "tier_to_redeem", "market_price")


class ProductForm(forms.ModelForm):
    class Meta:
        model = Product
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them
        widgets = dict.fromkeys(
            ["attributes_zh_hans", "attributes_en"], UnfoldAdminTextareaWidget(attrs={"rows": 6})
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ADDED:
            if name in self.fields:
                self.fields[name].required = False

    def clean(self):
        """Keep what was not asked, and take an emptied number for none."""
        said = super().clean()
        for name in ADDED:
            if name not in self.errors and said.get(name) in (None, ""):
                is_sent = self.add_prefix(name) in self.data
                said[name] = 0 if is_sent else getattr(self.instance, name)
        return said

    def clean_pay_mode(self):
        try:
            price_schedule.check_pay_mode(self.instance.pk, self.cleaned_data["pay_mode"])
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from refusal
        return self.cleaned_data["pay_mode"]

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
    more_inlines: list = []  # of the rooms above; each says which products it ``fits``
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
    search_fields = ["name_zh_hans", "name_en", "code", "summary_zh_hans", "summary_en", "tags"]
    autocomplete_fields = ["category"]
    actions = ["put_on_sale", "take_off_sale"]
    formfield_overrides = {models.TextField: {"widget": WysiwygWidget}}
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "status",
                    "category",
                    "code",
                    "name",
                    "summary",
                    "description",
                    "attributes",
                ]
            },
        ),
        (
            _("Price and delivery"),
            {
                "fields": [
                    "pay_mode",
                    "market_price",
                    ("kind", "freight_template"),
                    ("limit_per_order", "limit_per_person"),
                    ("limit_per_period", "limit_period"),
                    ("tier_to_see", "tier_to_redeem"),
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

    def get_inlines(self, request, obj):
        more = [one for one in self.more_inlines if obj and one.fits(obj)]
        return [*super().get_inlines(request, obj), *more]

    @admin.display(description="")
    def thumbnail(self, product):
        if not product.image_url:
            return "–"
        return picture(product.image_url, "shelf")

    @admin.display(description=_("price"), ordering="lowest_points")
    def price(self, product):
        words = schedule_admin.price_in_words(product.lowest_points, product.lowest_cash)
        return words or _("no price yet")

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

    def save_formset(self, request, form, formset, change):
        """Save the rows, then book what was counted of them."""
        super().save_formset(request, form, formset, change)
        book_counts(formset, by=request.user)

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
