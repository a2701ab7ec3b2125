"""WSGI entry point (granian in every profile)."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from mall.profile import use_profile
from mall.server.between_requests import look_once
from mall.server.bodies import measured
from mall.server.memory import leave_alone_what_stays, map_large_pieces_apart

map_large_pieces_apart()
use_profile(for_visitors=True)
application = measured(get_wsgi_application())
look_once()

from mall.monitoring import readiness  # noqa: E402  once Django is set up

if settings.DATABASE_RIGHTS_DEMANDED:
    from mall.database.rights import demand_narrow_rights

    demand_narrow_rights()
if settings.TRUSTED_PROXIES:
    application = wrap_wsgi_with_proxy_headers(application, trusted_hosts=settings.TRUSTED_PROXIES)
readiness.start()
leave_alone_what_stays()
if settings.EMBEDDED_SERVICES:
    from mall.embedded import start_worker_and_beat

    start_worker_and_beat()
