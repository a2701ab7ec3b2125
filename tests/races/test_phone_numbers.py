"""One number proved, or one person of WeChat told, in several places at the same moment."""

import pytest

from accounts import phone_numbers
from accounts.models import BonusClaim, PhoneNumber, User
from accounts.registration import register
from tests.factories.accounts import PASSWORD

NUMBER = "13812345678"
pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]


def test_welcome_when_a_number_is_proved_in_five_places_then_one_member(run_threads):
    outcomes = run_threads(5, lambda: phone_numbers.welcome(NUMBER, language="en"))

    member = User.objects.get()
    assert sorted(is_new for _, is_new in outcomes) == [False] * 4 + [True]
    assert {user.pk for user, _ in outcomes} == {member.pk}
    assert (PhoneNumber.objects.count(), BonusClaim.objects.count()) == (1, 1)


def test_attach_when_two_members_prove_one_number_then_one_has_it(run_threads):
    members = [register(f"m{at}", f"m{at}@example.com", PASSWORD) for at in range(2)]

    outcomes = run_threads(2, lambda at: phone_numbers.attach(members[at], NUMBER))

    refused = [one for one in outcomes if isinstance(one, phone_numbers.NumberTaken)]
    assert (len(refused), outcomes.count(None)) == (1, 1)
    assert PhoneNumber.objects.get().user in members
