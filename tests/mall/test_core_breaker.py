"""Whoever does not answer is left alone for a while (mall/core/breaker.py)."""

import pytest

from mall.core.breaker import SILENT_IN_A_ROW, Breaker


class Silent(Exception):
    pass


class Refused(Exception):
    """An answer, if no kind one."""


def ask(breaker, error=None):
    """Return whether anybody was asked."""
    asked = False
    try:
        with breaker.watching():
            asked = True
            if error:
                raise error
    except (Silent, Refused):
        pass
    return asked


@pytest.mark.parametrize("answer", [None, Refused()])
def test_watching_when_an_answer_comes_in_between_then_asked_on(answer):
    breaker = Breaker("somebody", Silent)

    asked = [ask(breaker, error) for _n in range(SILENT_IN_A_ROW) for error in (Silent(), answer)]

    assert asked == [True] * 2 * SILENT_IN_A_ROW


def test_watching_when_nobody_answers_in_a_row_then_left_alone_until_closed():
    breaker = Breaker("somebody", Silent)

    asked = [ask(breaker, Silent()) for _n in range(SILENT_IN_A_ROW + 2)]
    breaker.close()

    assert asked == [True] * SILENT_IN_A_ROW + [False] * 2
    assert ask(breaker)
