"""What members wait and wish for, in the back office: looked at, never changed.

A basket is its member's own and not shown here; the export has it.
"""

from django.contrib import admin

from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from orders.models import StockAlert, Wish


@admin.register(StockAlert)
class StockAlertAdmin(ReadOnly, ModelAdmin):
    """Who waits for which sold-out SKU."""

    list_display = ["sku", "user", "asked_at", "back_since"]
    sortable_by = []
    ordering = ["-pk"]
    list_select_related = ["sku__product", "user"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP


@admin.register(Wish)
class WishAdmin(ReadOnly, ModelAdmin):
    """Who wishes for what."""

    list_display = ["product", "user", "added_at"]
    sortable_by = []
    ordering = ["-pk"]
    list_select_related = ["product", "user"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
