"""Who belongs to a segment: each condition alone, at an instant, and what is no condition."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from catalog.models import Category
from mall.core import clock
from marketing.campaigns import segments, tags, wording
from marketing.campaigns.checking import checked
from marketing.campaigns.conditions import FIELDS, members
from marketing.models import Segment
from orders.coupons import segments as offered
from orders.models import Order
from points.models import MemberTier
from tests.factories.campaigns import SegmentFactory, operator
from tests.factories.orders import give_points, pay, place, virtual_sku
from tests.factories.points import MemberFactory, member_with

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def cast():
    """Four members: one new, one who bought, one who bought long ago, one high up."""
    now, shelf = clock.now(), Category.objects.create(slug="tea", name="茶")
    green = Category.objects.create(slug="green-tea", name="绿茶", parent=shelf)
    new, buyer, lapsed, high = (member_with(0) for _each in range(4))
    for member in (buyer, lapsed, high):
        member.date_joined = datetime(2026, 1, 15, tzinfo=clock.SHOP_ZONE)
        member.save()
    sku = virtual_sku(cash="30.00", category=green)
    pay(place(buyer, sku))
    old = pay(place(lapsed, sku, quantity=2))
    Order.objects.filter(pk=old.pk).update(created_at=now - 100 * DAY)
    give_points(high, 5000, expires_on=clock.today() + 10 * DAY)
    MemberTier.objects.update_or_create(
        pk=high.pk,
        defaults={
            "level": 3, "earned": 5000, "rises_at": 5400, "since": clock.today(), "ladder_of": now,
        },
    )  # fmt: skip
    tags.give([lapsed.pk], "vip", actor=operator())
    return {"new": new.pk, "buyer": buyer.pk, "lapsed": lapsed.pk, "high": high.pk}


def test_find_members_when_one_condition_is_asked_then_those_of_whom_it_holds(cast):
    expected = {
        ("tier_from", 3): {"high"},
        ("tier_to", 2): {"new", "buyer", "lapsed"},
        ("earned_from", 5000): {"high"},
        ("earned_to", 4999): {"new", "buyer", "lapsed"},
        ("next_tier_within", 400): {"high"},
        ("next_tier_within", 399): set(),
        ("joined_days", 30): {"new"},
        ("joined_from", "2026-02"): {"new"},
        ("joined_to", "2026-01"): {"buyer", "lapsed", "high"},
        ("silent_days", 30): {"lapsed", "high"},
        ("ordered_days", 30): {"buyer"},
        ("orders_from", 1): {"buyer", "lapsed"},
        ("orders_to", 0): {"new", "high"},
        ("spend_from", "60.00"): {"lapsed"},
        ("spend_to", "59.99"): {"new", "buyer", "high"},
        ("tags", ("vip",)): {"lapsed"},
        ("not_tags", ("vip",)): {"new", "buyer", "high"},
        ("category", "tea"): {"buyer", "lapsed"},
        ("expiring_days", 10): {"high"},
        ("expiring_days", 9): set(),
        ("expiring_points", 5000): {"high"},
        ("expiring_points", 5001): set(),
    }

    for (name, value), names in expected.items():
        said = {name: list(value) if isinstance(value, tuple) else value}
        found = set(members(said).filter(pk__in=cast.values()).values_list("pk", flat=True))

        assert found == {cast[one] for one in names}, name


def test_find_members_when_windows_and_several_conditions_are_asked_then_all_hold(cast):
    expected = [
        ({"orders_from": 1, "orders_days": 30}, {"buyer"}),
        ({"spend_to": "0.00", "spend_days": 30, "orders_from": 1}, {"lapsed"}),
        ({"category": "green-tea", "category_bought": False}, {"new", "high"}),
        ({"category": "tea", "category_days": 30}, {"buyer"}),
        ({"joined_to": "2026-01", "tier_to": 1, "not_tags": ["vip"]}, {"buyer"}),
    ]

    for said, names in expected:
        found = set(members(said).filter(pk__in=cast.values()).values_list("pk", flat=True))

        assert found == {cast[one] for one in names}, said


def test_ask_when_a_member_belonged_at_an_instant_then_as_it_was_then_by_one_statement(
    cast, django_assert_num_queries
):
    segment = SegmentFactory(code="loyal", conditions={"orders_from": 1})
    before, ids = clock.now() - 50 * DAY, list(cast.values())
    # given: the segment said something else until today
    former = Segment.objects.get(pk=segment.pk)
    former.conditions = {"orders_from": 1, "orders_days": 10}
    segments.save(former, actor=operator())

    with django_assert_num_queries(2):  # the segments, and who of these belongs
        assert segments.holding("loyal", ids, before) == {cast["lapsed"]}
    assert segments.holding("loyal", ids, clock.now()) == {cast["buyer"]}
    assert segments.holding("nobody-made-it", ids, clock.now()) == set()
    assert segments.holding("campaign:x", ids, clock.now()) == set()


def test_hand_out_when_a_segment_is_ready_made_or_saved_then_the_same_conditions_find_it(cast):
    SegmentFactory(code="tagged", conditions={"tags": ["vip"]})

    def found(code, **numbers):
        return set(offered.get(code).ids(numbers).filter(pk__in=cast.values()))

    assert found("lapsed", days=30) == {cast["lapsed"], cast["high"]}
    assert found("high_points", points=5000) == {cast["high"]}
    assert found("tier", tier=1) == set(cast.values())
    assert found("new", days=30) == {cast["new"]}
    assert found("saved", saved="tagged") == {cast["lapsed"]}
    assert found("saved", saved="gone") == set()


def test_check_conditions_when_something_is_wrong_then_one_sentence_beside_each_field():
    said = {
        "tier_from": 3, "tier_to": "2", "orders_days": 30, "spend_from": "1,5",
        "joined_from": "now", "category": "no-such", "earned_from": True,
        "tags": "a, b，a", "nonsense": 1, "silent_days": "", "joined_to": "2026-13",
    }  # fmt: skip

    kept, wrong = checked(said)

    assert set(wrong) == {
        "tier_to", "orders_days", "spend_from", "joined_from", "category", "earned_from",
        "nonsense", "joined_to",
    }  # fmt: skip
    assert kept["tags"] == ["a", "b"] and "silent_days" not in kept
    for month in ("0001-01", "9999-12", "2026-00"):
        assert set(checked({"joined_to": month})[1]) == {"joined_to"}
    assert checked({})[1] == {"tier_from": "Say at least one condition; V1 means everybody."}
    assert checked({"spend_from": "９９.5", "spend_to": "100"}) == (
        {"spend_from": "99.50", "spend_to": "100.00"},
        {},
    )


@pytest.mark.parametrize(
    ("said", "field", "other"),
    [
        ({"silent_days": 60, "ordered_days": 60}, "ordered_days", "no order for 60 days"),
        ({"silent_days": 30, "joined_days": 7}, "joined_days", "no order for 30 days"),
        ({"tags": ["b", "a"], "not_tags": "a,b"}, "not_tags", "tagged b, a"),
        ({"tier_from": 5, "next_tier_within": 9}, "next_tier_within", "tier V5 and above"),
        ({"orders_to": 0, "ordered_days": 9}, "ordered_days", "number of orders ever: at most 0"),
        ({"orders_to": 0, "spend_from": "1"}, "spend_from", "number of orders ever: at most 0"),
        ({"orders_to": 0, "category": "tea"}, "category", "number of orders ever: at most 0"),
    ],
)
def test_check_conditions_when_they_exclude_each_other_then_said_which(said, field, other):
    Category.objects.create(slug="tea", name="Tea")

    assert checked(said)[1] == {field: f"Nobody is left together with “{other}”."}
    assert segments.count(said | {"not_tags": ["a", "b"]} if "tags" in said else said) == 0


def test_check_conditions_when_they_only_narrow_each_other_then_nothing_is_wrong():
    Category.objects.create(slug="tea", name="Tea")
    for said in (
        {"silent_days": 60, "ordered_days": 61},
        {"silent_days": 30, "joined_days": 31},
        {"tags": ["a", "b"], "not_tags": ["a"]},
        {"tier_from": 4, "next_tier_within": 9},
        {"orders_to": 0, "orders_days": 30, "ordered_days": 60, "spend_from": "1"},
        {"orders_to": 0, "spend_to": "5", "category": "tea", "category_bought": False},
    ):
        assert checked(said)[1] == {}


def test_say_a_segment_when_every_condition_is_set_then_each_is_named():
    said = {
        name: {"whole": 5, "yuan": "12.00", "month": "2026-03", "tags": ["vip"],
               "category": "tea", "yes_no": False}[field.kind]
        for name, field in FIELDS.items()
    }  # fmt: skip

    words = wording.of_conditions(said)

    assert words.count(";") == 12 and "never bought" not in words
    assert "did not buy tea in the last 5 days" in words


def test_say_a_segment_when_a_range_has_one_value_then_that_alone():
    said = {"tier_from": 3, "tier_to": 3, "orders_from": 1, "orders_to": 1}

    assert wording.of_conditions(said) == "tier V3; number of orders ever: 1"
    assert wording.of_conditions(said | {"orders_days": 30, "orders_to": 2}) == (
        "tier V3; 1 to 2 orders in 30 days"
    )


def test_tag_when_given_twice_and_taken_then_once_and_gone():
    member, clerk = MemberFactory(), operator()

    assert tags.give([member.pk], tags.read(" ＶＩＰ "), actor=clerk) == 1
    assert tags.give([member.pk], "vip", actor=clerk) == 0
    assert tags.take([member.pk], "vip", actor=clerk) == 1
