"""Celery beat's tables in the admin's clothes: an operator chooses when a job runs and whether it
does.
"""

import calendar

from cron_descriptor import (
    FormatException,
    MissingFieldException,
    Options,
    WrongArgumentException,
    get_description,
)
from django import forms
from django.contrib import admin, messages
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import get_language, ngettext, to_locale
from django.utils.translation import gettext_lazy as _
from django_celery_beat import admin as celery_admin
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from mall import schedule
from mall.core.admin.model_admin import ModelAdmin
from mall.jobs import beat, words

WHAT_STAYS = _(
    "This is one of the shop's own jobs: what it does is fixed. When it runs and whether it is on "
    "is for you to choose, and stays through restarts and updates. “Back to the shop's default” "
    "in the list undoes it. It cannot be deleted: switch it off instead."
)


class TaskWidget(UnfoldAdminSelectWidget, celery_admin.TaskSelectWidget):
    """Celery's list of known tasks as a select of the admin's look."""


class PeriodicTaskForm(celery_admin.PeriodicTaskForm):
    """The form of a periodic task with the admin's widgets."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskWidget()


for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(celery_admin.PeriodicTaskAdmin, ModelAdmin):
    """The lines beat knocks by. Of the shop's own jobs only when they run is open to change."""

    is_short = True
    form = PeriodicTaskForm
    change_form_template = None  # beat's own one adds inline script, which our pages do not run
    list_display = ["name", "does", "enabled", "runs", "proposed", "last_run_at"]
    when = (
        _("When it runs"),
        {"fields": ["interval", "crontab", "runs", "start_time", "last_run_at", "one_off"]},
    )
    fieldsets = [
        (None, {"fields": ["name", "regtask", "task", "enabled", "description"]}),
        when,
        (_("What it is told"), {"fields": ["args", "kwargs"], "classes": ["collapse"]}),
    ]
    own_fieldsets = [
        (None, {"fields": ["name", "does", "enabled", "description"], "description": WHAT_STAYS}),
        (
            when[0],
            {
                "fields": [
                    "interval",
                    "crontab",
                    "runs",
                    "proposed",
                    "start_time",
                    "last_run_at",
                    "one_off",
                ]
            },
        ),
    ]
    readonly_fields = ["runs", "last_run_at"]
    # "Run now" is left out: it would talk to the broker from a web request, and a job's period is
    # guarded anyway.
    actions = ["enable_tasks", "disable_tasks", "toggle_tasks", "back_to_default"]

    def get_fieldsets(self, request, obj=None):
        return self.own_fieldsets if is_own(obj) else self.fieldsets

    def get_readonly_fields(self, request, obj=None):
        return (
            ["name", "does", "proposed", *self.readonly_fields]
            if is_own(obj)
            else self.readonly_fields
        )

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(
            request, obj, change, **({"form": forms.ModelForm} if is_own(obj) else {}), **kwargs
        )

    def has_delete_permission(self, request, obj=None):
        return not is_own(obj) and super().has_delete_permission(request, obj)

    @admin.display(description=_("what it does"))
    def does(self, task):
        return words.in_words(task.name)

    @admin.display(description=_("runs"))
    def runs(self, task):
        """Say in words when the task runs, in the shop's time."""
        return in_words(task.crontab, task.interval or (task.schedule if task.pk else None))

    @admin.display(description=_("the shop's default"))
    def proposed(self, task):
        """Say in words when the shop proposes to run it; nothing where that is when it runs."""
        if not is_own(task):
            return ""
        at, every = proposed_for(task)
        same = beat.written({**dict.fromkeys(beat.WHEN), "crontab": at, "interval": every})
        chosen = beat.written({field: getattr(task, field) for field in beat.WHEN})
        return _("as here") if same == chosen else in_words(at, every)

    @admin.action(description=_("Back to the shop's default"), permissions=["change"])
    def back_to_default(self, request, queryset):
        """Undo what operators chose for the shop's own jobs."""
        own = [task for task in queryset if is_own(task)]
        for task in own:
            beat.back_to_default(task)
        if own:
            said = ngettext(
                "%(count)s job runs as the shop proposes.",
                "%(count)s jobs run as the shop proposes.",
                len(own),
            )
            self.message_user(request, said % {"count": len(own)})
        if len(own) < len(queryset):
            self.message_user(
                request, _("Jobs that are not the shop's own have no default."), messages.WARNING
            )


def is_own(task) -> bool:
    """Return whether a line of beat's tables is one the shop's schedule laid down."""
    return task is not None and task.pk is not None and task.name in schedule.by_name()


def proposed_for(task):
    """Return the crontab and the interval the shop proposes for a job of its own; one of them is
    None.
    """
    when = schedule.find(task.name).when
    is_crontab = hasattr(when, "hour")
    return (
        (CrontabSchedule.from_schedule(when), None)
        if is_crontab
        else (None, IntervalSchedule.from_schedule(when))
    )


def in_words(at, otherwise) -> str:
    """Return a crontab in the reader's language; what else says when a task runs as it says
    itself.
    """
    if at is None:
        return str(otherwise or "–")
    options = Options()
    options.locale_code = to_locale(get_language()).replace("zh_Hans", "zh_CN")
    options.use_24hour_time_format = True
    try:
        said = get_description(
            f"{at.minute} {at.hour} {at.day_of_month} {at.month_of_year} {at.day_of_week}", options
        )
    except (FormatException, MissingFieldException, WrongArgumentException):
        return str(at)
    return _with_names(said)


def _with_names(said):
    """Name days and months in the reader's language: cron-descriptor (1.4.5) names them in the
    process's own, whatever it is asked for.
    """
    for names, own in ((calendar.day_name, WEEKDAYS), (calendar.month_name, MONTHS)):
        for number, name in own.items():
            said = said.replace(names[number], str(name))
    return said


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ModelAdmin):
    is_short = True
    list_display = ["every", "period"]


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(celery_admin.CrontabScheduleAdmin, ModelAdmin):
    is_short = True


@admin.register(SolarSchedule)
class SolarScheduleAdmin(ModelAdmin):
    is_short = True
    list_display = ["event", "latitude", "longitude"]


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(celery_admin.ClockedScheduleAdmin, ModelAdmin):
    is_short = True
