"""Who runs a periodic job: of two beats, or of a message delivered twice, exactly one.

The row (job, period) decides, not the broker. A claim is a lease: a worker that dies loses it, and
the next knock of the same period tries again. Five tries, then the job waits for its next period.
"""

from datetime import timedelta

from django.db.models import Case, F, IntegerField, Max, OuterRef, Q, Subquery, When

from mall.core import clock
from mall.core.models import JobRun

LEASE = timedelta(minutes=30)
TRIES = 5
KEEP = timedelta(days=30)
RECENT = timedelta(days=2)


def claim(job, period) -> bool:
    """Take a job's period for LEASE; False when it is done, taken, or was tried TRIES times."""
    now = clock.now()
    JobRun.objects.bulk_create([JobRun(job=job, period=period)], ignore_conflicts=True)
    # Both beats may stand here. The old state stands in the filter: the second one updates no row.
    free = JobRun.objects.filter(
        Q(claimed_until__isnull=True) | Q(claimed_until__lte=now), job=job, period=period
    )
    return (
        free.filter(finished_at__isnull=True, attempts__lt=TRIES).update(
            claimed_until=now + LEASE, attempts=F("attempts") + 1
        )
        == 1
    )


def carry_out(job, period):
    """Run a job (of the schedule) for a period and close it, or give it back when it fails; returns
    its numbers.
    """
    try:
        outcome = job.run()
    # also when the worker is told to stop: only a worker that is killed keeps its lease
    except BaseException:
        give_back(job.name, period, outcome="failed")
        raise
    finish(job.name, period, outcome=str(outcome))
    return outcome


def finish(job, period, *, outcome=""):
    """Close a period for good, with the job's numbers."""
    JobRun.objects.filter(job=job, period=period).update(
        finished_at=clock.now(), outcome=outcome[:500]
    )


def give_back(job, period, *, outcome=""):
    """Give a failed period back, so that the next knock tries again."""
    JobRun.objects.filter(job=job, period=period, finished_at__isnull=True).update(
        claimed_until=None, outcome=outcome[:500]
    )


def failed(as_of=None):
    """Return the runs of the last two days that were tried and are neither finished nor running.

    What failed and succeeded at a later try is no failure.
    """
    now = as_of or clock.now()
    resting = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    return JobRun.objects.filter(
        resting, created_at__gte=now - RECENT, attempts__gt=0, finished_at__isnull=True
    )


def newest(as_of=None):
    """Return {job, finished, failed_tries} of each job: when it last finished, and how often its
    newest run failed.

    A run that is going on has not failed. Periods sort like the times they name, so each answer is
    the end of an index, whatever the number of runs.
    """
    going_well = Q(claimed_until__gt=as_of or clock.now()) | Q(finished_at__isnull=False)
    failed_tries = Case(When(going_well, then=0), default="attempts", output_field=IntegerField())
    runs = JobRun.objects.filter(job=OuterRef("job")).order_by("-period")
    finished = runs.filter(finished_at__isnull=False).values("finished_at")[:1]
    tries = runs.annotate(tries=failed_tries).values("tries")[:1]
    jobs = JobRun.objects.order_by().values("job").annotate(newest=Max("period"))
    return jobs.annotate(finished=Subquery(finished), failed_tries=Subquery(tries))


def forget_old() -> int:
    """Delete runs older than KEEP; returns how many."""
    return JobRun.objects.filter(created_at__lt=clock.now() - KEEP).delete()[0]
