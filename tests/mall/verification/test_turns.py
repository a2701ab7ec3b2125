"""What is over for long has its turn: what was tampered with is found on its night, or at once with
``full``.
"""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from mall import verification
from mall.core import clock
from mall.verification import turns
from marketing.models import Campaign, Draw
from orders.models import FlashSession, Lottery
from tests.factories.campaigns import started
from tests.factories.draws import announced
from tests.factories.flash import item, session

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def a_draw(over_at):
    draw = announced()
    Draw.objects.filter(pk=draw.pk).update(settled_at=over_at, closed_at=over_at, drawn=7)


def a_lottery(over_at):
    wanted = item(of=session(by_lot=True), stock=2, points=30)
    FlashSession.objects.filter(pk=wanted.session_id).update(settled_at=over_at)
    Lottery.objects.filter(pk=wanted.session_id).update(commitment="0" * 64)


def a_campaign(over_at):
    wrong = {"budget_yuan": 10, "spent_yuan": 5}
    Campaign.objects.filter(pk=started().pk).update(status="ended", ended_at=over_at, **wrong)


@pytest.mark.parametrize("tampered", [a_draw, a_lottery, a_campaign])
def test_verify_when_what_was_tampered_with_is_over_for_long_then_found_in_its_turn(tampered):
    tampered(clock.now() - turns.LATELY - DAY)
    nights = []

    for night in range(turns.TURNS):
        with time_machine.travel(clock.now() + night * DAY, tick=False):
            nights.append(len(verification.verify()))

    assert sorted(nights) == [0] * (turns.TURNS - 1) + [1]
    assert len(verification.verify(full=True)) == 1


@pytest.mark.parametrize("tampered", [a_draw, a_lottery, a_campaign])
def test_verify_when_it_was_over_lately_then_found_every_night(tampered):
    tampered(clock.now())

    for night in range(turns.LATELY.days):
        with time_machine.travel(clock.now() + night * DAY, tick=False):
            assert len(verification.verify()) == 1


def test_verify_ledger_when_asked_for_all_then_exits_1_for_what_has_its_turn_another_night():
    a_draw(clock.now() - turns.LATELY - DAY)
    share = Draw.objects.get().pk % turns.TURNS
    quiet = next(n for n in range(2) if (clock.today().toordinal() + n) % turns.TURNS != share)

    with time_machine.travel(clock.now() + quiet * DAY, tick=False):
        call_command("verify_ledger", stdout=io.StringIO())
        with pytest.raises(SystemExit):
            call_command("verify_ledger", "--full", stdout=io.StringIO())
