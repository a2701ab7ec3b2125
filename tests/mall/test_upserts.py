"""Rows that may be there already are told from rows that can never be there."""

import pytest

from accounts.models import BonusClaim
from mall.core import clock, upserts

pytestmark = pytest.mark.django_db


def claim(mark, **words):
    return BonusClaim(fingerprint=mark, claimed_by=1, **words)


def test_insert_missing_when_some_are_there_then_only_the_others_are_written():
    first = [claim("a", claimed_at=clock.now())]
    both = [claim("a", claimed_at=clock.now()), claim("b", claimed_at=clock.now())]

    written = [upserts.insert_missing(first), upserts.insert_missing(both)]

    assert written == [1, 1]
    assert sorted(BonusClaim.objects.values_list("fingerprint", flat=True)) == ["a", "b"]


def test_insert_missing_when_a_value_is_lacking_then_refused_and_nothing_is_written():
    with pytest.raises(ValueError, match="claimed_at"):
        upserts.insert_missing([claim("a", claimed_at=clock.now()), claim("b")])

    assert not BonusClaim.objects.exists()


def test_insert_missing_when_there_are_none_then_nothing_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert upserts.insert_missing([]) == 0
