"""Check-ins behind the counter: the days members came, outage days, and what making a day up
costs.
"""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from mall.core import actors, clock
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.one_row import OneRow
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from marketing.checkin import outages
from marketing.checkin.forms import OutageForm, PolicyForm
from marketing.models import CheckIn, CheckInPolicy, OutageDay

KINDS = {CheckIn.Kind.CHECKED: "success", CheckIn.Kind.MADE_UP: "info"}


@admin.register(CheckIn)
class CheckInAdmin(ReadOnly, ModelAdmin):
    list_fullwidth = True
    list_display = ["on", "user", "shown_kind", "streak", "points", "created_at"]
    ordering = ["-pk"]
    list_filter = [("on", DayRangeFilter), ("kind", NewestChoicesFilter)]
    list_filter_submit = True
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    list_select_related = ["user"]

    @display(description=_("kind"), label=KINDS)
    def shown_kind(self, row):
        return row.kind, row.get_kind_display()


@admin.register(OutageDay)
class OutageDayAdmin(ModelAdmin):
    """A day that is declared stays so: streaks rest on it. One that lies ahead can be withdrawn."""

    is_short = True
    form = OutageForm
    list_display = ["on", "reason", "by", "declared_at", "drawn_at", "members"]
    by = actors.column("declared_by", _("By"))
    fields = ["on", "reason"]

    def get_fields(self, request, obj=None):
        return ["on", "reason", "by", "declared_at", "drawn_at", "members"] if obj else self.fields

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj) if obj else []

    def has_delete_permission(self, request, obj=None):
        is_ahead = obj is None or obj.on > clock.today()
        return super().has_delete_permission(request, obj) and is_ahead

    def get_actions(self, request):
        """One at a time: a day that has come stays, whatever is ticked."""
        return {}

    def save_model(self, request, obj, form, change):
        if change:
            return
        declared = outages.declare(obj.on, reason=obj.reason, operator=request.user)
        obj.pk, obj.declared_by = declared.pk, declared.declared_by
        if obj.on < clock.today():
            messages.info(
                request,
                _("Streaks of members who have checked in since are drawn anew within a minute."),
            )

    def delete_model(self, request, obj):
        outages.withdraw(obj, operator=request.user)


@admin.register(CheckInPolicy)
class CheckInPolicyAdmin(OneRow, ModelAdmin):
    """The one row of numbers that making up a day goes by."""

    form = PolicyForm
