"""The default profile: one process, SQLite, memory cache and broker; made for trying and small
shops.
"""

import os
from pathlib import Path

from mall import payment_accounts, sign_in_accounts
from mall.environment import Environment, not_hex_keys
from mall.monitoring.logs import configure_logging
from mall.secrets import load_or_create

from .base import *
from .base import BASE_DIR, MIDDLEWARE, PAYMENT_PROVIDERS, env
from .databases import SQLITE_ENGINE, SQLITE_OPTIONS

VAR_DIR = BASE_DIR / "var"
_secrets = load_or_create(VAR_DIR / "secrets.json")
_environment = Environment(own={**_secrets, "FIELD_KEYS": _secrets["FIELD_KEY"]})
SECRET_KEY = _environment.ask("SECRET_KEY", why="it signs sessions and tokens")
FIELD_KEYS = _environment.ask(
    "FIELD_KEYS",
    why="they encrypt personal data; the first encrypts, all decrypt",
    unless=not_hex_keys,
).split(",")
LEDGER_KEY = _environment.ask("LEDGER_KEY", why="it chains the ledger", unless=not_hex_keys)
PAYMENT_SECRET = _environment.ask(
    "PAYMENT_SECRET", why="it signs payment notices", unless=not_hex_keys
)
EVENT_SECRET = _environment.ask(
    "EVENT_SECRET", why="it signs events of other systems", unless=not_hex_keys
)
METRICS_TOKEN = _environment.allow("METRICS_TOKEN")
_own = VAR_DIR / "shop.sqlite3"
# An own shop that was begun stays the one that is meant, also by a backup and whoever types less.
_is_demo = env.bool("MALL_DEMO", default=not _own.exists())
SETUP_CODE = "" if _is_demo else _environment.allow("SETUP_CODE")
_file = VAR_DIR / "mall.sqlite3" if _is_demo else _own
# Pictures of its own for each of the two shops, so that a backup carries one shop.
_shared_media, _own_media = VAR_DIR / "media", VAR_DIR / "shop-media"
_media = env("MEDIA_ROOT", default="")
MEDIA_ROOT = Path(_media or (_shared_media if _is_demo else _own_media))
# where an own shop of an earlier release has its pictures
MEDIA_SHARED = "" if _is_demo or _media else _shared_media
_sqlite = env.db_url_config(_environment.allow("DATABASE_URL") or f"sqlite:///{_file}")
_email = _environment.allow("EMAIL_URL")
_environment.know_gateways(PAYMENT_PROVIDERS)
PAYMENT_ALIPAY = payment_accounts.alipay(_environment, is_offered="alipay" in PAYMENT_PROVIDERS)
PAYMENT_WECHAT = payment_accounts.wechat(_environment, is_offered="wechat" in PAYMENT_PROVIDERS)
SOCIALACCOUNT_PROVIDERS = sign_in_accounts.wechat(_environment)
WECHAT_URL = sign_in_accounts.wechat_url(_environment)
SMS_PROVIDER = sign_in_accounts.sms_provider(
    _environment, usual="console" if _is_demo else "", may_print=_is_demo
)
SMS_TENCENT = sign_in_accounts.tencent(_environment, is_offered=SMS_PROVIDER == "tencent")
SMS_MESSAGES_PER_DAY = sign_in_accounts.messages_per_day(_environment)
PUSH_KEY = sign_in_accounts.push_key(_environment)
WECHAT_TEMPLATES = sign_in_accounts.wechat_templates(_environment)
SMS_NOTICES = _is_demo
WEBHOOKS_PRIVATE = env("WEBHOOKS_PRIVATE", default="allow") == "allow"
_environment.refuse()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
SHOP_URL = env("SHOP_URL", default=f"http://127.0.0.1:{os.environ.get('PORT') or 8000}")
# The demo shop with its published sign-ins, or an own shop that begins empty (MALL_DEMO=no).
DEMO_SIGN_INS = _is_demo

if not _sqlite.get("ENGINE", "").endswith("sqlite3") or _sqlite["NAME"] in ("", ":memory:"):
    raise SystemExit(
        "The embedded profile keeps its data in an SQLite file: use "
        "DATABASE_URL=sqlite:////a/file or set MALL_PROFILE=production."
    )
DATABASES = {
    "default": {
        **_sqlite,
        "ENGINE": SQLITE_ENGINE,
        "OPTIONS": SQLITE_OPTIONS,
        # A new connection reads and parses the whole schema: more than most requests cost.
        "CONN_MAX_AGE": None,
    }
}
# Room enough that the shelves' kept facts never push out sessions and rate limits (the default is
# 300 entries).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "mall",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
# LocMem is shared by all threads of the one process, which is all this profile has: the two checks
# ask for a cache shared between processes.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001"]
# Everybody who tries the mall on one machine comes from one address. Guessing passwords stays as
# limited as ever.
ACCOUNT_RATE_LIMITS = {**ACCOUNT_RATE_LIMITS, "login": "30/m/ip", "sign_up_made": "60/h/ip"}
# It lies beside the database: whoever deletes one of the two starts afresh with both, and a restore
# makes both.
DEMO_MARK = f"{_sqlite['NAME']}.seeded"
EMBEDDED_SERVICES = True
CELERY_BROKER_URL = "memory://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1}
LOGGING = configure_logging(
    env("LOG_FORMAT", default="console"), level=env("LOG_LEVEL", default="WARNING")
)
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
if _email:
    globals().update(env.email_url_config(_email))
    EMAIL_TIMEOUT = 10
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "mall.server.static_files.Storage"},
}
# Collected by mall.embedded; whoever starts the server otherwise is served what the finders find.
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise would warn of a folder it misses
WHITENOISE_USE_FINDERS = True
# Inside WhiteNoise, whose files are compressed already.
_inside = MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware") + 1
MIDDLEWARE = [
    *MIDDLEWARE[:_inside],
    "mall.server.compression.PageCompressionMiddleware",
    *MIDDLEWARE[_inside:],
]
