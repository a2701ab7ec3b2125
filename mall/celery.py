"""The Celery application; its schedule stands in mall/schedule.py."""

from celery import Celery, signals

from mall.profile import use_profile
from mall.schedule import beat_schedule

use_profile()
app = Celery("mall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = beat_schedule()
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_django_logging(**_):
    """Let the LOGGING setting rule: Celery installs its own handlers unless somebody listens here."""
