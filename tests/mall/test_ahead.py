"""What is made meanwhile: in order, in the caller's language, and over when its reader is."""

import threading
from datetime import UTC, datetime

import pytest
from django.utils import translation

from mall.core import clock
from mall.core.ahead import ahead


def test_ahead_when_one_is_worked_on_then_the_next_is_being_made():
    made = [threading.Event() for _ in range(3)]

    def items():
        for number, event in enumerate(made):
            event.set()
            yield number

    with ahead(items()) as each:
        assert next(each) == 0
        assert made[1].wait(10)
        assert not made[2].is_set()  # one, not all of them
        assert list(each) == [1, 2]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_ahead_when_made_then_with_the_callers_language_and_clock(language):
    then = datetime(2026, 3, 1, tzinfo=UTC)
    told = ((translation.get_language(), clock.now()) for _ in range(2))

    with translation.override(language), clock.at(then), ahead(told) as each:
        assert list(each) == [(language, then)] * 2


def test_ahead_when_making_fails_then_the_reader_hears_of_it_in_its_place():
    def items():
        yield 1
        raise LookupError("gone")

    with ahead(items()) as each:
        assert next(each) == 1
        with pytest.raises(LookupError):
            next(each)


def test_ahead_when_its_reader_fails_then_nothing_is_being_made_any_more():
    makers = []

    def items():
        while True:
            makers.append(threading.current_thread())
            yield

    with pytest.raises(LookupError), ahead(items()) as each:
        next(each)
        raise LookupError

    assert not makers[0].is_alive()
    assert len(makers) <= 2
