"""The production profile: MySQL/MariaDB, Redis, separate worker and beat, HTTPS in front.

Source: docs/reliability.md, "Production settings".
"""

from urllib.parse import urlsplit

from mall import payment_accounts, sign_in_accounts
from mall.environment import (
    Environment,
    any_host,
    not_hex_keys,
    not_redis,
    not_scheme,
    short_code,
    short_or_guessable,
)
from mall.monitoring.logs import configure_logging
from mall.redis import sentinel

from .base import *
from .base import CELERY_BROKER_TRANSPORT_OPTIONS, PAYMENT_PROVIDERS, env
from .databases import CACHE_OPTIONS, mysql_database

_environment = Environment()
SECRET_KEY = _environment.ask(
    "SECRET_KEY", why="it signs sessions and tokens", unless=short_or_guessable
)
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
ALLOWED_HOSTS = _environment.ask(
    "ALLOWED_HOSTS", why="the shop's host names, comma-separated", unless=any_host
).split(",")
_database = _environment.ask(
    "DATABASE_URL",
    why="mysql://user:password@host:3306/mall",
    unless=not_scheme("mysql"),
    default="mysql://missing@localhost/missing",
)
_replica = _environment.allow("DATABASE_REPLICA_URL", unless=not_scheme("mysql"))
_redis = _environment.ask(
    "REDIS_URL",
    why="cache and limits: redis://host:6379/0",
    unless=not_redis("redis", "rediss", "unix"),
)
_broker = _environment.ask(
    "BROKER_URL",
    why="later work: redis://host:6379/1",
    unless=not_redis("redis", "rediss", "redis+socket"),
)
_email = _environment.ask(
    "EMAIL_URL",
    why="smtp+tls://user:password@host:587",
    unless=not_scheme("smtp", "smtp+tls", "smtp+ssl", "smtps"),
    default="smtp://missing",
)
METRICS_TOKEN = _environment.allow("METRICS_TOKEN")
# who has it makes the first operator (mall/setup/); none: the page is not there
SETUP_CODE = _environment.allow("SETUP_CODE", unless=short_code)
if "sandbox" in PAYMENT_PROVIDERS and env("PAYMENT_SANDBOX", default="") != "allow":
    _environment.complaints.append(
        "PAYMENT_PROVIDERS is unsafe: with the sandbox anybody pays without money; name real "
        "providers, or none (PAYMENT_PROVIDERS=), "
        "or set PAYMENT_SANDBOX=allow for a rehearsal"
    )
_environment.know_gateways(PAYMENT_PROVIDERS)
PAYMENT_ALIPAY = payment_accounts.alipay(_environment, is_offered="alipay" in PAYMENT_PROVIDERS)
PAYMENT_WECHAT = payment_accounts.wechat(_environment, is_offered="wechat" in PAYMENT_PROVIDERS)
SOCIALACCOUNT_PROVIDERS = sign_in_accounts.wechat(_environment)
WECHAT_URL = sign_in_accounts.wechat_url(_environment)
SMS_PROVIDER = sign_in_accounts.sms_provider(_environment, usual="", may_print=False)
SMS_TENCENT = sign_in_accounts.tencent(_environment, is_offered=SMS_PROVIDER == "tencent")
SMS_MESSAGES_PER_DAY = sign_in_accounts.messages_per_day(_environment)
WEBHOOKS_PRIVATE = env("WEBHOOKS_PRIVATE", default="") == "allow"
PUSH_KEY = sign_in_accounts.push_key(_environment)
WECHAT_TEMPLATES = sign_in_accounts.wechat_templates(_environment)
_environment.refuse()

SHOP_URL = env("SHOP_URL", default=f"https://{ALLOWED_HOSTS[0].lstrip('.')}")
DEMO_SIGN_INS = False
STAFF_NEED_SECOND_FACTOR = True
DATABASES = {"default": mysql_database(env.db_url_config(_database))}
DATABASE_RIGHTS_DEMANDED = True
if _replica:
    DATABASES["replica"] = mysql_database(env.db_url_config(_replica))
    DATABASE_ROUTERS = ["mall.core.replica.Router"]
CACHES = {"default": sentinel.cache(_redis, CACHE_OPTIONS)}
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = sentinel.broker(
    _broker, CELERY_BROKER_TRANSPORT_OPTIONS
)
# Celery's command line reads BROKER_URL by itself (celery 5.6.3, --broker) and would let it rule as
# it stands.
CELERY_BROKER_READ_URL = CELERY_BROKER_WRITE_URL = CELERY_BROKER_URL
globals().update(env.email_url_config(_email))
EMAIL_BACKEND = "mall.core.smtp.EmailBackend"  # the URL's is Django's own
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env(
    "EMAIL_FROM", default=f"no-reply@{ALLOWED_HOSTS[0].lstrip('.')}"
)
LOGGING = configure_logging(
    env("LOG_FORMAT", default="json"), level=env("LOG_LEVEL", default="INFO")
)

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- HTTPS -----------------------------------------------------------------
# Only these proxies are believed about the caller's address and scheme (mall/wsgi.py).
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
SECURE_SSL_REDIRECT = True
# mall/monitoring/probes.py: asked from inside, without TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 86400
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
# Host names no port behind nginx, and a browser's Origin does where it is not 443.
CSRF_TRUSTED_ORIGINS = ["://".join(urlsplit(SHOP_URL)[:2])]
LANGUAGE_COOKIE_SECURE = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

# MySQL has no conditional unique constraints; allauth's are backed by our own unique User.email.
# A unique text of more than 255 characters is fine with InnoDB up to 768 (a webhook's address).
SILENCED_SYSTEM_CHECKS = ["models.W036", "mysql.W003"]
