"""Many hands at what is drawn by lot. On real MariaDB, with the server's deadlock counter read."""

import pytest

from mall.core import clock
from orders.errors import FlashOver
from orders.flash import lottery, registration
from orders.flash import sessions as flash_sessions
from orders.models import Lottery, Order, Registration
from points.models import PointAccount
from tests.factories.flash import item, session
from tests.races.test_checkout import members, patiently, raised

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("closed_books"),
]
RACERS, SWEEPS = 40, 4


def test_carry_on_when_it_meets_the_last_registrations_then_each_is_ranked_or_refused(run_threads):
    racers = members(RACERS)
    wanted = item(of=session(by_lot=True), stock=8, points=10)

    def act(number):
        if number < SWEEPS:
            # as at the end of the session, four beats at once
            lottery.draw(wanted.session_id, clock.now())
            return lottery.carry_on(wanted.session.ends_at)
        return patiently(lambda: registration.register(racers[number - SWEEPS], item=wanted.pk))

    outcomes = run_threads(RACERS + SWEEPS, act)

    refused = raised(outcomes, FlashOver)
    assert not [one for one in outcomes if isinstance(one, BaseException) and one not in refused]
    lottery.carry_on(wanted.session.ends_at)
    lived = Registration.objects.filter(withdrawn=0)
    assert lived.count() + len(refused) == RACERS
    won = min(8, lived.count())
    assert Order.objects.count() == lived.filter(state="won").count() == won
    held = PointAccount.objects.filter(pk__in=[user.pk for user in racers])
    assert set(held.values_list("held", flat=True)) == {0}
    assert Lottery.objects.get().registered == lived.count()
    flash_sessions.settle_due(wanted.session.ends_at)


def test_register_when_one_member_presses_16_times_then_one_lot_is_theirs(member, run_threads):
    wanted = item(of=session(by_lot=True), stock=2, points=10)

    outcomes = run_threads(
        16, lambda: patiently(lambda: registration.register(member, item=wanted.pk))
    )

    assert {one.number for one in outcomes} == {1}
    assert PointAccount.objects.get(pk=member.pk).held == 10
