"""The Celery application; its schedule stands in mall/schedule.py."""

from celery import Celery

from mall import schedule
from mall.profile import use_profile

use_profile()
app = Celery("mall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = schedule.beat_schedule()
app.autodiscover_tasks()
