"""Celery beat on the database's tables: what an operator chose stays, and what was missed is made
up.

django-celery-beat 2.9.0 does neither: each start writes every line of the schedule over its row,
and a job at a plain hour more than two hours away is not loaded at all
(``_get_crontab_exclude_query``), so that one missed over night waits until two hours before its
next turn, and then runs early.

Decision: docs/decisions/0028; findings/beat-makes-a-missed-day-up-late-and-early.sh.
"""

import json

import structlog
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from mall import schedule
from mall.jobs import due

DEFAULT = "shop_default"  # the header of a line that remembers which time the shop proposed for it
RETIRED = "retired"  # and the one of a line that a release without its job switched off
WHEN = ("crontab", "interval", "solar", "clocked")
log = structlog.get_logger(__name__)


class Line(ModelEntry):
    """One line of beat's tables."""

    @classmethod
    def from_entry(cls, name, app=None, **entry):
        """Lay a line of the schedule down, or find it, and return its entry."""
        return cls(lay_down(name, cls._unpack_fields(**entry)), app=app)

    def is_due(self):
        """Return whether to knock: what was missed at once, a reminder only in its own hours."""
        hours = getattr(self.schedule, "hour", ())
        now = self._default_now()
        if (
            1 < len(hours) < 24
            and now.astimezone(self.schedule.tz).hour not in hours
            and self.model.enabled
        ):
            # as if just run: nobody wants yesterday's reminder at night
            return self.schedule.is_due(now)
        return super().is_due()


class Scheduler(DatabaseScheduler):
    """The scheduler behind CELERY_BEAT_SCHEDULER."""

    Entry = Line

    def setup_schedule(self):
        """Bring the tables up to this release: new jobs appear, jobs that left it go, chosen times
        stay.
        """
        clear_away()
        super().setup_schedule()

    def enabled_models_qs(self):
        """Return every line that is on: two dozen rows need no choosing, and a missed hour must be
        seen.
        """
        return self.Model.objects.enabled()


def lay_down(name, fields) -> PeriodicTask:
    """Return the row of a line of the schedule: made when it is new, otherwise with what an
    operator chose.

    A time nobody changed follows the shop's; what the job is (task, arguments) is never a matter of
    choice.
    """
    proposed = written(fields)
    fields = {**fields, "headers": json.dumps({DEFAULT: proposed})}
    row, is_new = PeriodicTask.objects.get_or_create(name=name, defaults=fields)
    if is_new:
        return row
    known = json.loads(row.headers or "{}")
    present = written({field: getattr(row, field) for field in WHEN})
    if known.get(DEFAULT) != present or proposed == present:
        fields = {field: chosen for field, chosen in fields.items() if field not in WHEN}
    if known.get(RETIRED):
        fields["enabled"] = True  # no operator switched it off
    changed = {field: chosen for field, chosen in fields.items() if getattr(row, field) != chosen}
    if changed:
        _write(row, changed)
    return row


def back_to_default(row):
    """Let a line of the schedule run again as the shop proposes: its time, on, for ever."""
    fields = Line._unpack_fields(**schedule.beat_schedule()[row.name])
    fields |= {"enabled": True, "one_off": False, "start_time": None, "expires": None}
    _write(row, fields | {"headers": json.dumps({DEFAULT: written(fields)})})


def retire(name):
    """Switch the lines of a job off that this release does not know."""
    for row in PeriodicTask.objects.filter(task=due.TASK, enabled=True):
        if due.job_of(row) == name:
            _write(
                row,
                {
                    "enabled": False,
                    "headers": json.dumps({**json.loads(row.headers or "{}"), RETIRED: True}),
                },
            )


def clear_away():
    """Delete the lines that an earlier release laid down for jobs which are gone; an operator's own
    stay.
    """
    known = schedule.by_name()
    for row in PeriodicTask.objects.filter(task=due.TASK):
        if due.job_of(row) == row.name and row.name not in known:
            log.warning("job_gone", job=row.name)
            row.delete()


def written(fields) -> str:
    """Return a time as one line that can be compared, of a line's four ways to say one."""
    at = fields["crontab"]
    if at is None:
        return str(next(filter(None, (fields[field] for field in WHEN)), ""))
    return (
        f"{at.minute} {at.hour} {at.day_of_month} {at.month_of_year} {at.day_of_week} {at.timezone}"
    )


def _write(row, fields):
    for field, chosen in fields.items():
        setattr(row, field, chosen)
    row.save()  # not update(): beat reads its tables again when a row is saved
