"""Values shared by every profile. No logic here: a profile fills in what differs."""

import logging
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from mall.core.languages import label_in

from .back_office import UNFOLD  # noqa: F401  what the admin looks like
from .enum_names import ENUM_NAMES
from .sign_in import *

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

DEBUG = False
ROOT_URLCONF = "mall.urls"
WSGI_APPLICATION = "mall.wsgi.application"
SHOP_URL = env("SHOP_URL", default="http://127.0.0.1:8000")  # where links in mails lead
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- rooms -----------------------------------------------------------------
INSTALLED_APPS = [
    "modeltranslation",  # before the admin, so that its widgets know the languages
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.weixin",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
    "django_celery_beat",
    "simple_history",
    "csp",
    "django_prometheus",
    "mall.core",
    "mall",
    "accounts",
    "points",
    "catalog",
    "orders",
    "marketing",
]

# What every request passes; the first leads /api/v1/ through API_MIDDLEWARE instead.
MIDDLEWARE = [
    "mall.api_middleware.ApiMiddleware",
    "mall.monitoring.traffic.TrafficMiddleware",
    "mall.monitoring.probes.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mall.csp.PolicyMiddleware",
    # outside all that asks the database, inside what every answer carries
    "mall.outage.OutageMiddleware",
    # Outside the session and the user: further in it wraps request.user, and allauth's token
    # sessions (X-Session-Token, bearer under /api/auth/) then see nobody signed in.
    "mall.middleware.LogMiddleware",
    "mall.kept_pages.KeptPagesMiddleware",  # visitors go no further where the page is known
    "django.contrib.sessions.middleware.SessionMiddleware",
    "mall.middleware.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "mall.server.bodies.LengthMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "mall.server.bodies.FieldsMiddleware",
    "mall.core.reader_mark.ReaderMarkMiddleware",
    "mall.middleware.HeadersMiddleware",
    "mall.middleware.PurseMiddleware",
    "mall.middleware.LoginRequiredMiddleware",  # deny by default
    "mall.middleware.HearingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.UnsentMiddleware",
    "accounts.middleware.AppBodyMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "mall.middleware.RefusalMiddleware",
]
# What an answer of the API needs, and no more (docs/decisions/0036, 0058).
API_MIDDLEWARE = [
    "mall.monitoring.traffic.TrafficMiddleware",
    "mall.outage.OutageMiddleware",
    "mall.middleware.LogMiddleware",
    "catalog.answers.KeptAnswersMiddleware",  # visitors go no further where the answer is known
    "mall.core.own_list.OwnAnswersMiddleware",  # nor members whose lists are as they were
    "mall.api_middleware.EnvelopeMiddleware",
    "mall.middleware.RefusalMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mall.context.shop",
            ],
            "builtins": [
                "mall.core.templatetags.cards",
                "mall.core.templatetags.mall",
                "mall.core.templatetags.pictures",
                "mall.core.templatetags.shared",
            ],
        },
    }
]

# --- time and language -----------------------------------------------------
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"  # what pages show; the database stores UTC
SHOP_TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
# The first holds our own texts, the second those of libraries that ship no Chinese or other words
# than ours.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "vendor"]
FORMAT_MODULE_PATH = "mall.formats"  # dates of English pages; Django's Chinese ones are right
LANGUAGE_COOKIE_NAME = "mall_language"
LANGUAGE_COOKIE_AGE = 365 * 86400
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
THEME_COOKIE_NAME = "mall_theme"
MODELTRANSLATION_DEFAULT_LANGUAGE = "zh-hans"
MODELTRANSLATION_LANGUAGES = ("zh-hans", "en")
MODELTRANSLATION_FALLBACK_LANGUAGES = ("zh-hans",)
MODELTRANSLATION_BUILD_LOCALIZED_VERBOSE_NAME = label_in

