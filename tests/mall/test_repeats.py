"""One-time keys: which texts may be one, the same for every door."""

import pytest

from mall.core import repeats


@pytest.mark.parametrize("sent", ["a", "A.b-c_d:9", "x" * 64])
def test_is_key_when_plain_and_short_enough_then_yes(sent):
    assert repeats.is_key(sent)


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a\n", "ключ", "a/b", None, 7, b"a"])
def test_is_key_when_empty_long_or_of_other_characters_then_no(sent):
    assert not repeats.is_key(sent)


def test_is_key_when_a_door_has_less_room_then_the_same_key_is_too_long():
    key = "x" * 60

    assert repeats.is_key(key, longest=60)
    assert not repeats.is_key(key, longest=59)
