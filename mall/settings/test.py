"""Settings of the test suite; tests/services.py starts the servers and names them in the environment."""

import os

from .base import *
from .base import BASE_DIR, env
from .databases import SQLITE_OPTIONS, mysql_database

SECRET_KEY = "test-secret-key-that-protects-nothing-but-is-long-enough-for-hs256"
FIELD_KEYS = ["11" * 32]
LEDGER_KEY = "22" * 32
PAYMENT_SECRET = "33" * 32
ALLOWED_HOSTS = ["*"]
DEMO_SIGN_INS = False

_database_url = os.environ.get("MALL_TEST_DATABASE_URL", "")
if _database_url:
    DATABASES = {"default": mysql_database(env.db_url_config(_database_url))}
    DATABASES["default"]["TEST"] = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_unicode_ci"}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": BASE_DIR / "var" / "test.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
        }
    }

_redis_url = os.environ.get("MALL_TEST_REDIS_URL", "")
if _redis_url:
    CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": _redis_url,
            "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.2, "SOCKET_TIMEOUT": 0.2, "IGNORE_EXCEPTIONS": True},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "test"}}
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001", "models.W036"]
CELERY_BROKER_URL = "memory://"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
