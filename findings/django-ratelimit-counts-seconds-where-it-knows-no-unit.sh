#!/usr/bin/env bash
# django-ratelimit 4.1.0 with Django 5.2 and its memory cache.
#
# Rates are written 5/m, 5/h, 100/d. A rate with another unit (5/week, 5/2w), in capitals (5/H,
# though the code folds them) or with a blank (5/ 10m) is no error and no day, hour or minute: the pattern
# takes what it knows from the left, finds no unit, and counts by the second. Most expect
# ImproperlyConfigured at the first request at the latest. Five codes by SMS a week become five a
# second, the limit is there in every test that knocks six times at once, and it says "too often".
# 5/hour and 5/month are taken, too: the first letter counts, so a month is a minute.
#
# Exits 0 as long as it is so, 1 when the behaviour changed.
set -euo pipefail
work="$(mktemp -d /tmp/rate.XXXX)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check django-ratelimit==4.1.0 "django>=5.2,<5.3"

cat > "$work/try.py" <<'PY'
import sys
import time

import django
from django.conf import settings

settings.configure()
django.setup()
from django.test import RequestFactory  # noqa: E402
from django_ratelimit.core import get_usage  # noqa: E402

request = RequestFactory().get("/")


def knock(rate):
    return get_usage(request, group=rate, key="ip", rate=rate, increment=True)["should_limit"]


expected = {"5/h": True, "5/hour": True, "5/H": False, "5/week": False, "5/ 10m": False}
found = {}
for rate in expected:
    at_once = [knock(rate) for _ in range(20)]
    time.sleep(1.1)
    found[rate] = knock(rate)
    soon = "refused" if found[rate] else "let in"
    print(f"{rate}: of 20 at once {at_once.count(True)} refused, a second later {soon}")
month = get_usage(request, group="month", key="ip", rate="5/month", increment=True)["time_left"]
print(f"5/month: counted anew in {month} seconds")
sys.exit(not (found == expected and month <= 60))
PY
"$work/venv/bin/python" "$work/try.py"
