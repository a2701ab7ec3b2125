"""Settings of a process that a test starts: the test's own database."""

import os

from mall.settings.test import *  # noqa: F403
from mall.settings.test import DATABASES

DATABASES["default"]["NAME"] = os.environ["MALL_TEST_NAME"]
