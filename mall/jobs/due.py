"""When a daily job was last due, by its line in beat's tables, and which ones nobody ran since.

A run belongs to the shop day it was due on, not to the one it was heard on: what was missed
yesterday and is made up at one in the night leaves today's hour its own run. Beat makes up what it
missed itself (mall/jobs/beat.py); ``overdue`` finds what beat knocked for in vain: the message was
lost, the worker was away, the run failed.
"""

import json
from datetime import datetime, time, timedelta

from django_celery_beat.models import PeriodicTask

from mall import schedule
from mall.core import clock
from mall.core.models import JobRun
from mall.jobs import runs

TASK = "mall.run_job"
LATE = timedelta(minutes=5)  # a knock on its way is not overdue
PAUSE = timedelta(hours=1)  # between two tries of one that fails
LOOK_BACK_DAYS = 7  # shorter than runs.KEEP, or forgotten runs would be made up


def job_of(line) -> str:
    """Return the name of the job a line of beat's tables runs; empty when it names none."""
    try:
        name = json.loads(line.args)[0]
    except (ValueError, TypeError, LookupError):
        return ""
    return name if line.task == TASK and isinstance(name, str) else ""


def lines(job=None):
    """Return the lines beat knocks by, of one job or of all, as far as they name an hour."""
    rows = PeriodicTask.objects.filter(task=TASK, enabled=True, crontab__isnull=False)
    return [row for row in rows.select_related("crontab") if job in (None, job_of(row))]


def is_switched_off(job: str) -> bool:
    """Return whether an operator switched every line of a job off; one without any is not."""
    rows = [row.enabled for row in PeriodicTask.objects.filter(task=TASK) if job_of(row) == job]
    return bool(rows) and not any(rows)


def last_due(when, as_of):
    """Return the latest moment until ``as_of`` at which a crontab was due, in its own zone; None
    when it was long ago.
    """
    today = as_of.astimezone(when.tz).date()
    for back in range(LOOK_BACK_DAYS + 1):
        day = today - timedelta(days=back)
        if not _runs_on(when, day):
            continue
        of_day = (
            (hour, minute)
            for hour in sorted(when.hour, reverse=True)
            for minute in sorted(when.minute, reverse=True)
        )
        for hour, minute in of_day:
            moment = datetime.combine(day, time(hour, minute), tzinfo=when.tz)
            if moment.timestamp() <= as_of.timestamp():
                return moment
    return None


def _runs_on(when, day):
    return (
        day.isoweekday() % 7 in when.day_of_week
        and day.day in when.day_of_month
        and day.month in when.month_of_year
    )


def period_of(job, as_of) -> str:
    """Return the period a knock heard at ``as_of`` is about: of a daily job the shop day it was
    last due on.
    """
    moment = as_of
    if job.once_a == schedule.DAY:
        whens = [line.schedule for line in lines(job.name)] or [job.when]
        due = [last_due(when, as_of) for when in whens if hasattr(when, "hour")]
        moment = max(filter(None, due), default=as_of)
    return moment.astimezone(clock.SHOP_ZONE).strftime(job.once_a)


def overdue(as_of) -> list[str]:
    """Return the daily jobs at one plain hour that has passed without a finished run.

    Lines that knock hourly mend themselves with their next knock. A job that is off is never
    overdue.
    """
    return sorted({job_of(line) for line in lines() if _is_overdue(line, as_of)})


def _is_overdue(line, as_of):
    job, when = schedule.by_name().get(job_of(line)), line.schedule
    if job is None or job.once_a != schedule.DAY or len(when.hour) > 1:
        return False
    due = last_due(when, as_of - LATE)
    if due is None or (line.start_time and line.start_time > due):
        return False
    run = JobRun.objects.filter(job=job.name, period=period_of(job, as_of)).first()
    if run is None:
        return True
    rests = run.claimed_until is None or run.claimed_until <= as_of
    may_try = run.attempts < runs.TRIES and as_of >= due + run.attempts * PAUSE
    return run.finished_at is None and rests and may_try
