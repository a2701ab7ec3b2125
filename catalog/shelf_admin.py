"""What the admins of goods and of words about them share."""

from catalog import storefront
from mall.core.admin.model_admin import ModelAdmin


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
