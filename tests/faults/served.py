"""Settings of a shop whose web processes a test asks without HTTPS."""

from tests.production_settings import *  # noqa: F403

SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "session", "csrf"
WHITENOISE_USE_FINDERS = True
