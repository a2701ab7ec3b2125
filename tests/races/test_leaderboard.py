"""Scores drawn by several at once while points arrive; and who is let into a flash sale early."""

from datetime import timedelta

import pytest

from mall.verification.leaderboards import verify_leaderboards
from marketing.leaderboard import counting
from marketing.models import BoardScore
from orders.errors import FlashNotStarted
from orders.models import FlashClaim
from points import rules
from tests.factories import flash as factory
from tests.factories.flash import grab
from tests.factories.points import in_tier, member_with

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("closed_books"),
]


def test_count_when_many_count_while_points_arrive_then_each_score_is_its_entries(run_threads):
    members = [member_with() for _ in range(3)]

    def act(n):
        member = members[n % 3]
        if n % 2:
            key = f"mission:{n}"
            rules.award(member.pk, "mission", key=key, amount=10, reference=key)
        counting.count_members([one.pk for one in members])
        counting.take_part(members[0].pk, n % 4 != 0)

    outcomes = run_threads(12, act)
    counting.take_part(members[0].pk, True)
    counting.count_due()

    assert [one for one in outcomes if one is not None] == []
    assert verify_leaderboards() == []
    points = BoardScore.objects.filter(board__period="week").values_list("user", "points")
    assert dict(points) == {one.pk: 20 for one in members}


def test_redeem_when_tiers_rush_before_the_beginning_then_only_who_is_let_in(run_threads):
    item = factory.item(stock=4, of=factory.session(starts_in=timedelta(minutes=20)))
    rushers = [in_tier(member_with(1_000), 5 if n % 2 else 4) for n in range(12)]

    outcomes = run_threads(12, lambda n: grab(rushers[n], item, key="rush"))

    owners = set(FlashClaim.objects.values_list("user", flat=True))
    assert len(owners) == 4
    assert owners <= {one.pk for one in rushers[1::2]}
    assert all(isinstance(outcomes[n], FlashNotStarted) for n in range(0, 12, 2))