# --- API -------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.tokens.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["mall.core.parsers.JsonBody"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "mall.core.negotiation.JsonNegotiation",
    "DEFAULT_SCHEMA_CLASS": "mall.core.openapi.Documentation",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_PAGINATION_CLASS": "mall.core.api.PageNumbers",
    "DEFAULT_THROTTLE_CLASSES": ["mall.core.limits.ApiThrottle"],
    "COERCE_DECIMAL_TO_STRING": True,
    "DATETIME_FORMAT": "iso-8601",
    "UNICODE_JSON": True,
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "mall.core.api.ExceptionHandler",
    "EXCEPTION_FORMATTER_CLASS": "mall.core.api.ErrorFormatter",
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Points Mall API",
    "VERSION": "1",
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "mall.core.openapi.say_what_is_required",
        "mall.core.openapi_accounts.add_accounts",
        "marketing.webhooks.document.add_webhooks",
        "mall.core.openapi.say_null",
    ],
}

# --- files -----------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media")))
# The fields of a form with parts: 10,000 card keys are pasted at once, and come back looked over.
# Any other body is refused above 1 MB (mall.server.bodies).
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# A clerk's: a page of the back office that shows many rows takes them back. Anybody else's is
# mall.server.bodies.FIELDS_MAX.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- security, true in every profile ---------------------------------------
TRUSTED_PROXIES = []  # whose word counts about the caller's address and scheme
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}
RATELIMIT_USE_CACHE = "default"
RATELIMIT_FAIL_OPEN = False

DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # its end says all of a request
# True: who serves must not be able to rewrite what is only ever added
DATABASE_RIGHTS_DEMANDED = False

# --- who watches -------------------------------------------------------------
METRICS_TOKEN = ""  # whoever carries it reads /metrics; without one nobody does
PROMETHEUS_EXPORT_MIGRATIONS = False  # /readyz says it, without a database question at every start

# --- later work ------------------------------------------------------------
# the file that says the demo shop was loaded once, or is not wanted (the embedded profile)
DEMO_MARK = ""
EMBEDDED_SERVICES = False  # True: the web process runs the worker and beat too
CELERY_TIMEZONE = SHOP_TIME_ZONE
CELERY_BEAT_SCHEDULER = "mall.jobs.beat:Scheduler"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# After the broker was lost a worker would else hand every new task to the process that is still
# busy, while the other idles (celery 5.6.3, findings/celery-after-a-broker-restart.sh).
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300, "unacked_restore_throttle": 1}

# --- at the same moment -------------------------------------------------------
# Orders, and check-ins, that arrive while another one is being written are written together
# (mall/core/lane.py); False: each by itself.
LANES = True

# --- search -------------------------------------------------------------------
# What was searched for is counted in the process and written down by a search after so long.
SEARCHES_WRITTEN_AFTER_SECONDS = 20

# --- recommendations -----------------------------------------------------------
# How often a shelf was shown and opened is counted in the process and written down after so long.
SHELVES_WRITTEN_AFTER_SECONDS = 60

# --- the shop's payment providers -------------------------------------------
PAYMENT_PROVIDERS = env.list("PAYMENT_PROVIDERS", default=["sandbox"])
# --- a shop that opens (mall/setup/) ------------------------------------------
SETUP_CODE = ""

# What follows from a fact is done "later" (within a second or so, by the sweep, or when the member
# looks) or "at once", in the fact's own transaction (points/event_delivery.py).
EVENTS_HEARD = "later"
# Channels beside mail (marketing/channels): what they need, and if webhooks go to private nets.
PUSH_KEY, WECHAT_TEMPLATES, SMS_NOTICES, WEBHOOKS_PRIVATE = "", {}, False, False
PAYMENT_MERCHANT = env("PAYMENT_MERCHANT", default="points-mall")
# The shop's accounts at real providers, read by the profiles (mall/payment_accounts.py).
PAYMENT_ALIPAY = {}
PAYMENT_WECHAT = {}
