"""The arithmetic of the report against published values, and by simulation with a known truth."""

import math
import random
from itertools import product

import pytest

from marketing.campaigns import uplift
from marketing.campaigns.uplift import Arm


def test_compare_rates_when_published_then_the_intervals_of_newcombe():
    # given: Newcombe 1998, table II, method 10
    published = {
        (56, 70, 48, 80): (0.0524, 0.3339),
        (9, 10, 3, 10): (0.1705, 0.8090),
        (10, 10, 0, 20): (0.6791, 1.0),
        (0, 10, 0, 20): (-0.1611, 0.2775),
    }

    for (one, of, other, of_other), (low, high) in published.items():
        found = uplift.of_rates(Arm(of, one), Arm(of_other, other))

        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_compare_rates_when_four_of_200_stand_against_none_of_50_then_nothing_is_claimed():
    found = uplift.of_rates(Arm(200, 4), Arm(50, 0))

    assert found.claims == 0 and found.low < 0 < found.high


def test_compare_when_an_arm_is_empty_or_has_few_buyers_then_no_interval():
    assert uplift.of_rates(Arm(5, 1), Arm(0, 0)) is None
    assert uplift.of_means(Arm(500, 200, 9e3, 9e5), Arm(500, 99, 4e3, 4e5)) is None


def test_student_when_degrees_are_few_then_as_in_the_tables():
    tables = {20: 2.0860, 30: 2.0423, 60: 2.0003, 120: 1.9799}

    for freedom, quantile in tables.items():
        assert abs(uplift.student(freedom) - quantile) < 0.001


def test_members_needed_when_that_many_came_then_the_smallest_difference_is_the_wished_one():
    spread = uplift.spread_of_rates(0.1, 0.1, 0.2)

    number = uplift.members_needed(spread, 0.02)

    assert abs(uplift.smallest_seen(spread, number) - 0.02) < 1e-5


@pytest.mark.once(on="sqlite")
def test_compare_rates_when_the_truth_is_known_then_95_of_100_intervals_hold_it():
    # given: cells where at least five of the held-out members are expected to come
    for members, rate, more in ((200, 0.2, 0.0), (1000, 0.05, 0.02), (1000, 0.4, 0.05)):
        held, claims = _simulate(members, 0.2, rate, more, runs=1000)

        assert 0.93 <= held <= 0.975, (members, rate, more, held)
        assert more or claims <= 0.05, (members, rate, claims)


@pytest.mark.long
@pytest.mark.once(on="sqlite")
def test_compare_rates_when_every_cell_is_swept_then_never_less_than_93_of_100():
    cells = product((50, 200, 1000, 5000, 20_000), (0.2, 0.5), (0.01, 0.05, 0.2, 0.4), (0.0, 0.03))

    for members, share, rate, more in cells:
        held, claims = _simulate(members, share, rate, more, runs=3000)

        # with fewer than five expected the interval holds the truth more often than it says
        assert held >= 0.93, (members, share, rate, more, held)
        assert held <= 0.97 or members * share * rate < 12, (members, share, rate, more, held)
        assert more or claims <= 0.05, (members, share, rate, claims)


@pytest.mark.long
@pytest.mark.once(on="sqlite")
def test_compare_means_when_the_truth_is_known_then_the_intervals_hold_it():
    luck = random.Random(7)
    for members, rate, more in ((5000, 0.3, 0.0), (8000, 0.2, 0.0), (8000, 0.2, 0.05)):
        truth = more * math.exp(4 + 0.6**2 / 2)
        held = claims = 0
        for _each in range(600):
            arms = [_buyers(luck, *_split(luck, members, 0.2)[:1], rate + more)]
            arms.append(_buyers(luck, members - arms[0].size, rate))
            found = uplift.of_means(*arms)
            held += found.low <= truth <= found.high
            claims += found.claims != 0

        assert 0.92 <= held / 600 <= 0.98, (members, rate, more, held)
        assert more or claims / 600 <= 0.05, (members, rate, claims)


def _simulate(members, share, rate, more, *, runs) -> tuple[float, float]:
    """Return how often the interval held the known difference, and how often one was claimed."""
    luck = random.Random(f"{members} {share} {rate} {more}")
    held = claims = 0
    for _each in range(runs):
        treated, held_out = _split(luck, members, share)
        one = Arm(treated, _successes(luck, treated, rate + more))
        found = uplift.of_rates(one, Arm(held_out, _successes(luck, held_out, rate)))
        held += found is None or found.low <= more <= found.high
        claims += found is not None and found.claims != 0
    return held / runs, claims / runs


def _split(luck, members, share) -> tuple[int, int]:
    held_out = _successes(luck, members, share)
    return members - held_out, held_out


def _successes(luck, tries, rate) -> int:
    """Draw a binomial number: gaps between successes are geometric; of many it is normal."""
    if rate <= 0:
        return 0
    if (variance := tries * rate * (1 - rate)) > 100:
        return round(luck.gauss(tries * rate, math.sqrt(variance)))
    scale, at, found = math.log1p(-rate), 0, -1
    while at <= tries:
        at += int(math.log(1.0 - luck.random()) / scale) + 1
        found += 1
    return found


def _buyers(luck, size, rate) -> Arm:
    yuan = [luck.lognormvariate(4, 0.6) for _each in range(_successes(luck, size, rate))]
    return Arm(size, len(yuan), sum(yuan), sum(one * one for one in yuan))
