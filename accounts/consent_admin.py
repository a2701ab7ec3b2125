"""What members agreed to, in the back office: read-only."""

from django.contrib import admin

from accounts.models import Consent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members


@admin.register(Consent)
class ConsentAdmin(ReadOnly, ModelAdmin):
    list_display = ["at", "user", "terms", "privacy", "door", "language"]
    ordering = ["-pk"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    list_select_related = ["user"]
