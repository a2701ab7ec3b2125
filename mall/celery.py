"""The Celery application; its schedule stands in mall/schedule.py."""

from celery import Celery, signals
from django.conf import settings

from mall.profile import use_profile
from mall.schedule import beat_schedule
from mall.server.memory import map_large_pieces_apart

use_profile()
app = Celery("mall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = beat_schedule()
app.autodiscover_tasks()


@signals.celeryd_init.connect
def keep_memory_small(**_):
    """Before the worker forks: what a job took in one piece goes back when it ends."""
    map_large_pieces_apart()


@signals.celeryd_init.connect
@signals.beat_init.connect
def demand_database_rights(**_):
    """Refuse to work with a database user that could rewrite history."""
    if settings.DATABASE_RIGHTS_DEMANDED:
        from mall.database.rights import demand_narrow_rights

        demand_narrow_rights()


@signals.setup_logging.connect
def keep_django_logging(**_):
    """Let the LOGGING setting rule: Celery installs its own handlers unless somebody listens
    here.
    """
