"""The production profile as it is, but for the minutes that packing the static files would take."""

from mall.settings.production import *  # noqa: F403
from mall.settings.production import STORAGES

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# root is all the test's server knows; tests/faults/test_database_users.py has the three users
DATABASE_RIGHTS_DEMANDED = False
