"""The whole mall in one process: web threads, a real Celery worker and beat (``./scripts/run``).

Cache, limits and broker of this profile live in the memory of the process, so one database is
served by one process only. Tasks in memory die with the process; the rows they work on do not, and
the next sweep finds them. Source: docs/architecture.md, "The embedded profile".
"""

import fcntl
import os
import sys
import threading
import time
from pathlib import Path

import structlog

from mall.database.sqlite3 import patience
from mall.profile import use_profile
from mall.server import address

WEB_THREADS = 8
HEARD_AT_ONCE = 20  # members: one writer at a time, and shoppers wait for it
STOP_SECONDS = 0.7  # for requests in flight; what is cut off rolls back
log = structlog.get_logger(__name__)
_locks = {}
_threads = []


def claim_database(path, *, role="web"):
    """Be the only process that serves the database file ``path`` (``web``), or that prepares and
    watches it (``shop``).

    Raises: SystemExit with the mend when another process does, or nothing can be kept there.
    """
    if role in _locks:
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        lock = open(f"{path}.lock" if role == "web" else f"{path}.{role}.lock", "w")  # noqa: SIM115 - held as long as the process lives
    except OSError as error:
        raise SystemExit(
            f"Cannot keep the database in {path} ({error.strerror}). Choose another place: "
            f"DATABASE_URL=sqlite:///…"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise SystemExit(
            f"Another process already serves {path}. The embedded profile keeps its cache and "
            f"limits in one process: "
            "stop the other one, use one worker, or choose MALL_PROFILE=production."
        ) from None
    _locks[role] = lock


def leave_database():
    """Let another process serve the database."""
    if "web" in _locks:
        _locks.pop("web").close()


def start_worker_and_beat():
    """Start the worker and beat as threads of this process, once; returns the threads."""
    from django.conf import settings

    claim_database(settings.DATABASES["default"]["NAME"])
    if not _threads:
        _threads.extend(
            [
                threading.Thread(target=_work, name="celery-worker", daemon=True),
                threading.Thread(target=_hear, name="hearing", daemon=True),
                _beat(),
            ]
        )
        for thread in _threads:
            thread.start()
    return _threads


def _work():
    from mall.celery import app

    patience.serve_nobody()
    app.set_current()
    quiet = {"without_heartbeat": True, "without_mingle": True, "without_gossip": True}
    app.WorkController(app=app, pool="solo", concurrency=1, **quiet).start()


def _hear():
    """Do what follows from facts, once a second: the one worker may be busy for minutes."""
    from django.db import close_old_connections

    from points import event_delivery

    patience.serve_nobody()
    while True:
        close_old_connections()
        try:
            event_delivery.deliver_due(batch=HEARD_AT_ONCE)
        except Exception:
            log.exception("hearing_failed")
        time.sleep(1)


def _beat():
    from celery.beat import EmbeddedService

    from mall.celery import app

    # Without scheduler_cls the schedule in the database never fires.
    return EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)


def application():
    """Return the WSGI application once its services run and its first pages are worth asking
    for.
    """
    from django.db import connections

    from mall.wsgi import application as wsgi

    _announce()
    connections.close_all()
    return wsgi


def _announce():
    from django.conf import settings

    from mall.setup import first_operator

    host, port = address.wanted()
    url = f"http://{address.shown('127.0.0.1' if host in address.EVERYWHERE else host)}:{port}"
    works = _published_passwords_that_work()
    lines = [f"Points Mall is open: {url}"]
    lines += [
        f"  {who:<8}  {name:<5} / {password:<17}   {url}{page}"
        for name, (who, password, page) in works.items()
    ]
    if works and address.is_open_to_others(host):
        lines += [
            "WARNING: other machines can reach this shop, and everybody knows these passwords. "
            "Change them:"
        ]
        lines += [f"  ./scripts/manage changepassword {name}" for name in works]
        lines += ["or let only this machine in: HOST=127.0.0.1 ./scripts/run"]
    if first_operator.is_wanted():
        lines += [
            "Nobody is behind the counter yet. The first operator comes in here:",
            f"  {url}/setup/   code {settings.SETUP_CODE}",
        ]
    lines += ["Ctrl-C closes it."]
    _say("\n" + "\n".join(lines))


def _say(words):
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _published_passwords_that_work() -> dict:
    """Return {user name: (who, password, page)} of the demo's people whose password is still the
    one in the README.
    """
    from django.conf import settings
    from django.contrib.auth import get_user_model

    from mall.demo.members import ADMIN, DEMO

    published = {
        DEMO[0]: ("shopper", DEMO[1], "/accounts/login/"),
        ADMIN[0]: ("operator", ADMIN[1], "/admin/"),
    }
    there = get_user_model().objects.filter(
        username__in=published if settings.DEMO_SIGN_INS else (), is_active=True
    )
    works = {user.username for user in there if user.check_password(published[user.username][1])}
    return {name: facts for name, facts in published.items() if name in works}


def prepare():
    """Bring the database up to date and load the demo shop the first time."""
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from mall import own_pictures
    from mall.server import static_files

    database = Path(settings.DATABASES["default"]["NAME"])
    # to the end: two shops never prepare or serve the same rows
    claim_database(database, role="shop")
    claim_database(database)
    django.setup()
    is_new = not database.exists()
    if is_new:
        _say("Making the shop's tables (once) ...")
    call_command("migrate", verbosity=0, interactive=False)
    static_files.collect()
    if not is_new:
        own_pictures.move_out(settings.MEDIA_SHARED, settings.MEDIA_ROOT)
    _make_pictures_folder(Path(settings.MEDIA_ROOT))
    seeded = Path(settings.DEMO_MARK)
    if settings.DEMO_SIGN_INS and not seeded.exists():
        _say("Loading the demo shop (once) ...")
        call_command("seed_demo")
        seeded.touch()
    connections.close_all()
    leave_database()  # to the web process


def _make_pictures_folder(folder):
    """A backup takes a missing folder for a wrong one, and a new shop has no picture yet.

    Raises: SystemExit with the mend.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(
            f"Cannot keep pictures in {folder} ({error.strerror}). Choose another place: "
            "MEDIA_ROOT=/…"
        ) from None


def main():
    """Serve the mall until Ctrl-C."""
    use_profile()
    if os.environ["DJANGO_SETTINGS_MODULE"] != "mall.settings.embedded":
        raise SystemExit(
            "mall.embedded serves the embedded profile only; see docker-compose.yml for the "
            "production shape."
        )
    if os.environ.get("GRANIAN_WORKERS", "1") != "1":
        raise SystemExit("The embedded profile serves with one process: GRANIAN_WORKERS must be 1.")
    host, port = address.wanted()
    held = address.hold(host, port)
    prepare()
    address.hand_over(held)
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
        respawn_failed_workers=True,
        log_level="error",
    )
    server.serve()
    # nothing is left to tidy up, and unloading everything takes longer than closing the shop
    os._exit(0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
