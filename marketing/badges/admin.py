"""The badges of members and the years they shared, to be looked at."""

from django.contrib import admin
from unfold.decorators import display

from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from marketing.badges.words import title_of
from marketing.models import MemberBadge, YearShare


@admin.register(MemberBadge)
class MemberBadgeAdmin(ReadOnly, ModelAdmin):
    """Who earned which badge, the newest first."""

    list_display = ["earned_on", "user", "title"]
    list_filter = [("code", NewestChoicesFilter)]
    ordering = ["-pk"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    list_select_related = ["user"]
    fields = ["user", "title", "earned_on"]
    readonly_fields = ["title"]

    @display(description=MemberBadge._meta.get_field("code").verbose_name)
    def title(self, badge):
        return title_of(badge.code)


@admin.register(YearShare)
class YearShareAdmin(ReadOnly, ModelAdmin):
    """Whose year has a link, the newest first."""

    list_display = ["created_at", "user", "year"]
    ordering = ["-pk"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    list_select_related = ["user"]
