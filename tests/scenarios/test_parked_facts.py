"""Rows of facts in any order, each told twice, with one that could not be heard and was made up for
by hand: the same is left as when they were heard as they happened (points/event_delivery.py).
"""

from contextlib import contextmanager
from functools import wraps

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mall.core import events
from points import event_delivery
from points.models import Parked, PointAccount
from tests.scenarios.books import books_close
from tests.scenarios.evening import standing

pytestmark = pytest.mark.django_db
MANY = [pytest.mark.long, pytest.mark.once(on="sqlite"), pytest.mark.timeout(1800)]
MORNING = 9 * 60  # minutes after the evening began; the rules and missions of then have changed


@contextmanager
def failing(fact, number):
    """Let one of those who listen to a fact fail whenever that fact comes, under its own name."""
    page = events.listeners[fact.kind]
    listener = page[number]

    @wraps(listener)
    def fail(heard):
        if any((one.reference, one.at) == (fact.reference, fact.at) for one in heard):
            raise ValueError(fact.reference)
        listener(heard)

    page[number] = fail
    try:
        yield
    finally:
        page[number] = listener


def hear_all(member, at):
    """Deliver until nothing waits, each time when the next try is due."""
    for minute in range(1, 4 * event_delivery.TRIES):
        at(MORNING + minute)
        event_delivery.deliver(member.pk)
        if PointAccount.objects.get(pk=member.pk).hear_at is None:
            return
    raise AssertionError("something waits for ever")


def make_up():
    """Have all that is parked heard after all, and try to do so once more."""
    parked = list(Parked.objects.order_by("pk"))
    return [event_delivery.make_up_for(one) for one in parked + parked]


@pytest.mark.parametrize("examples", [3, pytest.param(200, marks=MANY)])
def test_facts_when_told_twice_in_any_order_and_one_was_parked_then_the_same_rows(
    evenings, at, heard_later, examples
):
    oracle, member, told = evenings
    can_fail = [(fact, n) for fact in told for n in range(len(events.listeners[fact.kind]))]

    @settings(
        max_examples=examples,
        phases=[Phase.generate],  # each example is a hundred deliveries: none is made smaller
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.permutations([*range(len(told))] * 2), st.sampled_from(can_fail))
    def in_this_order(order, broken):
        at(MORNING)
        with transaction.atomic():
            events.tell(*(told[number] for number in order))
            with failing(*broken):
                hear_all(member, at)
            made_up = make_up()
            found = standing(member)
            transaction.set_rollback(True)
        assert made_up == [True, True, False, False]
        assert found == oracle, broken

    in_this_order()
    books_close()
