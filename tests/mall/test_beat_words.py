"""When a job runs is said in the reader's language, the names of days and months too."""

import pytest
from django.utils import translation
from django_celery_beat.models import CrontabSchedule

from mall.jobs.beat_admin import in_words

EVERY_DAY = {"minute": "0", "hour": "3"}


@pytest.mark.parametrize(
    ("when", "chinese", "english"),
    [
        ({"day_of_week": "1"}, "在 03:00, 仅在 星期一", "At 03:00, only on Monday"),
        ({"day_of_week": "5-0"}, "星期五 到 星期日", "Friday through Sunday"),
        ({"month_of_year": "5,11"}, "五月 和 十一月", "May and November"),
        ({"day_of_month": "1"}, "在 03:00, 每月的 1 号", "At 03:00, on day 1 of the month"),
    ],
)
def test_time_when_it_names_days_or_months_then_in_the_readers_language(when, chinese, english):
    at = CrontabSchedule(**EVERY_DAY, **when)

    with translation.override("zh-hans"):
        assert chinese in in_words(at, None)
    with translation.override("en"):
        assert english in in_words(at, None)
