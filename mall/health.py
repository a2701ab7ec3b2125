"""Two questions a load balancer asks: is the process up, and may it take visitors."""

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse


@login_not_required
def healthz(request):
    """Answer 200 as long as the process can answer at all."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request):
    """Answer 200 when database, migrations and cache are usable, else 503 naming what is not."""
    parts = {"database": _database(), "cache": _cache()}
    ready = all(state == "ok" for state in parts.values())
    return JsonResponse({"status": "ok" if ready else "unavailable", **parts}, status=200 if ready else 503)


def _database():
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unreachable"
    return "migrations pending" if pending else "ok"


def _cache():
    cache.set("readyz", 1, 5)
    return "ok" if cache.get("readyz") == 1 else "unreachable"
