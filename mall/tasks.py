"""The task behind every line of the schedule."""

import structlog
from celery import shared_task

from accounts import traces
from mall import schedule, verification
from mall.core import clock, renditions
from mall.jobs import beat, due, runs
from orders import traces as order_traces
from points import drift, sightings

log = structlog.get_logger(__name__)
TIME_LIMIT_SECONDS = int(runs.LEASE.total_seconds())


class BooksDoNotClose(Exception):
    """verify_ledger found a mismatch; the accounts are frozen and a person must look."""


@shared_task(name=due.TASK, time_limit=TIME_LIMIT_SECONDS, soft_time_limit=TIME_LIMIT_SECONDS - 30)
def run_job(name):
    """Run a job of the schedule unless the period it was last due in is done or taken; returns its
    numbers.

    A job of every knock has no period: its own rows say who does what.
    """
    try:
        job = schedule.find(name)
    except KeyError:
        return _retire(name)
    if not job.once_a:
        return str(job.run())
    period = due.period_of(job, clock.now())
    if not runs.claim(name, period):
        return "already run"
    return str(runs.carry_out(job, period))


def _retire(name):
    """Stop beat from knocking for a line that an earlier release had in the schedule."""
    beat.retire(name)
    log.warning("job_retired", job=name)
    return "retired"


@shared_task(name="mall.make_up_jobs")
def make_up_jobs():
    """Ask for each daily job whose hour passed without a finished run; returns how many."""
    names = due.overdue(clock.now())
    for name in names:
        run_job.apply_async((name,), expires=int(due.PAUSE.total_seconds()))
    return {"asked": len(names)}


@shared_task(name="mall.forget_job_runs")
def forget_job_runs():
    """Delete the runs nobody asks about any more."""
    return {"forgotten": runs.forget_old()}


@shared_task(name="mall.forget_traces")
def forget_traces():
    """Forget the marks of devices and networks whose time is over, and what was seen by them;
    returns of how many members, orders and sightings.
    """
    members, orders = traces.forget_old(), order_traces.forget_old()
    return {"members": members, "orders": orders, "sightings": sightings.forget_old()}


@shared_task(name="mall.sweep_renditions")
def sweep_renditions():
    """Delete the smaller copies of pictures that are gone."""
    return {"deleted": renditions.sweep()}


@shared_task(name="points.verify_ledger")
def verify_ledger():
    """Compare all books, freeze what drifted, and fail loudly.

    Raises: BooksDoNotClose.
    """
    findings = verification.verify()
    frozen = drift.freeze(findings)
    for finding in findings:
        log.error("ledger_mismatch", **finding.as_dict())
    if findings:
        raise BooksDoNotClose(f"{len(findings)} mismatches, accounts frozen: {frozen}")
    return "books close"
