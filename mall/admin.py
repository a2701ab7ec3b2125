"""The project's own rows and Celery beat's, in the admin's clothes."""

import json

from cron_descriptor import FormatException, MissingFieldException, Options, WrongArgumentException, get_description
from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _
from django_celery_beat import admin as beat
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from mall import actors, clock, deeds, export, job_words, jobs
from mall.day_range import DayRangeFilter
from mall.models import AuditRow, JobRun
from mall.read_only import ReadOnly

AUDIT_COLUMNS = ["at", "actor", "actor_name", "action", "target", "target_name", "reason", "before", "after", "request_id"]


class StateFilter(admin.SimpleListFilter):
    """Runs that went wrong lately, as the start page counts them."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("failed", _("failed in the last two days"))]

    def queryset(self, request, queryset):
        return queryset.filter(pk__in=jobs.failed().values("pk")) if self.value() == "failed" else queryset


@admin.register(JobRun)
class JobRunAdmin(ReadOnly, ModelAdmin):
    """Which periodic job ran for which period, and what it said. Read-only."""

    list_display = ["created_at", "job", "does", "period", "attempts", "finished_at", "outcome"]
    list_filter = [StateFilter, "job", ("finished_at", admin.EmptyFieldListFilter)]
    search_fields = ["job", "period"]
    list_fullwidth = True

    @admin.display(description=_("what it does"), ordering="job")
    def does(self, run):
        return job_words.in_words(run.job)


class DeedFilter(admin.SimpleListFilter):
    """Rows of one deed, by what it is called."""

    title = _("what was done")
    parameter_name = "action"

    def lookups(self, request, model_admin):
        return sorted(((deed, str(words)) for deed, words in deeds.WORDS.items()), key=lambda pair: pair[1])

    def queryset(self, request, queryset):
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditRow)
class AuditRowAdmin(ReadOnly, ModelAdmin):
    """What operators did, why, and what it changed. Nobody edits it; what is filtered can be taken along as CSV."""

    list_display = ["at", "who", "deed", "what", "reason"]
    list_filter = [("at", DayRangeFilter), DeedFilter, "actor_name"]
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ["actor", "actor_name", "action", "target", "target_name", "reason", "request_id"]
    actions_list = ["download"]
    fields = ["at", "who", "deed", "what", "reason", "changes", "request_id"]
    readonly_fields = fields

    @admin.display(description=_("by"), ordering="actor")
    def who(self, row):
        return f"{row.actor_name} ({row.actor})" if row.actor_name else actors.in_words(row.actor)

    @admin.display(description=_("what was done"), ordering="action")
    def deed(self, row):
        return deeds.in_words(row.action)

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
        before, after = (state if isinstance(state, dict) else {"": state} for state in (row.before, row.after))
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        told = ((name, *(_shown(state.get(name)) for state in (before, after))) for name in names)
        return format_html_join("", "<div>{} {} → {}</div>", told) or "–"

    @action(description=_("Download CSV"), icon="download", url_path="download", permissions=["view"])
    def download(self, request):
        """Return the rows the list shows, all pages of them."""
        rows = self.get_changelist_instance(request).get_queryset(request)
        told = ([_cell_of(row, column) for column in AUDIT_COLUMNS] for row in rows.iterator())
        header = [AuditRow._meta.get_field(column).verbose_name for column in AUDIT_COLUMNS]
        return export.csv_response(f"audit-{clock.today()}", header, told)


def _shown(value):
    return "–" if value is None or value == "" else value


def _cell_of(row, column):
    value = getattr(row, column)
    if column == "at":
        return value.astimezone(clock.SHOP_ZONE).isoformat(timespec="seconds")
    return json.dumps(value, ensure_ascii=False) if column in ("before", "after") and value is not None else value


class TaskWidget(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """Celery's list of known tasks as a select of the admin's look."""


class PeriodicTaskForm(beat.PeriodicTaskForm):
    """The form of a periodic task with the admin's widgets."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskWidget()


for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, ModelAdmin):
    form = PeriodicTaskForm
    change_form_template = None  # beat's own one adds inline script, which our pages do not run
    list_display = ["name", "does", "enabled", "runs", "last_run_at"]
    fieldsets = [
        (None, {"fields": ["name", "regtask", "task", "enabled", "description"]}),
        (_("When it runs"), {"fields": ["interval", "crontab", "runs", "start_time", "last_run_at", "one_off"]}),
        (_("What it is told"), {"fields": ["args", "kwargs"], "classes": ["collapse"]}),
    ]
    readonly_fields = ["runs", "last_run_at"]
    # "Run now" is left out: it would talk to the broker from a web request, and a job's period is guarded anyway.
    actions = ["enable_tasks", "disable_tasks", "toggle_tasks"]

    @admin.display(description=_("what it does"))
    def does(self, task):
        return job_words.in_words(task.name)

    @admin.display(description=_("runs"))
    def runs(self, task):
        """Say in words when the task runs, in the shop's time."""
        at = task.crontab
        if at is None:
            return str(task.interval or task.schedule) if task.pk else "–"
        options = Options()
        options.locale_code = to_locale(get_language()).replace("zh_Hans", "zh_CN")
        options.use_24hour_time_format = True
        try:
            return get_description(f"{at.minute} {at.hour} {at.day_of_month} {at.month_of_year} {at.day_of_week}", options)
        except (FormatException, MissingFieldException, WrongArgumentException):
            return str(at)


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ModelAdmin):
    list_display = ["every", "period"]


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(beat.CrontabScheduleAdmin, ModelAdmin):
    pass


@admin.register(SolarSchedule)
class SolarScheduleAdmin(ModelAdmin):
    list_display = ["event", "latitude", "longitude"]


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(beat.ClockedScheduleAdmin, ModelAdmin):
    pass
