"""The whole mall in one process: web threads, a real Celery worker and beat (``./scripts/run``).

Cache, limits and broker of this profile live in the memory of the process, so one database is served
by one process only. Tasks in memory die with the process; the rows they work on do not, and the next
sweep finds them. Source: dependencies.md, "Embedded profile".
"""

import fcntl
import os
import socket
import sys
import threading
from pathlib import Path

from mall.profile import use_profile

WEB_THREADS = 8
STOP_SECONDS = 0.7  # for requests in flight; what is cut off rolls back
_lock = None
_threads = []


def claim_database(path):
    """Be the only process that serves the database file ``path``.

    Raises: SystemExit with the mend when another process serves it, or nothing can be kept there.
    """
    global _lock
    if _lock is not None:
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        lock = open(f"{path}.lock", "w")  # noqa: SIM115 - held as long as the process lives
    except OSError as error:
        raise SystemExit(f"Cannot keep the database in {path} ({error.strerror}). Choose another place: DATABASE_URL=sqlite:///…") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise SystemExit(
            f"Another process already serves {path}. The embedded profile keeps its cache and limits in one process: "
            "stop the other one, use one worker, or choose MALL_PROFILE=production."
        ) from None
    _lock = lock


def leave_database():
    """Let another process serve the database."""
    global _lock
    if _lock is not None:
        _lock.close()
        _lock = None


def start_worker_and_beat():
    """Start the worker and beat as threads of this process, once; returns the threads."""
    from django.conf import settings

    claim_database(settings.DATABASES["default"]["NAME"])
    if not _threads:
        _threads.extend([threading.Thread(target=_work, name="celery-worker", daemon=True), _beat()])
        for thread in _threads:
            thread.start()
    return _threads


def _work():
    from mall.celery import app

    app.set_current()
    quiet = {"without_heartbeat": True, "without_mingle": True, "without_gossip": True}
    app.WorkController(app=app, pool="solo", concurrency=1, **quiet).start()


def _beat():
    from celery.beat import EmbeddedService

    from mall.celery import app

    # Without scheduler_cls the schedule in the database never fires.
    return EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)


def application():
    """Return the WSGI application once its services run and its first pages are worth asking for."""
    from mall.wsgi import application as wsgi

    _announce()
    return wsgi


def _announce():
    from django.conf import settings

    host, port = _address()
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    lines = [f"Points Mall is open: http://{shown}:{port}"]
    if settings.DEMO_SIGN_INS:
        lines += [f"  shopper   demo  / demo-points-mall    http://{shown}:{port}/accounts/login/"]
        lines += [f"  operator  admin / admin-points-mall   http://{shown}:{port}/admin/"]
    lines += ["Ctrl-C closes it."]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    sys.stdout.flush()


def _address():
    """Return where to listen. Raises: SystemExit when PORT is none."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SystemExit(f"PORT={port!r} is no port: use a number from 1 to 65535.")
    return host, int(port)


def prepare():
    """Bring the database up to date and load the demo shop the first time."""
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    database = Path(settings.DATABASES["default"]["NAME"])
    claim_database(database)
    django.setup()
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    # The mark lies beside the database: whoever deletes one starts afresh with both.
    seeded = database.with_name(f"{database.name}.seeded")
    if settings.DEMO_SIGN_INS and not seeded.exists():
        sys.stdout.write("Loading the demo shop (once) ...\n")
        sys.stdout.flush()
        call_command("seed_demo")
        seeded.touch()
    connections.close_all()
    leave_database()  # to the web process


def _refuse_taken_port(host, port):
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise SystemExit(f"Cannot listen on {host}:{port} ({error.strerror}). Choose another: PORT={port + 1} ./scripts/run") from None


def main():
    """Serve the mall until Ctrl-C."""
    use_profile()
    if os.environ["DJANGO_SETTINGS_MODULE"] != "mall.settings.embedded":
        raise SystemExit("mall.embedded serves the embedded profile only; see docker-compose.yml for the production shape.")
    if int(os.environ.get("GRANIAN_WORKERS", "1")) > 1:
        raise SystemExit("The embedded profile serves with one process: GRANIAN_WORKERS must be 1.")
    host, port = _address()
    _refuse_taken_port(host, port)
    prepare()
    from granian import Granian
    from granian.constants import Interfaces

    server = Granian(
        "mall.embedded:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=WEB_THREADS,
        workers_kill_timeout=STOP_SECONDS,
        log_level="error",
    )
    server.serve()
    os._exit(0)  # nothing is left to tidy up, and unloading everything takes longer than closing the shop


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
