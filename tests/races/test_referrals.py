"""Twenty at once settle one referral, or pay for one inviter: nothing is paid twice, and no more
than a month has.
"""

import pytest
import time_machine

from mall.core import clock
from marketing.models import Referral
from marketing.referral import referrals
from points import budgets, rules
from points.models import LedgerEntry, Rule
from tests.factories.accounts import MemberFactory
from tests.factories.referrals import WINDOW_OVER, arrived, invited
from tests.races.test_checkout import patiently

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
THREADS = 20


def paid(*users):
    entries = LedgerEntry.objects.filter(
        rule__in=("referral", "referred"), account_id__in=[one.pk for one in users]
    )
    return sorted(entries.values_list("account_id", "delta"))


def test_settle_when_twenty_do_it_at_once_then_each_is_paid_once_and_the_month_holds(
    run_threads, closed_books
):
    rule = Rule.objects.get(code="referral")
    few = {**rules.numbers_of(rule.versions.first()), "per_day": 2, "per_week": 2, "per_month": 2}
    rules.publish(rule, actor="test", **few)
    inviter = MemberFactory()
    friends = [invited(inviter, f"friend{number}") for number in range(3)]
    for friend in friends:
        arrived(friend)
    rows = list(Referral.objects.order_by("pk").values_list("pk", flat=True))

    with time_machine.travel(clock.now() + WINDOW_OVER, tick=True):
        outcomes = run_threads(
            THREADS,
            lambda n: patiently(lambda: referrals.settle(rows[n % 3], as_of=clock.now())).status,
        )

    assert {str(outcome) for outcome in outcomes} == {"paid", "void"}
    assert sorted(Referral.objects.values_list("status", flat=True)) == ["paid", "paid", "void"]
    assert paid(inviter) == [(inviter.pk, 200)] * 2
    assert paid(*friends) == [(friend.pk, 100) for friend in friends]
    assert budgets.of("referral").taken == 700
