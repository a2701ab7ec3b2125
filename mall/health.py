"""Two questions a load balancer asks: is the process up, and may it take visitors."""

import shutil
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from kombu.exceptions import OperationalError as BrokerError

from mall import clock
from mall.celery import app
from mall.models import JobRun

LEDGER_CHECKED_EVERY = timedelta(hours=36)
FREE_DISK_SHARE = 0.05
NEEDED = ("database", "disk")  # without the others the shop still sells; without these it must not


@login_not_required
def healthz(request):
    """Answer 200 as long as the process can answer at all."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request):
    """Answer 503 when visitors must go elsewhere; 200 with ``degraded`` when a part is lame but the shop sells."""
    parts = {"database": _database(), "disk": _disk(), "cache": _cache(), "broker": _broker()}
    parts["ledger"] = _ledger() if parts["database"] == "ok" else "unknown"
    closed = any(parts[name] != "ok" for name in NEEDED)
    lame = any(state != "ok" for state in parts.values())
    return JsonResponse({"status": "unavailable" if closed else "degraded" if lame else "ok", **parts}, status=503 if closed else 200)


def _database():
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unreachable"
    return "migrations pending" if pending else "ok"


def _disk():
    # A nearly full disk makes the database wait for ever instead of failing.
    usage = shutil.disk_usage(settings.BASE_DIR)
    return "ok" if usage.free >= usage.total * FREE_DISK_SHARE else "nearly full"


def _cache():
    cache.set("readyz", 1, 5)
    return "ok" if cache.get("readyz") == 1 else "unreachable"


def _broker():
    try:
        with app.connection_for_write(connect_timeout=1) as knock:
            knock.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except (BrokerError, OSError):
        return "unreachable"
    return "ok"


def _ledger():
    """Whether the books were checked lately; a shop younger than that has had no night yet."""
    checked = JobRun.objects.filter(job="verify-ledger").order_by("-created_at").values_list("finished_at", flat=True)[:3]
    runs = list(checked)
    if not runs:
        return "ok"
    latest = max((moment for moment in runs if moment), default=None)
    return "ok" if latest and clock.now() - latest <= LEDGER_CHECKED_EVERY else "not checked lately"
