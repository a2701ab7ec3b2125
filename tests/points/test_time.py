"""T18 and trap 11: midnight in Shanghai, ends of months, the leap day, clocks that step back."""

import io
import time
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command

from mall import verification
from mall.core import clock
from points import balance, errors, expiry, ledger, rules, validity
from points.models import LedgerEntry, PointAccount
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db


def shanghai(*when):
    return datetime(*when, tzinfo=clock.SHOP_ZONE)


def available(member):
    return PointAccount.objects.get(pk=member.pk).available


@pytest.fixture(autouse=True)
def _books_close():
    yield
    assert verification.verify() == []


@pytest.fixture
def server_in(monkeypatch):
    """server_in(zone): let the process live in another zone."""

    def move(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("earned", "good_until"),
    [
        (date(2026, 11, 20), date(2027, 11, 30)),
        (date(2026, 11, 30), date(2027, 11, 30)),
        (date(2026, 12, 1), date(2027, 12, 31)),
        (date(2027, 2, 1), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2026, 1, 31), date(2027, 1, 31)),
    ],
)
def test_standard_when_earned_on_a_day_then_good_until_the_months_end_twelve_months_on(
    earned, good_until
):
    assert validity.standard(earned) == good_until


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT+12", "Asia/Shanghai"])
@pytest.mark.parametrize(
    "last_day",
    [date(2027, 4, 30), date(2027, 1, 31), date(2028, 2, 29), date(2027, 2, 28), date(2027, 3, 29)],
)
def test_spend_when_the_last_day_ends_in_shanghai_then_points_die_at_that_midnight(
    last_day, zone, server_in
):
    """Trap 11: expired points leave the balance at the right hour, whatever zone the server lives
    in.
    """
    server_in(zone)
    with time_machine.travel(shanghai(2027, 1, 1, 12), tick=False):
        member = member_with(50, expires_on=last_day)
    midnight = clock.end_of(last_day)

    with time_machine.travel(midnight - timedelta(microseconds=1), tick=False):
        assert balance.of(member).available == 50
        ledger.spend(member.pk, points=10, key="last second", reference="order:A")
    with time_machine.travel(midnight, tick=False):
        assert balance.of(member).available == 0
        with pytest.raises(errors.InsufficientPoints):
            ledger.spend(member.pk, points=1, key="first second", reference="order:B")
        expiry.expire_due()

    assert available(member) == 0
    expired = LedgerEntry.objects.get(account_id=member.pk, kind="expire")
    assert (expired.delta, expired.biz_date, expired.alloc) == (
        -40,
        last_day + timedelta(days=1),
        {"lots": [[last_day.isoformat(), -40]]},
    )


def test_award_when_seconds_around_midnight_then_two_days_earn_twice():
    member = member_with()
    for instant in (shanghai(2026, 11, 20, 23, 59, 59, 999999), shanghai(2026, 11, 21, 0, 0, 0)):
        with time_machine.travel(instant, tick=False):
            rules.award(member.pk, "login", key=f"login:{clock.today()}")

    days = (
        LedgerEntry.objects.filter(account_id=member.pk)
        .order_by("seq")
        .values_list("key", "biz_date")
    )
    assert list(days) == [
        ("login:2026-11-20", date(2026, 11, 20)),
        ("login:2026-11-21", date(2026, 11, 21)),
    ]


@pytest.mark.parametrize("back", [timedelta(hours=2), timedelta(hours=25), timedelta(days=40)])
def test_award_when_the_clock_steps_back_then_no_day_is_opened_again(back):
    member = member_with()
    moment = shanghai(2028, 3, 1, 0, 30)
    for instant in (moment, moment - back, moment + timedelta(minutes=1)):
        with time_machine.travel(instant, tick=False):
            rules.award(member.pk, "login", key=f"login:{clock.today()}")

    assert available(member) == 10
    assert PointAccount.objects.get(pk=member.pk).day == date(2028, 3, 1)


def test_spend_when_the_clock_steps_back_then_the_entry_keeps_the_later_day():
    with time_machine.travel(shanghai(2026, 11, 20, 12), tick=False):
        member = member_with(100)
    with time_machine.travel(shanghai(2026, 11, 19, 12), tick=False):
        entry = ledger.spend(member.pk, points=10, key="s", reference="order:A")

    assert entry.biz_date == date(2026, 11, 20)


def test_award_when_the_leap_day_comes_then_it_is_a_day_like_others():
    member = member_with()
    for day in (28, 29):
        with time_machine.travel(shanghai(2028, 2, day, 12), tick=False):
            rules.award(member.pk, "login", key=f"login:{clock.today()}")

    assert PointAccount.objects.get(pk=member.pk).lots == [["2029-02-28", 20]]


# --- the sweep ---------------------------------------------------------------


def test_expire_due_when_run_twice_then_points_die_once():
    with time_machine.travel(shanghai(2026, 11, 1, 12)):
        members = [member_with(10 * n, expires_on=date(2026, 11, 10 + n)) for n in range(1, 5)]
    with time_machine.travel(shanghai(2026, 11, 13, 0, 10)):
        first, second = expiry.expire_due(), expiry.expire_due()

    assert (first, second) == (expiry.Swept(2, 30), expiry.Swept(0, 0))
    assert [available(member) for member in members] == [0, 0, 30, 40]


def test_expire_due_when_accounts_fill_several_batches_then_all_are_swept(monkeypatch):
    monkeypatch.setattr(expiry, "BATCH", 3)
    members = [member_with(10, expires_on=clock.today() + timedelta(days=n % 2)) for n in range(10)]

    swept = expiry.expire_due(clock.today() + timedelta(days=5))

    assert swept == expiry.Swept(10, 100)
    assert [available(member) for member in members] == [0] * 10


def test_expire_points_when_asked_as_of_a_later_day_then_the_members_days_go_on_as_before(capsys):
    member = member_with(10, expires_on=clock.today())
    ledger.accrue(member.pk, points=7, key="later")

    call_command("expire_points", "--as-of", (clock.today() + timedelta(days=30)).isoformat())

    assert capsys.readouterr().out.strip() == "1 accounts, 10 points expired"
    assert (available(member), PointAccount.objects.get(pk=member.pk).day) == (7, clock.today())
    assert rules.award(member.pk, "login", key=f"login:{clock.today()}").biz_date == clock.today()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_expire_points_when_a_later_day_is_asked_at_a_terminal_then_only_after_yes(
    capsys, monkeypatch
):
    member = member_with(10, expires_on=clock.today())
    later = (clock.today() + timedelta(days=30)).isoformat()

    monkeypatch.setattr("sys.stdin", Terminal("no\n"))
    with pytest.raises(CommandError, match="Nothing was expired"):
        call_command("expire_points", "--as-of", later)
    kept = available(member)
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    call_command("expire_points", "--as-of", later)

    assert "1 members would lose" in capsys.readouterr().out
    assert (kept, available(member)) == (10, 0)


def test_expire_points_when_asked_twice_as_of_a_later_day_then_later_lots_die_too(capsys):
    later = clock.today() + timedelta(days=30)
    member = member_with(10, expires_on=clock.today())
    expiry.expire_due(later)
    ledger.accrue(member.pk, points=7, key="again", expires_on=clock.today() + timedelta(days=1))

    assert expiry.expire_due(later) == expiry.Swept(1, 7)

    with time_machine.travel(clock.end_of(later), tick=False):
        assert expiry.expire_due() == expiry.Swept(0, 0)
