"""How members come in besides by a password, in the back office: read-only, numbers covered."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import PhoneNumber, WeChatPerson
from accounts.privacy import mask_phone
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ReadOnly, ModelAdmin):
    list_display = ["user", "covered", "proved_at"]
    fields = list_display
    ordering = ["-pk"]
    search_fields = [*members("user"), "phone_mark"]
    search_help_text = _("A member's whole name or e-mail, or a whole phone number.")
    list_select_related = ["user"]

    @display(description=_("phone number"))
    def covered(self, row):
        return mask_phone(row.phone)


@admin.register(WeChatPerson)
class WeChatPersonAdmin(ReadOnly, ModelAdmin):
    list_display = ["user"]
    fields = list_display
    ordering = ["-pk"]
    search_fields = [*members("user"), "unionid_mark"]
    search_help_text = _("A member's whole name or e-mail, or a whole unionid.")
    list_select_related = ["user"]
