"""The task behind every line of the schedule."""

from celery import shared_task

from mall import clock, jobs, schedule

TIME_LIMIT_SECONDS = int(jobs.LEASE.total_seconds())


@shared_task(name="mall.run_job", time_limit=TIME_LIMIT_SECONDS, soft_time_limit=TIME_LIMIT_SECONDS - 30)
def run_job(name):
    """Run a job of the schedule unless its present period is done or taken; returns its numbers."""
    job = schedule.find(name)
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


@shared_task(name="mall.forget_job_runs")
def forget_job_runs():
    """Delete the runs nobody asks about any more."""
    return {"forgotten": jobs.forget_old()}
