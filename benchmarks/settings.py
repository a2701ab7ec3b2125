"""The profile of MALL_PROFILE, but for HTTPS and the limits per caller: the load comes from one
address.
"""

import os

if os.environ["MALL_PROFILE"] == "embedded":
    from mall.settings.embedded import *
    from mall.settings.embedded import REST_FRAMEWORK
else:
    from mall.settings.production import *
    from mall.settings.production import REST_FRAMEWORK

    SECURE_SSL_REDIRECT = False
    DATABASE_RIGHTS_DEMANDED = False  # its database lives for minutes and has one user
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        # the names of production without the minute of packing
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    STATIC_ROOT = os.environ["BENCH_STATIC"]

# Both builds and the text-book alike: what is measured is the work, not the politeness.
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": []}
ACCOUNT_RATE_LIMITS = False
RATELIMIT_ENABLE = False
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 6 * 3600  # good for the whole run
