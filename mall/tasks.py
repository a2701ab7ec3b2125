"""The task behind every line of the schedule."""

import json

import structlog
from celery import shared_task
from django_celery_beat.models import PeriodicTask

from mall import clock, jobs, schedule

log = structlog.get_logger(__name__)
TIME_LIMIT_SECONDS = int(jobs.LEASE.total_seconds())


@shared_task(name="mall.run_job", time_limit=TIME_LIMIT_SECONDS, soft_time_limit=TIME_LIMIT_SECONDS - 30)
def run_job(name):
    """Run a job of the schedule unless its present period is done or taken; returns its numbers.

    A job of every knock has no period: its own rows say who does what.
    """
    try:
        job = schedule.find(name)
    except KeyError:
        return _retire(name)
    if not job.once_a:
        return str(job.run())
    period = clock.now().astimezone(clock.SHOP_ZONE).strftime(job.once_a)
    if not jobs.claim(name, period):
        return "already run"
    outcome = None
    try:
        outcome = str(job.run())
    finally:
        # Also when the worker is told to stop: only a worker that is killed keeps its lease.
        if outcome is None:
            jobs.give_back(name, period, outcome="failed")
        else:
            jobs.finish(name, period, outcome=outcome)
    return outcome


def _retire(name):
    """Stop beat from knocking for a line that an earlier release had in the schedule."""
    for row in PeriodicTask.objects.filter(task=run_job.name, args=json.dumps([name]), enabled=True):
        row.enabled = False
        row.save()  # not update(): beat reads its tables again when a row is saved
    log.warning("job_retired", job=name)
    return "retired"


@shared_task(name="mall.forget_job_runs")
def forget_job_runs():
    """Delete the runs nobody asks about any more."""
    return {"forgotten": jobs.forget_old()}
