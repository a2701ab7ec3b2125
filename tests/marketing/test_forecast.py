"""What is expected of the next ninety days: arithmetic, what was said before, and the doors."""

import random
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from mall.core import clock
from marketing.analytics import forecast, forecasts, snapshots
from marketing.analytics.forecast import HORIZON, Census, Chance, Period, cell_of, chance_of, say
from marketing.analytics.reports.expected import in_words
from marketing.models import MemberDay, RepurchaseForecast

ONE_DAY = timedelta(days=1)


def census(as_of, people, waiting=()):
    counted = Census(as_of, {start: Period() for start in waiting})
    for days in people:
        counted.take([(day, 1) for day in sorted(days)])
    return counted


def shop_of(as_of, seed, people=300):
    luck = random.Random(seed)
    return [
        {as_of - luck.randrange(1_000) * ONE_DAY for _each in range(luck.randrange(1, 12))}
        for _person in range(people)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_say_when_people_came_as_they_did_then_the_figures_are_the_plain_counts(seed):
    as_of = clock.today()
    people = shop_of(as_of, seed)

    def share(end):  # of those known ninety days before, how many came in between
        start = end - HORIZON
        known = [days for days in people if min(days) <= start]
        return sum(any(start < day <= end for day in days) for days in known) / len(known)

    said = say(census(as_of, people))

    shares = [share(as_of - n * HORIZON) for n in range(10)]
    misses = [later - earlier for later, earlier in zip(shares, shares[1:], strict=False)]
    assert (said.people, said.share) == (300, shares[0])
    assert said.expected == round(300 * shares[0])
    assert said.misses == pytest.approx(misses)
    assert said.band == pytest.approx(max(map(abs, misses)))
    earliest = min(map(min, people))
    assert said.censored == sum(min(days) < earliest + HORIZON for days in people)
    assert sum(said.now.values()) == 300
    cell = max(said.now, key=said.now.get)
    before = [
        days for days in people
        if min(days) <= as_of - HORIZON and cell_of(sorted(days), as_of - HORIZON) == cell
    ]  # fmt: skip
    came = sum(any(day > as_of - HORIZON for day in days) for days in before)
    assert said.chances[cell] == pytest.approx((came + 20 * said.share) / (len(before) + 20))


def test_say_when_little_is_known_then_a_wide_band_or_nothing():
    as_of = clock.today()
    young = census(as_of, [{as_of - 89 * ONE_DAY}])
    short = census(as_of, [{as_of - 200 * ONE_DAY, as_of - 20 * ONE_DAY}, {as_of - 150 * ONE_DAY}])

    said = say(short)

    assert say(young) is None
    assert (said.share, said.band, said.bounds) == (0.5, pytest.approx(0.5), (0, 2))
    two_years = [{as_of - n * ONE_DAY for n in range(0, 280, 9)} for _person in range(50)]
    assert say(census(as_of, two_years)).band == forecast.LEAST_BAND  # three periods known


@pytest.mark.parametrize(
    ("share", "word"),
    [(0.5, "likely"), (0.499, "maybe"), (0.2, "maybe"), (0.199, "unlikely"), (0.0, "unlikely")],
)
def test_chance_of_when_a_share_is_given_then_one_of_three_words(share, word):
    assert chance_of(share) == Chance(word)


@pytest.mark.parametrize(
    ("ago", "cell"),
    [([0], "0.0"), ([14], "0.0"), ([15], "1.0"), ([365], "5.0"), ([366], "6.0"), ([9, 3], "0.1"),
     ([9, 8, 3], "0.2"), ([9, 8, 7, 6, 5], "0.3"), (list(range(20, 10, -1)), "0.4")],
)  # fmt: skip
def test_cell_of_when_orders_lie_so_far_back_then_their_group(ago, cell):
    today = clock.today()

    assert cell_of([today - n * ONE_DAY for n in ago], today) == cell


# --- what was said before -----------------------------------------------------------
def came(person, *ago, orders=1):
    MemberDay.objects.bulk_create(
        [MemberDay(person=person, on=clock.today() - n * ONE_DAY, orders=orders) for n in ago]
    )


@pytest.fixture
def shop(db, member):
    """Ten persons who came half a year ago; the member and three others also lately."""
    for person in range(10):
        came(person + 1_000_000, 200)
    for person in range(3):
        came(person + 1_000_000, 40)
    came(member.pk, 150, 120, 30)
    came(member.pk, 5, orders=0)  # signed in, ordered nothing
    return member


def test_keep_when_the_days_of_a_forecast_are_over_then_what_it_became_stands_beside_it(shop):
    as_of = clock.today() - ONE_DAY
    before = as_of - HORIZON - 3 * ONE_DAY  # the job was off for three days

    snapshots.refresh(before)
    came(1_000_009, 75)
    snapshots.refresh(as_of)
    snapshots.refresh(as_of)

    first, last = RepurchaseForecast.objects.order_by("as_of")
    assert (first.as_of, first.buyers, first.became) == (before, 11, 5)
    assert (last.as_of, last.buyers, last.expected, last.became) == (as_of, 11, 5, None)
    assert last.lowest <= last.expected <= last.highest


def test_keep_when_said_once_then_it_is_not_changed_by_what_comes_to_light(shop):
    as_of = clock.today() - ONE_DAY
    snapshots.refresh(as_of)
    said = RepurchaseForecast.objects.values().get()

    for person in range(4, 9):
        came(person + 1_000_000, 10)
    snapshots.refresh(as_of, anew=True)

    assert RepurchaseForecast.objects.values().get() == said


@pytest.fixture
def forecast_page(client, operator):
    client.force_login(operator)
    client.cookies["mall_language"] = "en"
    return lambda **asked: client.get(reverse("report", args=["forecast"]), asked).content.decode()


def test_report_when_read_then_it_says_how_many_who_and_what_became_of_the_last(
    shop, forecast_page
):
    empty = forecast_page()
    snapshots.refresh(clock.today() - HORIZON - 2 * ONE_DAY)
    snapshots.refresh(clock.today() - ONE_DAY)

    told = forecast_page()

    assert "Cannot tell yet: the first redemptions must be 90 days old" in empty
    assert "4 members (36.4 %), between " in told
    assert " it became 4." in told
    assert "11 of these members first appear in the first 90 days" in told
    assert "up to 60 days ago" in forecast_page(csv="who")
    with translation.override("en"):
        words = in_words(forecasts.chance_of(shop.pk))
    assert words.startswith(("likely (", "maybe (", "unlikely ("))
    assert forecasts.chance_of(10**9) is None
    assert in_words(None) == ""
