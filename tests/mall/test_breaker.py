"""Who waits for a database that does not answer: one, and then nobody for a while."""

import pytest

pytest.importorskip("MySQLdb")

from MySQLdb import OperationalError

from mall.database.mysql.breaker import KNOCK_SECONDS, REST_SECONDS, Breaker


def knock(breaker, clock, *, seconds=0.0, code=None):
    with breaker.knocking():
        clock.now += seconds
        if code:
            raise OperationalError(code, "said")


class Clock:
    """``time.monotonic`` that goes only when told."""

    now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("mall.database.mysql.breaker.time", clock)
    return clock


def test_breaker_when_somebody_waited_in_vain_then_nobody_asks_and_after_the_rest_one_alone(clock):
    breaker = Breaker("default")

    with pytest.raises(OperationalError, match="said"):
        knock(breaker, clock, seconds=1, code=2013)
    with pytest.raises(OperationalError, match="a moment ago"):
        knock(breaker, clock)
    clock.now += REST_SECONDS
    with breaker.knocking(), pytest.raises(OperationalError, match="a moment ago"):
        knock(breaker, clock)

    assert breaker.open_until == 0
    knock(breaker, clock)


def test_breaker_when_a_question_was_in_vain_then_the_next_knocks_alone_and_no_old_link_tells(
    clock,
):
    breaker = Breaker("default")

    started = clock.now
    clock.now += 2
    breaker.note(OperationalError(2013, "said"), started)
    with pytest.raises(OperationalError, match="said"):
        knock(breaker, clock, code=2006)

    with breaker.knocking(), pytest.raises(OperationalError, match="a moment ago"):
        knock(breaker, clock)


@pytest.mark.parametrize(("seconds", "code"), [(0, 2002), (1, 1040), (0, 2013)])
def test_breaker_when_the_server_says_no_or_is_gone_at_once_then_everybody_asks(
    clock, seconds, code
):
    breaker = Breaker("default")

    with pytest.raises(OperationalError, match="said"):
        knock(breaker, clock, seconds=seconds, code=code)

    assert breaker.open_until == 0
    assert KNOCK_SECONDS > REST_SECONDS
