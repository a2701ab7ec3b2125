"""Public codes of a coupon: a few on the coupon's own page, many in a list of their own."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.table_inline import TableInline
from mall.core.form_fields import CodeField
from orders.models import CouponCode

SHOWN_MAX = 200  # on the coupon's page; more are led to
FOLDED = {"code": CodeField}
FIELDS = ["code", "max_uses", "per_person", "uses", "is_active"]


class CodeInline(TableInline):
    model = CouponCode
    extra = 0
    hide_title = True
    fields = FIELDS
    readonly_fields = ["uses"]
    folded_as = FOLDED

    def has_delete_permission(self, request, obj=None):
        return False  # orders may have used it; it is switched off instead


def inlines_of(template) -> list:
    """Return the codes as a part of a coupon's page, unless there are too many to read there."""
    has_many = template and template.codes.all()[SHOWN_MAX : SHOWN_MAX + 1].exists()
    return [] if has_many else [CodeInline]


def link_of(template, words) -> str:
    """Lead from ``words`` to the list of a coupon's codes."""
    address = reverse("admin:orders_couponcode_changelist")
    return format_html(
        '<a class="underline" href="{}?template__id__exact={}">{}</a>', address, template.pk, words
    )


@admin.register(CouponCode)
class CouponCodeAdmin(ModelAdmin):
    """Codes, found and switched off one by one or many at a time."""

    is_short = True
    list_display = ["code", "template", "max_uses", "per_person", "uses", "is_active"]
    list_editable = ["is_active"]
    list_filter = [("template", AutocompleteSelectFilter), "is_active"]
    list_select_related = ["template"]
    search_fields = ["code"]
    fields = ["template", *FIELDS]
    autocomplete_fields = ["template"]
    folded_as = FOLDED

    def get_readonly_fields(self, request, obj=None):
        return ["template", "uses"] if obj else ["uses"]

    def has_module_permission(self, request):
        return False  # reached from its coupon

    def has_delete_permission(self, request, obj=None):
        return False
