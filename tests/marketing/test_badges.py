"""Badges that follow from facts: orders received, reviews published, the highest tier; each once,
however late or often its fact is heard.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from catalog import reviews, stock
from catalog.models import Review
from mall.core import clock, events
from marketing.badges import awarding
from marketing.models import MemberBadge, Notification
from orders import gifts
from points import rules
from points.models import LEVELS
from tests.factories.orders import give_points, place, received, refund, virtual_sku
from tests.factories.points import in_tier

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


@pytest.fixture
def sku():
    return virtual_sku(points=10, stock=100)


def owned(member):
    found = MemberBadge.objects.filter(user=member).order_by("code")
    return list(found.values_list("code", "earned_on"))


def told(member):
    found = Notification.objects.filter(user=member, kind="badge_earned")
    return sorted(found.values_list("params__code", flat=True))


def heard_of(member, kind, at=NOON, **data):
    return events.Event(kind, member.pk, kind, at, data=data)


# --- orders -------------------------------------------------------------------------
def test_badges_when_orders_are_received_then_at_the_first_and_the_tenth_on_their_days(
    member, sku, noon
):
    give_points(member, 1_000)
    for number in range(1, 11):
        order = place(member, sku)
        assert [code for code, _on in owned(member)] == ([] if number == 1 else ["first_order"])
        received(order)
        noon.shift(DAY)

    assert owned(member) == [
        ("first_order", clock.day_of(NOON)),
        ("ten_orders", clock.day_of(NOON + 9 * DAY)),
    ]
    assert told(member) == ["first_order", "ten_orders"]
    assert awarding.of_orders([heard_of(member, "order_completed")] * 2) is None
    assert len(owned(member)) == 2


def test_badges_when_a_received_order_goes_back_or_is_a_prize_then_received_is_received(
    member, sku
):
    won = gifts.give(member, sku, key="draw:1:1")
    stock.sell([(one.sku_id, one.quantity) for one in won.lines.all()])
    received(won)
    assert owned(member) == []
    give_points(member, 100)

    refund(received(place(member, sku)))

    assert [code for code, _on in owned(member)] == ["first_order"]


# --- reviews ------------------------------------------------------------------------
def a_review(member, sku, operator):
    review = Review.objects.create(
        product=sku.product,
        user=member,
        line=uuid4().int % 10**12,
        author="m**",
        stars=5,
        text="Smells of summer, for weeks.",
        status=Review.Status.WAITING,
    )
    return reviews.publish(review, actor=operator)


def test_badges_when_ten_reviews_are_published_then_once_on_the_day_of_the_tenth(
    member, sku, operator, noon
):
    for _number in range(9):
        a_review(member, sku, operator)
    assert owned(member) == []
    noon.shift(DAY)

    for _number in range(2):
        a_review(member, sku, operator)

    assert owned(member) == [("ten_reviews", clock.day_of(NOON + DAY))]
    assert told(member) == ["ten_reviews"]


def test_badges_when_some_of_ten_reviews_are_not_published_then_none(member, sku, operator):
    for _number in range(9):
        a_review(member, sku, operator)
    words = {"author": "m**", "stars": 1, "text": "No.", "status": Review.Status.WAITING}
    Review.objects.create(product=sku.product, user=member, line=1, **words)

    awarding.of_reviews([heard_of(member, "review_published")])

    assert owned(member) == []


# --- the highest tier ---------------------------------------------------------------
@pytest.mark.parametrize(("before", "points", "badge"), [(4, 25_000, True), (3, 7_000, False)])
def test_badges_when_a_member_rises_then_for_the_highest_tier_alone(member, before, points, badge):
    in_tier(member, before)

    for _again in range(2):
        rules.award(member.pk, "mission", key="mission:1", amount=points, reference="mission:1")

    assert owned(member) == ([("top_tier", clock.day_of(NOON))] if badge else [])
    assert told(member) == (["top_tier"] if badge else [])


def test_badges_when_what_earned_one_was_long_ago_then_shown_and_not_told(member):
    long_ago = NOON - 40 * DAY

    awarding.of_tiers([heard_of(member, "tier_risen", at=long_ago, to=LEVELS)])

    assert owned(member) == [("top_tier", clock.day_of(long_ago))]
    assert told(member) == []
