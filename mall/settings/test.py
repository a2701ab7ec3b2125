"""Settings of the test suite; tests/services.py starts the servers and names them in the
environment.
"""

import os

from mall.monitoring.logs import configure_logging

from .base import *
from .base import BASE_DIR, env
from .databases import SQLITE_ENGINE, SQLITE_OPTIONS, mysql_database

SECRET_KEY = "test-secret-key-that-protects-nothing-but-is-long-enough-for-hs256"
FIELD_KEYS = ["11" * 32]
LEDGER_KEY = "22" * 32
PAYMENT_SECRET = "33" * 32
EVENT_SECRET = "44" * 32
LOGGING = configure_logging("console", level="ERROR")
ALLOWED_HOSTS = ["*"]
DEMO_SIGN_INS = False
# What is asked right after a verb is asked of all that follows; tests of what comes in between ask
# for `heard_later` (tests/conftest.py).
EVENTS_HEARD = "at once"

# Not the shop's collation: nothing may hang on how somebody made the database
# (mall/database/collations.py).
STRANGE = "utf8mb4_general_ci"
_database = env.db_url_config(os.environ.get("MALL_TEST_DATABASE_URL") or "sqlite:///:memory:")
if _database["ENGINE"].endswith("mysql"):
    DATABASES = {
        "default": {
            **mysql_database(_database),
            "TEST": {"CHARSET": "utf8mb4", "COLLATION": STRANGE},
        }
    }
else:
    # A file, not memory: threads of a race or of the live server each need a connection of their
    # own.
    _file = os.environ.get("MALL_TEST_SQLITE", str(BASE_DIR / "var" / "test.sqlite3"))
    _options = {
        **SQLITE_OPTIONS,
        "init_command": SQLITE_OPTIONS["init_command"].replace(
            "synchronous=NORMAL", "synchronous=OFF"
        ),
    }
    DATABASES = {
        "default": {
            "ENGINE": SQLITE_ENGINE,
            "NAME": _file,
            "OPTIONS": _options,
            "TEST": {"NAME": _file},
        }
    }

_redis_url = os.environ.get("MALL_TEST_REDIS_URL", "")
if _redis_url:
    CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": _redis_url,
            # More patient than production's 0.2 s: on a busy machine a cache read that gave up
            # would show as one more query.
            "OPTIONS": {
                "SOCKET_CONNECT_TIMEOUT": 5,
                "SOCKET_TIMEOUT": 5,
                "IGNORE_EXCEPTIONS": True,
            },
        }
    }
else:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "test"}
    }
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001", "models.W036"]
# A worker started by a test reads the next database of the same Redis.
_socket, _, _number = _redis_url.removeprefix("unix://").partition("?db=")
CELERY_BROKER_URL = (
    f"redis+socket://{_socket}?virtual_host={int(_number or 0) + 1}"
    if _redis_url.startswith("unix:")
    else "memory://"
)
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WEBHOOKS_PRIVATE = True
SMS_PROVIDER = "console"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
SEARCHES_WRITTEN_AFTER_SECONDS = 86_400  # when a test says so: others count statements
SHELVES_WRITTEN_AFTER_SECONDS = 86_400
