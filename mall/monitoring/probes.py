"""The three addresses that machines of the inside ask, by whatever name they know this process.

Prometheus asks ``web:8000``, a load balancer an IP address, and neither can be told to send the
shop's name (Prometheus sets the Host itself). ALLOWED_HOSTS stays as narrow as it is: it guards
addresses that pages and mails build from the Host, and these three build none.
"""

from django.conf import settings

PROBES = ("/healthz", "/readyz", "/metrics")
ANY = "*"


class HostMiddleware:
    """Let a probe pass as if it had asked by the shop's own name; other addresses keep the
    caller's.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info in PROBES and ANY not in settings.ALLOWED_HOSTS:
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0].lstrip(".")
        return self.get_response(request)
