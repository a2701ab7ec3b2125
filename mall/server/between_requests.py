"""What a server process looks at between two requests: its database links, once.

Django (5.2) goes through all links and all caches four times a request: at its beginning to forget
statements, which are only kept for debugging, and to close links that are old or broken; at its end
to close them again, and to close caches, which ours take no notice of. A link that broke is found
by the next request's look as well.
"""

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries


def look_once() -> None:
    """Look over the links at a request's beginning only, in this process from now on."""
    request_finished.disconnect(close_caches)
    if not settings.DEBUG:
        request_started.disconnect(reset_queries)
    if settings.DATABASES["default"].get("CONN_MAX_AGE") != 0:  # 0: closed with each request
        request_finished.disconnect(close_old_connections)
