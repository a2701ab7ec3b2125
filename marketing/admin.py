"""Marketing in the admin: what members did and were told, and the days counted up. Read-only, all of it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from mall.read_only import ReadOnly
from marketing.models import CheckIn, DailyRollup, Notification


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    """Rows that the shop writes by itself: looked at here, changed by nobody."""

    list_fullwidth = True


@admin.register(CheckIn)
class CheckInAdmin(ReadOnlyAdmin):
    list_display = ["on", "user", "streak", "points", "created_at"]
    list_filter = ["on"]
    search_fields = ["user__username"]
    list_select_related = ["user"]
    date_hierarchy = "on"


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "user", "kind", "title", "is_read"]
    list_filter = ["kind", ("read_at", admin.EmptyFieldListFilter)]
    search_fields = ["user__username", "key"]
    list_select_related = ["user"]
    fields = ["user", "kind", "title", "text", "url", "key", "created_at", "read_at"]
    readonly_fields = ["title", "text"]

    @display(description=_("title"))
    def title(self, notice):
        return notice.wording.title

    @display(description=_("text"))
    def text(self, notice):
        return notice.wording.text

    @display(description=_("read"), boolean=True)
    def is_read(self, notice):
        return notice.read_at is not None


@admin.register(DailyRollup)
class DailyRollupAdmin(ReadOnlyAdmin):
    list_display = ["on", "dau", "new_members", "check_ins", "orders", "points_issued", "points_spent", "points_expired", "rolled_up_at"]
    date_hierarchy = "on"
