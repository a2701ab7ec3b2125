"""Two questions a load balancer asks: is the process up, and may it take visitors."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, JsonResponse

from mall.monitoring import readiness
from mall.monitoring.watchers import carries_token, is_inside


@login_not_required
def healthz(request):
    """Answer 200 as long as the process can answer at all."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request):
    """Answer 503 when visitors must go elsewhere; 200 with ``degraded`` when a part is lame but the
    shop sells.

    For callers from inside and those who carry METRICS_TOKEN; to everybody else this page is not
    there.
    """
    if not (is_inside(request) or carries_token(request)):
        raise Http404
    report = readiness.report()
    status = 503 if report["status"] == "unavailable" else 200
    return JsonResponse(report, status=status, headers={"Cache-Control": "no-store"})
