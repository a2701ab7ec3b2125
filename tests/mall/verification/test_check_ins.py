"""Check-ins against the calendar and the ledger: what is wrong is found, what is right is not."""

from datetime import timedelta

import pytest

from mall import verification
from mall.core import clock
from marketing.checkin import make_up, streak
from marketing.models import CheckIn, OutageDay
from tests.factories.marketing import CheckInFactory

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)


def checks():
    return [(finding.check, finding.expected, finding.found) for finding in verification.verify()]


def test_verify_when_check_ins_are_right_or_wrong_then_only_the_wrong_are_found(member):
    today = clock.today()
    member.date_joined -= timedelta(days=30)
    member.save()
    CheckInFactory(user=member, on=today - 3 * ONE_DAY, streak=4)
    OutageDay.objects.create(on=today - 2 * ONE_DAY, reason="Fire", drawn_at=clock.now())
    make_up.make_up(member, today - ONE_DAY)
    streak.check_in(member)
    assert checks() == []

    CheckIn.objects.filter(on=today).update(streak=9)
    CheckIn.objects.filter(on=today - ONE_DAY).delete()

    assert checks() == [
        (f"days in a row on {today}", "1", "9"),
        (f"points were paid to make {today - ONE_DAY} up", "a made-up day", "none"),
    ]
    OutageDay.objects.update(drawn_at=None)
    assert len(checks()) == 1  # streaks wait to be drawn
