"""The production profile as it is, but for the minutes that packing the static files would take."""

from mall.settings.production import *  # noqa: F403
from mall.settings.production import STORAGES

DATABASE_RIGHTS_DEMANDED = False  # the server of a test has one user; tests/faults/test_database_rights.py has three
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
