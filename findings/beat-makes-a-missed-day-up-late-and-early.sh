#!/usr/bin/env bash
# django-celery-beat 2.9.0 with celery 5.6.3, Django 5.2: a daily crontab at one plain hour
# (03:00), missed because beat was down.
#
# Celery's own rule: what became due since `last_run_at` is due at once, so most expect beat to
# make the job up when it starts. But DatabaseScheduler loads only lines whose hour is within two
# of now (`_get_crontab_exclude_query`). Started at noon it does not see the job at all. It is
# loaded when the clock comes within two hours of its hour, next day at 01:00, is overdue then,
# and runs at once: thirteen hours late and two early. At 03:00 it runs again. A line "0 3,4 * *
# *" is made up at noon.
#
# Exits 0 as long as it is so, 1 when the behaviour changed.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check django-celery-beat==2.9.0 celery==5.6.3 Django==5.2.8 time-machine==2.16.0
cat > "$work/try.py" <<'PY'
from datetime import datetime, timezone

import django
import time_machine
from django.conf import settings

settings.configure(
    USE_TZ=True, TIME_ZONE="UTC", CELERY_TIMEZONE="UTC", INSTALLED_APPS=["django_celery_beat"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
from celery import Celery
from django.core.management import call_command
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

call_command("migrate", verbosity=0)
app = Celery("app", set_as_current=True)
app.conf.update(timezone="UTC", result_expires=None)
for name, hour in (("plain", "3"), ("two hours", "3,4")):
    at = CrontabSchedule.objects.create(minute="0", hour=hour, timezone="UTC")
    PeriodicTask.objects.create(name=name, task="t", crontab=at)
PeriodicTask.objects.update(last_run_at=datetime(2026, 11, 18, 3, 0, tzinfo=timezone.utc))  # beat went down on the 18th


def knocks(moment):
    """Which lines a beat that reads its tables now would send at once; it notes that it did."""
    with time_machine.travel(moment, tick=False):
        entries = DatabaseScheduler(app=app, lazy=True).all_as_schedule()
        due = sorted(name for name, entry in entries.items() if entry.is_due().is_due)
        PeriodicTask.objects.filter(name__in=due).update(last_run_at=moment)
        print(f"{moment:%d %H:%M}  loaded {sorted(entries)}, due {due}")
        return due


seen = [knocks(datetime(2026, 11, day, hour, 0, tzinfo=timezone.utc)) for day, hour in ((19, 12), (19, 18), (20, 1), (20, 3))]
assert "two hours" in seen[0], seen
assert ["plain" in due for due in seen] == [False, False, True, True], seen
PY
"$work/venv/bin/python" "$work/try.py"
