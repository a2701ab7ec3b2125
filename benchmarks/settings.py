"""The production profile, but for HTTPS and the limits per caller: the load comes from one
address.
"""

from mall.settings.production import *
from mall.settings.production import INSTALLED_APPS, REST_FRAMEWORK

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.textbook"]
ROOT_URLCONF = "benchmarks.urls"
SECURE_SSL_REDIRECT = False
DATABASE_RIGHTS_DEMANDED = False  # the benchmark's database lives for minutes and has one user
# Both versions alike: what is measured is the work, not the politeness.
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": [], "PAGE_SIZE": 24}
