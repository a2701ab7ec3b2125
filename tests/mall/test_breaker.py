"""Who waits for a database that does not answer: one, and then nobody for a while."""

from contextlib import closing

import pytest
from django.db import connection

pytest.importorskip("MySQLdb")

import MySQLdb
from MySQLdb import OperationalError

from mall.database.mysql.base import ANSWERED_SECONDS
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


# --- a link that is believed ------------------------------------------------------------
@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_link_when_the_server_answered_a_moment_ago_then_it_is_not_asked_again():
    questions = "SHOW SESSION STATUS LIKE 'Questions'"

    def asked():
        with connection.cursor() as cursor:
            cursor.execute(questions)
            return int(cursor.fetchone()[1])

    before = asked()
    believed = [connection.is_usable() for _time in range(3)]
    between = asked()
    connection.answered_at -= ANSWERED_SECONDS
    asked_for = connection.is_usable()

    assert (believed, between - before) == ([True] * 3, 1)
    assert (asked_for, asked() - between) == (True, 2)


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_link_when_the_server_ended_it_a_moment_ago_then_another_is_made():
    with connection.cursor() as cursor:
        cursor.execute("SELECT CONNECTION_ID()")
        [own] = cursor.fetchone()
    with closing(MySQLdb.connect(**connection.get_connection_params())) as other:
        other.query(f"KILL {own}")
        connection._hears(10)  # the server says goodbye when it gets to it

    is_usable = connection.is_usable()
    connection.close_if_unusable_or_obsolete()

    assert is_usable is False
    with connection.cursor() as cursor:
        cursor.execute("SELECT CONNECTION_ID()")
        assert cursor.fetchone() != (own,)
