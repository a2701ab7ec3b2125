"""What Prometheus reads: this web process's requests (django-prometheus) and what waits in the
shop.

The waiting work is counted at each scrape, over rows that are still open and by their index only,
so the cost does not grow with the shop's history; a database that does not answer costs a scrape
what it costs a page (mall/mysql), and the requests are told all the same. With several web
processes PROMETHEUS_MULTIPROC_DIR names the folder they share.
"""

import os
from itertools import chain

from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from mall import schedule
from mall.jobs import runs
from mall.monitoring.waiting import WAITING
from mall.monitoring.watchers import carries_token

# How long a job may be silent before somebody looks: several knocks may fail (mall/schedule.py).
SILENCE_SECONDS = {schedule.DAY: 36 * 3600, schedule.HOUR: 3 * 3600, schedule.MINUTE: 15 * 60}


class WaitingWork:
    """A Prometheus collector over WAITING and over how each periodic job fares."""

    def collect(self):
        """Yield whether the database answers, and if so the figures of WAITING and of the jobs."""
        answers, families = True, {}
        try:
            for family in chain(*(ask() for ask in WAITING), job_figures()):
                if (first := families.setdefault(family.name, family)) is not family:
                    first.samples += family.samples
        except Error:  # half of the figures would read as "nothing waits"
            answers, families = False, {}
        yield GaugeMetricFamily("mall_database_up", "Whether the database answers", value=answers)
        yield from families.values()


def job_figures():
    """Yield when jobs last finished, how often their newest run failed, how long they may be
    silent.
    """
    finished = _of_job("finished_timestamp_seconds", "When a periodic job last finished")
    failed = _of_job("failed_tries", "Tries of a job's newest run, while it has failed")
    silence = _of_job("silence_seconds", "How long a job may go without finishing")
    known = {job.name: SILENCE_SECONDS[job.once_a] for job in schedule.JOBS if job.once_a}
    for row in runs.newest():
        if row["finished"]:
            finished.add_metric([row["job"]], row["finished"].timestamp())
        if row["job"] in known:
            failed.add_metric([row["job"]], row["failed_tries"] or 0)
    for job, seconds in known.items():
        silence.add_metric([job], seconds)
    yield from (finished, failed, silence)


def _of_job(name, meaning):
    return GaugeMetricFamily(f"mall_job_{name}", meaning, labels=["job"])


@login_not_required
@require_GET
def metrics(request):
    """Answer whoever carries METRICS_TOKEN in Prometheus' format; to others this page is not
    there.
    """
    if not carries_token(request):
        raise Http404
    work = CollectorRegistry()
    work.register(WaitingWork())
    told = generate_latest(_requests()) + generate_latest(work)
    return HttpResponse(told, content_type=CONTENT_TYPE_LATEST)


def _requests():
    """Return the registry that speaks for all web processes."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
