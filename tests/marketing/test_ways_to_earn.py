"""What a visitor is told one can earn: as the rules say it at present."""

import pytest

from marketing import ways_to_earn
from points.models import Rule

pytestmark = pytest.mark.django_db


def test_ways_when_all_rules_are_active_then_named_with_their_points():
    assert [(way.icon, way.points) for way in ways_to_earn.ways()] == [
        ("person-plus", 100), ("box-arrow-in-right", 10), ("calendar-check", 20),
        ("chat-square-heart", 20), ("share", 5), ("people", 200),
        ("person-check", 30), ("cake", 200),
    ]  # fmt: skip


def test_ways_when_a_rule_is_paused_then_its_way_is_left_out():
    Rule.objects.filter(action__in=["share", "birthday"]).update(status="paused")

    assert {way.icon for way in ways_to_earn.ways()} == {
        "person-plus", "box-arrow-in-right", "calendar-check", "chat-square-heart", "people",
        "person-check",
    }  # fmt: skip
