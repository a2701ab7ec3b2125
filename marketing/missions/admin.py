"""Missions behind the counter: editing with figures, and read-only what they moved, whom links
brought, what systems told.
"""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from modeltranslation.admin import TranslationAdmin
from unfold.decorators import action, display

from mall.core import audit
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestEmptyFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from marketing.missions import programme
from marketing.models import CustomEvent, Mission, MissionProgress, ShareLanding

COLOURS = {
    Mission.Status.ACTIVE: "success",
    Mission.Status.DRAFT: "info",
    Mission.Status.PAUSED: "warning",
    Mission.Status.ENDED: "danger",
}
NUMBERS = [
    "target",
    "points",
    "coupon_id",
    "tickets",
    "ticket_draw_id",
    "is_automatic",
    "starts_at",
    "ends_at",
    "status",
    "prerequisite_id",
]


@admin.register(Mission)
class MissionAdmin(ModelAdmin, TranslationAdmin):
    """Whoever has begun keeps the numbers they began under, so a change here never pays
    backwards.
    """

    is_short = True
    list_display = [
        "title",
        "kind",
        "event_in_words",
        "target",
        "points",
        "shown_status",
        "on_their_way",
        "times_completed",
        "points_paid",
    ]
    list_filter = ["status", "kind"]
    list_fullwidth = True
    search_fields = ["code", "title_zh_hans", "title_en", "event"]
    actions = ["activate", "pause", "end"]
    autocomplete_fields = ["prerequisite"]
    prepopulated_fields = {"code": ["title_en"]}
    fieldsets = [
        (None, {"fields": ["status", "code", "title", "text"]}),
        (
            _("What to do"),
            {
                "fields": [
                    "kind",
                    "event",
                    "target",
                    "prerequisite",
                    "newcomer_days",
                    "starts_at",
                    "ends_at",
                ]
            },
        ),
        (
            _("Reward"),
            {"fields": ["points", "coupon", "tickets", "ticket_draw", "is_automatic"]},
        ),
        (_("On the page"), {"fields": ["icon", "link", "position"]}),
    ]

    def get_queryset(self, request):
        return programme.with_figures(super().get_queryset(request))

    @display(description=_("status"), ordering="status", label=COLOURS)
    def shown_status(self, mission):
        return mission.status, mission.get_status_display()

    @admin.display(description=_("event"), ordering="event")
    def event_in_words(self, mission):
        return dict(Mission.Event.choices).get(mission.event, mission.event)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Say at the field which events the shop knows; names nobody can guess are no choice."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "event" and field is not None:
            known = " · ".join(f"{code} {label}" for code, label in Mission.Event.choices)
            field.help_text = f"{db_field.help_text} {known}"
        if db_field.name == "tickets" and field is not None:
            field.required = False
        return field

    @admin.display(description=_("on their way"), ordering="on_their_way")
    def on_their_way(self, mission):
        return mission.on_their_way

    @admin.display(description=_("completed"), ordering="times_completed")
    def times_completed(self, mission):
        return mission.times_completed

    @admin.display(description=_("points paid"), ordering="points_paid")
    def points_paid(self, mission):
        return mission.points_paid

    def get_readonly_fields(self, request, obj=None):
        """Keep what its facts and rewards are named by, once somebody has begun."""
        return ["code", "kind", "event"] if obj is not None and obj.progress.exists() else []

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj is not None else super().get_prepopulated_fields(request, obj)

    def has_delete_permission(self, request, obj=None):
        """A mission somebody has begun, or that another one follows, is ended instead."""
        is_free = obj is None or not (obj.progress.exists() or obj.following.exists())
        return super().has_delete_permission(request, obj) and is_free

    def get_actions(self, request):
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def save_model(self, request, obj, form, change):
        before = Mission.objects.filter(pk=obj.pk).values(*NUMBERS).first() if change else None
        super().save_model(request, obj, form, change)
        after = {name: getattr(obj, name) for name in NUMBERS}
        if before != after:
            audit.note(
                request.user,
                "marketing.mission_change" if change else "marketing.mission_add",
                target=obj,
                before=before,
                after=after,
            )

    def delete_model(self, request, obj):
        audit.note(request.user, "marketing.mission_delete", target=obj)
        super().delete_model(request, obj)

    @action(description=_("Open"), permissions=["change"])
    def activate(self, request, queryset):
        self._turn(request, queryset, Mission.Status.ACTIVE)

    @action(description=_("Pause"), permissions=["change"])
    def pause(self, request, queryset):
        self._turn(request, queryset, Mission.Status.PAUSED)

    @action(description=_("End"), permissions=["change"])
    def end(self, request, queryset):
        self._turn(request, queryset, Mission.Status.ENDED)

    def _turn(self, request, queryset, status):
        turned = sum(
            programme.change_status(mission, status, actor=request.user) for mission in queryset
        )
        words = ngettext("%(n)s mission changed.", "%(n)s missions changed.", turned) % {
            "n": turned
        }
        messages.success(request, words)


class SeenAdmin(ReadOnly, ModelAdmin):
    """Rows the shop writes by itself."""

    list_fullwidth = True


@admin.register(MissionProgress)
class MissionProgressAdmin(SeenAdmin):
    list_display = [
        "mission",
        "user",
        "period",
        "done",
        "points",
        "paid",
        "completed_at",
        "rewarded_at",
    ]
    list_filter = [
        "mission",
        ("completed_at", NewestEmptyFilter),
        ("rewarded_at", NewestEmptyFilter),
    ]
    list_select_related = ["mission", "user"]
    search_fields = [*members("user"), "mission__code"]
    search_help_text = _(
        "A member's whole name or e-mail, or how the name begins; a part of a mission's code."
    )

    @admin.display(description=_("done so far"), ordering="count")
    def done(self, row):
        return f"{row.count} / {row.target}"


@admin.register(ShareLanding)
class ShareLandingAdmin(SeenAdmin):
    list_display = ["created_at", "user", "page", "points"]
    list_filter = [("on", DayRangeFilter)]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    fields = ["user", "on", "page", "points", "created_at"]


@admin.register(CustomEvent)
class CustomEventAdmin(SeenAdmin):
    list_display = ["received_at", "event", "key", "user", "occurred_at", "points"]
    list_filter = ["event"]
    list_select_related = ["user"]
    search_fields = [*members("user"), "key"]
    search_help_text = _(
        "A member's whole name or e-mail, or how the name begins; a part of a key among the newest "
        "events."
    )
