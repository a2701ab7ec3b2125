"""What Prometheus reads: this web process's requests (django-prometheus) and the work that waits in the shop.

The waiting work is counted at each scrape, over rows that are still open only, so the cost does not grow
with the shop's history. With several web processes PROMETHEUS_MULTIPROC_DIR names the folder they share.
"""

import os

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from mall.jobs import last_finished
from mall.watchers import carries_token
from marketing.models import Delivery
from orders.models import Order, PaymentRefund, RefundRequest
from points.models import RiskCase

# name, what it counts, the rows: each leads an operator to something a hand or a sweep must still do.
WAITING = (
    ("orders_unpaid", "Orders waiting for their payment", lambda: Order.objects.filter(status=Order.Status.PENDING)),
    ("orders_unshipped", "Paid orders waiting to be shipped", lambda: Order.objects.filter(status=Order.Status.PAID)),
    (
        "refunds_unapproved",
        "Refund requests waiting for an operator",
        lambda: RefundRequest.objects.filter(status=RefundRequest.Status.REQUESTED),
    ),
    ("refunds_unsettled", "Cash refunds on their way", lambda: PaymentRefund.objects.filter(status=PaymentRefund.Status.REQUESTED)),
    ("cases_open", "Risk cases waiting for a decision", lambda: RiskCase.objects.filter(status=RiskCase.Status.OPEN)),
    ("deliveries_waiting", "Mails waiting to be sent", lambda: Delivery.objects.filter(state=Delivery.State.WAITING)),
    ("deliveries_dead", "Mails given up after the last try", lambda: Delivery.objects.filter(state=Delivery.State.DEAD)),
)


class WaitingWork:
    """A Prometheus collector over WAITING and over when each periodic job last finished."""

    def collect(self):
        """Yield one gauge per kind of waiting work, and one with a time per job."""
        for name, meaning, rows in WAITING:
            yield GaugeMetricFamily(f"mall_{name}", meaning, value=rows().count())
        finished = GaugeMetricFamily("mall_job_finished_timestamp_seconds", "When a periodic job last finished", labels=["job"])
        for job, moment in last_finished().items():
            finished.add_metric([job], moment.timestamp())
        yield finished


@login_not_required
@require_GET
def metrics(request):
    """Answer in Prometheus' text format to whoever carries METRICS_TOKEN; to everybody else this page is not there."""
    if not carries_token(request):
        raise Http404
    work = CollectorRegistry()
    work.register(WaitingWork())
    return HttpResponse(generate_latest(_requests()) + generate_latest(work), content_type=CONTENT_TYPE_LATEST)


def _requests():
    """Return the registry that speaks for all web processes."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
