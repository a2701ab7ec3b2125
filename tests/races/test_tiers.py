"""Points that arrive at once and cross a threshold together: the tier rises, and every point is
counted once.
"""

import pytest

from points import rules, tiers
from points.models import MemberTier
from tests.factories.points import member_with

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("closed_books"),
]


def award(member, number, points=1):
    return rules.award(
        member.pk, "mission", key=f"mission:{number}", amount=points, reference=f"mission:{number}"
    )


def test_award_when_two_cross_the_threshold_at_once_then_one_rise_and_both_count(run_threads):
    for _ in range(5):
        member = member_with()
        award(member, 0, 499)

        run_threads(2, lambda n, member=member: award(member, n + 1))

        assert list(MemberTier.objects.filter(pk=member.pk).values_list("level", "earned")) == [
            (2, 501)
        ]


def test_award_when_many_arrive_beside_the_nightly_look_then_nothing_is_lost(run_threads):
    member = member_with()
    award(member, 0, 490)

    def act(n):
        return tiers.reassess(member.pk) if n % 3 == 0 else award(member, n)

    run_threads(15, act)

    assert list(MemberTier.objects.filter(pk=member.pk).values_list("level", "earned")) == [
        (2, 500)
    ]


def test_reassess_due_when_four_run_at_once_then_each_member_has_one_row(run_threads):
    from points import ledger

    members = [member_with() for _ in range(6)]
    for member in members:
        ledger.accrue(member.pk, points=500, key="imported")

    run_threads(4, lambda: tiers.reassess_due())

    assert list(MemberTier.objects.values_list("level", "earned")) == [(2, 500)] * 6
