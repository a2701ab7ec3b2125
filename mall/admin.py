"""The project's own rows in the admin's clothes."""

import json

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from mall.core import actors, audit_actions, clock, export
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.models import AuditRow, JobRun
from mall.face import admin as face_admin  # noqa: F401
from mall.jobs import beat_admin, runs, words  # noqa: F401 - the tables of beat have a room of their own

AUDIT_COLUMNS = [
    "at",
    "actor",
    "actor_name",
    "action",
    "target",
    "target_name",
    "reason",
    "before",
    "after",
    "request_id",
]


class StateFilter(admin.SimpleListFilter):
    """Runs that went wrong lately, as the start page counts them."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("failed", _("failed in the last two days"))]

    def queryset(self, request, queryset):
        return (
            queryset.filter(pk__in=runs.failed().values("pk"))
            if self.value() == "failed"
            else queryset
        )


@admin.register(JobRun)
class JobRunAdmin(ReadOnly, ModelAdmin):
    """Which periodic job ran for which period, and what it said. Read-only."""

    list_display = ["created_at", "job", "does", "period", "attempts", "finished_at", "outcome"]
    list_filter = [StateFilter, "job"]
    search_fields = ["job", "period"]
    search_help_text = _("A part of a job's name or of a period, among the newest runs.")
    list_fullwidth = True

    @admin.display(description=_("what it does"), ordering="job")
    def does(self, run):
        return words.in_words(run.job)


class DeedFilter(admin.SimpleListFilter):
    """Rows of one deed, by what it is called."""

    title = _("what was done")
    parameter_name = "action"

    def lookups(self, request, model_admin):
        return sorted(
            ((deed, str(words)) for deed, words in audit_actions.WORDS.items()),
            key=lambda pair: pair[1],
        )

    def queryset(self, request, queryset):
        return queryset.filter(action=self.value()) if self.value() else queryset


class ClerkFilter(admin.SimpleListFilter):
    """Rows of one member of staff; those who are no longer are found by search."""

    title = _("by")
    parameter_name = "actor"

    def lookups(self, request, model_admin):
        staff = get_user_model().objects.filter(is_staff=True).order_by("date_joined")
        return [(f"staff:{pk}", name) for pk, name in staff.values_list("pk", "username")]

    def queryset(self, request, queryset):
        return queryset.filter(actor=self.value()) if self.value() else queryset


@admin.register(AuditRow)
class AuditRowAdmin(ReadOnly, ModelAdmin):
    """What operators did, why, and what it changed. Nobody edits it; what is filtered can be taken
    along as CSV.
    """

    list_display = ["at", "who", "deed", "what", "reason"]
    ordering = ["-at"]  # as the indexes by actor and by deed go
    list_filter = [("at", DayRangeFilter), DeedFilter, ClerkFilter]
    list_filter_submit = True
    list_fullwidth = True
    search_fields = [
        "=target",
        "actor",
        "actor_name",
        "action",
        "target",
        "target_name",
        "reason",
        "request_id",
    ]
    search_help_text = _(
        "What it was done to, in full (orders.order:17); any other word among the newest rows."
    )
    actions_list = ["download", "download_workbook"]
    fields = ["at", "who", "deed", "what", "reason", "changes", "request_id"]
    readonly_fields = fields

    @admin.display(description=_("by"), ordering="actor")
    def who(self, row):
        return f"{row.actor_name} ({row.actor})" if row.actor_name else actors.in_words(row.actor)

    @admin.display(description=_("what was done"), ordering="action")
    def deed(self, row):
        return audit_actions.in_words(row.action)

    @admin.display(description=_("to what"), ordering="target")
    def what(self, row):
        name = row.target_name or row.target
        label, _colon, key = row.target.partition(":")
        try:
            address = reverse(f"admin:{label.replace('.', '_')}_change", args=[key])
        except NoReverseMatch:
            return name
        return format_html('<a class="underline" href="{}">{}</a>', address, name)

    @admin.display(description=_("what changed"))
    def changes(self, row):
        before, after = (
            state if isinstance(state, dict) else {"": state} for state in (row.before, row.after)
        )
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        told = ((name, *(_shown(state.get(name)) for state in (before, after))) for name in names)
        return format_html_join("", "<div>{} {} → {}</div>", told) or "–"

    @action(
        description=_("Download CSV"), icon="download", url_path="download", permissions=["view"]
    )
    def download(self, request):
        """Return the rows the list shows, all pages of them."""
        return export.csv_response(*self._rows(request))

    @action(
        description=_("Download Excel"),
        icon="download",
        url_path="download-workbook",
        permissions=["view"],
    )
    def download_workbook(self, request):
        """Return the same rows as a workbook."""
        return export.xlsx_response(*self._rows(request))

    def _rows(self, request):
        rows = self.get_changelist_instance(request).get_queryset(request)
        told = ([_cell_of(row, column) for column in AUDIT_COLUMNS] for row in rows.iterator())
        header = [AuditRow._meta.get_field(column).verbose_name for column in AUDIT_COLUMNS]
        return f"audit-{clock.today()}", header, told


def _shown(value):
    return "–" if value is None or value == "" else value


def _cell_of(row, column):
    value = getattr(row, column)
    return (
        json.dumps(value, ensure_ascii=False)
        if column in ("before", "after") and value is not None
        else value
    )
