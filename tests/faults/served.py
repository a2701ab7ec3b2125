"""Settings of a shop that ops/serve serves in a test: the production profile, but for HTTPS and collected files."""

from mall.settings.production import *  # noqa: F403
from mall.settings.production import STORAGES

SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "session", "csrf"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
DATABASE_RIGHTS_DEMANDED = False  # root is all the test's server knows; tests/faults/test_database_users.py has the three users
