"""The default profile: one process, SQLite, memory cache and broker; made for trying and small shops."""

from mall.logs import configure_logging
from mall.secrets import load_or_create

from .base import *
from .base import BASE_DIR, env
from .databases import SQLITE_OPTIONS

VAR_DIR = BASE_DIR / "var"
_secrets = load_or_create(VAR_DIR / "secrets.json")
SECRET_KEY = env("SECRET_KEY", default=_secrets["SECRET_KEY"])
FIELD_KEYS = env.list("FIELD_KEYS", default=[_secrets["FIELD_KEY"]])
LEDGER_KEY = env("LEDGER_KEY", default=_secrets["LEDGER_KEY"])
PAYMENT_SECRET = env("PAYMENT_SECRET", default=_secrets["PAYMENT_SECRET"])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
DEMO_SIGN_INS = True

_sqlite = env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'mall.sqlite3'}")
if not _sqlite["ENGINE"].endswith("sqlite3"):
    raise SystemExit("The embedded profile keeps its data in SQLite: let DATABASE_URL begin with sqlite:// or set MALL_PROFILE=production.")
DATABASES = {"default": {**_sqlite, "OPTIONS": SQLITE_OPTIONS}}
# Room enough that the shelves' kept facts never push out sessions and rate limits (the default is 300 entries).
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "mall", "OPTIONS": {"MAX_ENTRIES": 20_000}}}
# LocMem is shared by all threads of the one process, which is all this profile has: the two checks
# ask for a cache shared between processes.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001"]
# Everybody who tries the mall on one machine comes from one address. Guessing passwords stays as limited as ever.
ACCOUNT_RATE_LIMITS = {**ACCOUNT_RATE_LIMITS, "login": "30/m/ip", "sign_up_made": "60/h/ip"}
EMBEDDED_SERVICES = True
CELERY_BROKER_URL = "memory://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1}
LOGGING = configure_logging(env("LOG_FORMAT", default="console"), level=env("LOG_LEVEL", default="WARNING"))
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
