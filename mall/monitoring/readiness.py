"""Whether this process may take visitors: what it needs is asked beside the requests, never by one
(mall/monitoring/inquiry.py).
"""

import os
import shutil
import socket
from datetime import timedelta
from functools import cache
from uuid import uuid4

from django.conf import settings
from django.core.cache import CacheHandler
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError, ResponseError

from mall.celery import app
from mall.core import clock
from mall.core.models import JobRun
from mall.monitoring.inquiry import Inquiry

LEDGER_CHECKED_EVERY = timedelta(hours=36)
FREE_DISK_SHARE = 0.05
DRIVER_SECONDS = 2  # how long a question may hang where the driver can bound it
PARTS = ("database", "disk", "cache", "broker", "ledger")
NEEDED = ("database", "disk")  # without the others the shop still sells; without these it must not
FINE = ("ok", "not known")  # some databases cannot tell what is left on their disk
UNKNOWN = "unknown"  # the part that would tell it did not


def start():
    """Read this release's migrations now, while nobody waits, and ask everything once ahead."""
    _wanted_migrations()
    inquiry.start()


def report() -> dict:
    """Return ``{"status": ok | degraded | unavailable, part: state, …}`` within two seconds,
    whatever is frozen.
    """
    states = dict.fromkeys(PARTS, UNKNOWN) | inquiry.states()
    closed = any(states[part] not in (*FINE, UNKNOWN) for part in NEEDED)
    lame = any(state not in FINE for state in states.values())
    return {"status": "unavailable" if closed else "degraded" if lame else "ok", **states}


def ask_database() -> dict:
    """Return the states of the database, its disk and the books, through a connection that does not
    wait long.
    """
    impatient = connection.copy()
    bounds = {
        "mysql": ("connect_timeout", "read_timeout", "write_timeout"),
        "sqlite": ("timeout",),
    }[connection.vendor]
    impatient.settings_dict["OPTIONS"] |= dict.fromkeys(bounds, DRIVER_SECONDS)
    connections[DEFAULT_DB_ALIAS] = impatient  # of this thread only
    try:
        if _wanted_migrations() - set(MigrationRecorder(impatient).applied_migrations()):
            return {"database": "migrations pending"}
        return {"database": "ok", "disk": _disk(), "ledger": _ledger()}
    except (DatabaseError, InterfaceError):
        return {"database": "unreachable"}
    finally:
        impatient.close()


@cache
def _wanted_migrations() -> frozenset:
    """Return every migration of this release; reading them takes longer than asking for the applied
    ones.
    """
    return frozenset(MigrationLoader(None).graph.nodes)


def _disk():
    # On a full disk InnoDB waits or ends itself (seen: "Out of disk space in rollback"), so a trial
    # write would tell too late: what counts is what is left, on the disk of the database.
    share = _free_share()
    if share is None:
        return "not known"
    return "ok" if share >= FREE_DISK_SHARE else "nearly full"


def _free_share() -> float | None:
    """Return which share of the database's disk is free, or None when it cannot be asked."""
    if connection.vendor == "sqlite":
        return _free_share_of(
            os.path.dirname(os.path.abspath(str(connection.settings_dict["NAME"])))
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@hostname, @@datadir")
        host, folder = cursor.fetchone()
        if host == socket.gethostname() and os.path.isdir(folder):
            return _free_share_of(folder)
        try:
            # ops/mysql/disk.sql makes it, where the server can
            cursor.execute("SELECT free_disk_share()")
            return cursor.fetchone()[0]
        except DatabaseError:
            return None


def _free_share_of(folder):
    usage = shutil.disk_usage(folder)
    return usage.free / usage.total


def _ledger():
    """Whether the books were checked lately; a shop younger than that has had no night yet."""
    runs = (
        JobRun.objects.using(DEFAULT_DB_ALIAS).filter(job="verify-ledger").order_by("-created_at")
    )
    finished = list(runs.values_list("finished_at", flat=True)[:3])
    if not finished:
        return "ok"
    latest = max((moment for moment in finished if moment), default=None)
    return "ok" if latest and clock.now() - latest <= LEDGER_CHECKED_EVERY else "not checked lately"


def ask_cache() -> dict:
    """Return the state of the cache: something new is written and read back, and no error is
    forgiven.
    """
    asked, mark = (
        CacheHandler({"default": _unforgiving(settings.CACHES["default"])})["default"],
        uuid4().hex,
    )
    try:
        asked.set(f"readyz:{mark}", mark, 5)
        return {"cache": "ok" if asked.get(f"readyz:{mark}") == mark else "unreachable"}
    # full (maxmemory), a read-only copy, or it could not save: reading goes on, writing does not
    except ResponseError:
        return {"cache": "refuses writes"}
    except (RedisError, OSError):
        return {"cache": "unreachable"}
    finally:
        asked.close()


def _unforgiving(cache_settings):
    options = cache_settings.get("OPTIONS", {})
    forgives = "IGNORE_EXCEPTIONS" in options
    return {
        **cache_settings,
        "OPTIONS": {**options, "IGNORE_EXCEPTIONS": False} if forgives else options,
    }


def ask_broker() -> dict:
    """Return the state of the broker, through a connection of its own: only here an answer is not
    waited for.
    """
    bounds = {"socket_timeout": DRIVER_SECONDS / 2, "socket_connect_timeout": DRIVER_SECONDS / 2}
    try:
        with app.connection_for_write(
            connect_timeout=DRIVER_SECONDS / 2, transport_options=bounds
        ) as knock:
            knock.ensure_connection(max_retries=1, interval_start=0, timeout=1)
            redis = getattr(knock.default_channel, "client", None)
            if redis is not None:  # the memory of the embedded profile has none
                redis.set("readyz", 1, ex=5)
    except ResponseError:
        return {"broker": "refuses writes"}
    except (BrokerError, RedisError, OSError):
        return {"broker": "unreachable"}
    return {"broker": "ok"}


inquiry = Inquiry({"database": ask_database, "cache": ask_cache, "broker": ask_broker})
