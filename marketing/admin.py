"""Marketing in the admin: what members did and were told, and the days counted up. Read-only, all
of it.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter, NewestEmptyFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from marketing import history_admin  # noqa: F401 - registers the files that orders come in
from marketing.analytics import (
    history,
    statement_admin,  # noqa: F401
)
from marketing.badges import admin as badge_admin  # noqa: F401
from marketing.campaigns import admin as campaign_admin  # noqa: F401
from marketing.campaigns import segment_admin  # noqa: F401
from marketing.channels import admin as channel_admin  # noqa: F401
from marketing.checkin import admin as checkin_admin  # noqa: F401
from marketing.draws import admin as draw_admin  # noqa: F401
from marketing.leaderboard import admin as board_admin  # noqa: F401
from marketing.missions import admin as mission_admin  # noqa: F401 - rooms register what is theirs
from marketing.models import (
    DailyRollup,
    HistoryCustomer,
    HistoryLine,
    HistoryOrder,
    Notification,
)
from marketing.notices import admin as notice_admin  # noqa: F401
from marketing.referral import admin as referral_admin  # noqa: F401
from marketing.webhooks import admin as webhook_admin  # noqa: F401


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    """Rows that the shop writes by itself: looked at here, changed by nobody."""

    list_fullwidth = True


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "user", "kind", "title", "is_read"]
    list_filter = [("kind", NewestChoicesFilter), ("read_at", NewestEmptyFilter)]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
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
    list_display = [
        "on",
        "dau",
        "wau",
        "mau",
        "new_members",
        "check_ins",
        "orders",
        "points_issued",
        "points_spent",
        "rolled_up_at",
    ]
    date_hierarchy = "on"


class HistoryLineInline(ReadOnly, TabularInline):
    model = HistoryLine
    extra = 0
    fields = ["sku", "product", "category", "quantity", "unit_price"]


@admin.register(HistoryOrder)
class HistoryOrderAdmin(ReadOnlyAdmin):
    """Orders of an earlier shop (``import_history``): read by reports and recommendations, never by
    the books.
    """

    list_display = ["no", "on", "customer", "status", "total", "imported_at"]
    list_filter = [("on", DayRangeFilter), ("status", NewestChoicesFilter)]
    list_filter_submit = True
    ordering = ["-on", "-customer_id"]  # as the index goes
    search_fields = ["^no", "^customer__name"]
    search_help_text = _("How an order number or a customer's name begins.")
    list_select_related = ["customer"]
    fields = ["no", "ordered_at", "customer", "status", "total", "imported_at"]
    inlines = [HistoryLineInline]


@admin.register(HistoryCustomer)
class HistoryCustomerAdmin(ModelAdmin):
    """Customers of an earlier shop: an operator says which member each is."""

    list_display = ["name", "user", "linked_at"]
    list_filter = [("user", admin.EmptyFieldListFilter)]
    ordering = ["-pk"]
    list_select_related = ["user"]
    list_fullwidth = True
    search_fields = ["^name", *members("user")]
    search_help_text = _(
        "How the customer's name begins, or a member's whole name or e-mail, or how it begins."
    )
    fields = ["name", "user", "linked_at"]
    readonly_fields = ["name", "linked_at"]
    autocomplete_fields = ["user"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        history.link(obj.pk, member=obj.user, operator=request.user)
