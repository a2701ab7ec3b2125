"""A moment is said with its day unless that is plain."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import translation

from mall.core import moments

EVENING = datetime(2026, 11, 30, 12, tzinfo=UTC)  # 20:00 in the shop


@pytest.mark.parametrize(
    "now,beside,said",
    [
        (EVENING, None, "20:00"),
        (EVENING + timedelta(hours=4), None, "November 30 20:00"),  # midnight of the shop passed
        (EVENING - timedelta(hours=21), None, "November 30 20:00"),
        (EVENING - timedelta(days=3), EVENING - timedelta(hours=1), "20:00"),
        (EVENING, EVENING - timedelta(days=1), "November 30 20:00"),
    ],
)
def test_said_when_it_is_another_day_then_the_day_stands_before_the_time(now, beside, said):
    with time_machine.travel(now, tick=False), translation.override("en"):
        assert moments.said(EVENING, beside) == said
