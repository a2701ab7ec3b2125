"""Facts that earn at once: a complete profile, a birthday, a published review; each as often as its
rule says.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.contrib.auth import get_user_model
from django.urls import reverse

from accounts.profile import change_profile, missing_from, tell_when_complete
from marketing.facts import congratulate
from marketing.models import Notification
from points.models import LedgerEntry
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

BORN = date(1995, 5, 20)


@pytest.fixture(autouse=True)
def friday():
    with time_machine.travel("2026-11-20T12:00:00+08:00", tick=False) as travelled:
        yield travelled


def entries_of(member, rule):
    return list(
        LedgerEntry.objects.filter(account_id=member.pk, rule=rule)
        .order_by("id")
        .values_list("key", "delta")
    )


def verify(member):
    EmailAddress.objects.filter(user=member).update(verified=True)


# --- profile ---------------------------------------------------------------------
def test_profile_when_nothing_is_missing_any_more_then_paid_once(member):
    verify(member)
    change_profile(member, nickname="小满")
    assert entries_of(member, "profile") == []

    change_profile(member, birthday=BORN)
    change_profile(member, nickname="大满")
    change_profile(member, nickname="")
    change_profile(member, nickname="小满")

    assert entries_of(member, "profile") == [("profile", 30)]
    assert Notification.objects.filter(user=member, kind="profile_completed").count() == 1


def test_profile_when_the_email_is_not_verified_then_waits_for_it(member):
    change_profile(member, nickname="小满", birthday=BORN)
    assert entries_of(member, "profile") == []
    assert [str(part) for part in missing_from(get_user_model().objects.get(pk=member.pk))] != []

    verify(member)
    tell_when_complete(get_user_model().objects.get(pk=member.pk))

    assert entries_of(member, "profile") == [("profile", 30)]


def test_profile_when_the_email_is_confirmed_by_its_link_then_paid(client, member):
    change_profile(member, nickname="小满", birthday=BORN)
    address = EmailAddress.objects.get(user=member)
    client.force_login(member)
    client.post(reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key]))

    assert EmailAddress.objects.get(user=member).verified
    assert entries_of(member, "profile") == [("profile", 30)]


# --- birthdays ---------------------------------------------------------------------
def born_on(member, birthday):
    """A member of long ago with a birthday."""
    get_user_model().objects.filter(pk=member.pk).update(
        birthday=birthday, date_joined=datetime(2020, 1, 1, tzinfo=UTC)
    )


def test_congratulate_when_it_is_the_day_then_once_with_a_kind_word(member, friday):
    born_on(member, date(1990, 11, 20))

    assert congratulate() == 1
    assert congratulate() == 0

    assert entries_of(member, "birthday") == [("birthday:2026-11-20", 200)]
    assert Notification.objects.get(user=member, kind="birthday").params == {"points": 200}


@pytest.mark.parametrize("said_on", [20, 21, 22])
def test_congratulate_when_said_on_the_day_or_after_then_only_the_next_birthday_pays(
    member, friday, said_on
):
    get_user_model().objects.filter(pk=member.pk).update(
        date_joined=datetime(2020, 1, 1, tzinfo=UTC)
    )
    friday.move_to(f"2026-11-{said_on}T09:00:00+08:00")
    change_profile(member, birthday=date(1990, 11, 20))

    this_year = congratulate()
    friday.move_to("2027-11-20T09:00:00+08:00")

    assert (this_year, congratulate()) == (0, 1)


def test_congratulate_when_said_the_day_before_then_paid(member, friday):
    friday.move_to("2026-11-19T09:00:00+08:00")
    change_profile(member, birthday=date(1990, 11, 20))
    friday.move_to("2026-11-20T09:00:00+08:00")

    assert congratulate() == 1


def test_congratulate_when_it_is_another_day_then_nothing(member):
    born_on(member, date(1990, 11, 21))

    assert congratulate() == 0


def test_congratulate_when_the_shop_was_off_then_two_days_late_and_the_next_year_still_once(
    member, friday
):
    born_on(member, date(1990, 11, 18))

    assert congratulate() == 1
    years = []
    weeks, every_day_around = range(1, 740, 7), [*range(1, 5), *range(358, 370), *range(722, 737)]
    for day in sorted({*weeks, *every_day_around}):
        friday.move_to(datetime(2026, 11, 20, 4, tzinfo=UTC) + timedelta(days=day))
        if congratulate():
            years.append(day)

    keys = [key for key, _points in entries_of(member, "birthday")]
    assert keys == ["birthday:2026-11-18", "birthday:2027-11-18", "birthday:2028-11-18"]
    assert [later - earlier >= 365 for earlier, later in zip([0, *years], years, strict=False)] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("day", "presents"),
    [("2027-02-27", 0), ("2027-02-28", 1), ("2028-02-28", 0), ("2028-02-29", 1)],
)
def test_congratulate_when_born_on_a_leap_day_then_the_28th_in_other_years(
    member, friday, day, presents
):
    born_on(member, date(1992, 2, 29))
    friday.move_to(f"{day}T12:00:00+08:00")

    assert congratulate() == presents


def test_congratulate_when_the_birthday_is_corrected_then_not_twice_within_a_year(member, friday):
    born_on(member, date(1990, 11, 20))
    congratulate()
    born_on(member, date(1990, 12, 1))
    friday.move_to("2026-12-01T12:00:00+08:00")

    assert congratulate() == 0
    assert entries_of(member, "birthday") == [("birthday:2026-11-20", 200)]


def test_congratulate_when_the_account_is_closed_then_nothing(member):
    born_on(member, date(1990, 11, 20))
    get_user_model().objects.filter(pk=member.pk).update(is_active=False)

    assert congratulate() == 0


# --- the word at the door --------------------------------------------------------------
def test_sign_in_when_the_first_of_the_day_then_a_toast_says_what_it_gave(client, member):
    client.cookies["mall_language"] = "en"

    first = client.post(
        reverse("account_login"), {"login": "member", "password": PASSWORD}, follow=True
    )
    client.logout()
    client.cookies["mall_language"] = "en"
    second = client.post(
        reverse("account_login"), {"login": "member", "password": PASSWORD}, follow=True
    )

    assert "10 points for coming by today." in first.content.decode()
    assert "for coming by today" not in second.content.decode()
