"""Lots that anybody can check: pure, and compared with another way of working them out."""

import hashlib
import hmac
from collections import Counter

import pytest

from mall.core import lots

SEED = "00" * 32
# the 0.1 % point of chi-square is not asked for: p > 0.01 with 5 degrees of freedom
CHI_SQUARE_5_P01 = 15.086


def digest_of(message):
    return hmac.new(bytes.fromhex(SEED), message.encode(), hashlib.sha256).digest()


def test_number_when_worked_out_by_hand_then_the_same():
    drawn = [lots.number(SEED, "draw:spring", n, 97) for n in range(1, 200)]

    assert drawn == [
        int.from_bytes(digest_of(f"draw:spring:{n}")[:4], "big") % 97 for n in range(1, 200)
    ]


def test_number_when_the_last_round_of_weights_is_incomplete_then_it_is_drawn_anew():
    below = 3_000_000_000  # 30 % of all numbers lie in the incomplete round
    whole = 2**32 - 2**32 % below
    again = [
        n
        for n in range(1, 200)
        if int.from_bytes(digest_of(f"draw:spring:{n}")[:4], "big") >= whole
    ]

    drawn = {n: lots.number(SEED, "draw:spring", n, below) for n in again}

    assert 30 < len(again) < 90
    for n, number in drawn.items():
        tries = (int.from_bytes(digest_of(f"draw:spring:{n}:{k}")[:4], "big") for k in range(1, 99))
        assert number == next(one for one in tries if one < whole)


def test_number_when_there_is_nothing_to_draw_from_then_it_is_refused():
    with pytest.raises(ValueError, match="Cannot draw"):
        lots.number(SEED, "draw:spring", 1, 0)


def test_pick_when_drawn_100000_times_then_the_shares_are_those_of_the_weights():
    weights = [1, 9, 90, 400, 500, 0, 3_000]

    counted = Counter(lots.pick(SEED, "draw:spring", n, weights) for n in range(1, 100_001))

    expected = {place: 100_000 * weight / 4000 for place, weight in enumerate(weights) if weight}
    assert set(counted) == set(expected)
    chi_square = sum((counted[place] - n) ** 2 / n for place, n in expected.items())
    assert chi_square < CHI_SQUARE_5_P01


def test_ranked_when_a_seed_is_given_then_every_number_has_one_place_and_a_name_its_own_order():
    numbers = list(range(1, 201))

    order = lots.ranked(SEED, "drop:1", numbers)

    assert sorted(order) == numbers
    assert order == sorted(numbers, key=lambda n: digest_of(f"drop:1:{n}"))
    assert order != lots.ranked(SEED, "drop:2", numbers)
