"""What Prometheus is told of a request to the API: all that django-prometheus tells of a page, by
the same names, in one step.

Its two middlewares look each counter up by its labels, a dozen times a request. Here the counters
of one kind of request are looked up once.
"""

from dataclasses import dataclass
from functools import lru_cache

from django_prometheus.middleware import Metrics, PrometheusAfterMiddleware
from django_prometheus.utils import Time, TimeSince

UNNAMED = "<unnamed view>"
KINDS = 2000  # of requests, known at a time: views, methods and statuses that occur


@dataclass(frozen=True, slots=True)
class Counters:
    """Of one kind of request: what grows by one, and the seconds it took, by view and in all."""

    grow: tuple
    took: tuple


class TrafficMiddleware:
    """Count each request, its answer and how long it took. Exceptions of views are counted by
    django-prometheus.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.pages = PrometheusAfterMiddleware(get_response)
        self.process_exception = self.pages.process_exception
        self.process_template_response = self.pages.process_template_response

    def __call__(self, request):
        request.prometheus_after_middleware_event = began = Time()
        response = self.get_response(request)
        told, metrics = request.META, self.pages.metrics
        match = getattr(request, "resolver_match", None)
        view = match and (match.view_name or UNNAMED)
        method = self.pages._method(request)  # one of those there are
        kind = (method, request.is_secure(), view, response.status_code, response.streaming)
        counters = _counters(*kind, response.charset)
        for grow in counters.grow:
            grow()
        if told.get("HTTP_X_REQUESTED_WITH") == "XMLHttpRequest":
            metrics.requests_ajax.inc()
        metrics.requests_body_bytes.observe(int(told.get("CONTENT_LENGTH") or 0))
        if not response.streaming:
            metrics.responses_body_bytes.observe(len(response.content))
        took = TimeSince(began)
        for observe in counters.took:
            observe(took)
        return response


@lru_cache(KINDS)
def _counters(method, is_secure, view, status, is_streaming, charset) -> Counters:
    metrics, named = Metrics.get_instance(), view or UNNAMED
    transport = "https" if is_secure else "http"
    grow = [
        metrics.requests_total,
        metrics.responses_total,
        metrics.requests_by_method.labels(method=method),
        metrics.requests_by_transport.labels(transport=transport),
        metrics.responses_by_status.labels(status=status),
        metrics.responses_by_status_view_method.labels(status=status, view=named, method=method),
        metrics.responses_by_charset.labels(charset=charset),
    ]
    if view:
        seen = {"view": view, "transport": transport, "method": method}
        grow.append(metrics.requests_by_view_transport_method.labels(**seen))
    if is_streaming:
        grow.append(metrics.responses_streaming)
    took = metrics.requests_latency_by_view_method.labels(view=named, method=method)
    return Counters(
        tuple(one.inc for one in grow), (took.observe, metrics.requests_latency_before.observe)
    )
