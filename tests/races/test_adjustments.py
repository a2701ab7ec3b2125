"""What one colleague may correct alone in a day, asked through many doors at once for different
members.
"""

import pytest

from points import adjustments, batches
from points.models import Adjustment, PointsPolicy
from tests.factories.points import member_with
from tests.scenarios.books import books_close

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

DOORS = 12


@pytest.fixture
def clerk():
    return clerk_with()


@pytest.fixture(autouse=True)
def a_thousand_a_day():
    PointsPolicy.objects.update_or_create(pk=1, defaults={"adjust_alone_day_max": 1_000})


def clerk_with():
    user = member_with()
    user.is_staff = user.is_superuser = True
    user.save()
    return user


def alone():
    posted = Adjustment.objects.filter(status=Adjustment.Status.POSTED, decided_by=None)
    return sum(abs(points) for points in posted.values_list("points", flat=True))


def faults(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, BaseException)]


def test_ask_when_one_colleague_gives_to_many_members_at_once_then_the_day_total_holds(
    clerk, run_threads, deadlocks
):
    members = [member_with(100) for _ in range(DOORS)]

    def ask(number):
        ticket = f"race:{number}"
        return adjustments.ask(
            members[number].pk, points=300, ticket=ticket, operator=clerk, note="why"
        ).status

    outcomes = run_threads(DOORS, ask)

    assert faults(outcomes) == []
    assert sorted(outcomes) == ["posted"] * 3 + ["waiting"] * (DOORS - 3)
    assert (alone(), deadlocks()) == (900, 0)
    books_close()


def test_post_when_files_and_single_ones_meet_then_the_day_total_holds(
    clerk, run_threads, deadlocks
):
    members = [member_with(1_000), *(member_with(100) for _ in range(DOORS - 1))]
    files = []
    for number, member in enumerate(members[::2]):
        content = (
            f"member,points,reason\n{member.username},200,Contest "
            f"{number}\n{members[0].username},-100,Mistake\n"
        )
        files.append(
            batches.look_over(content.encode(), name=f"{number}.csv", note="why", operator=clerk)
        )

    def post(number):
        if number % 2:
            return adjustments.ask(
                members[number].pk, points=300, ticket=f"race:{number}", operator=clerk, note="why"
            ).status
        try:
            return batches.post(files[number // 2], operator=clerk).status
        except batches.ColleagueNeeded as refusal:
            return refusal.code

    outcomes = run_threads(DOORS, post)

    assert faults(outcomes) == []
    assert (outcomes.count("posted"), alone(), deadlocks()) == (3, 900, 0)
    books_close()


def test_ask_when_colleagues_correct_each_other_at_once_then_nobody_waits_for_ever(
    run_threads, deadlocks
):
    first, second = clerk_with(), clerk_with()
    pairs = [(first, second), (second, first)]

    def ask(number):
        clerk, member = pairs[number % 2]
        return adjustments.ask(
            member.pk, points=10, ticket=f"race:{number}", operator=clerk, note="why"
        ).status

    outcomes = run_threads(DOORS, ask)

    assert outcomes == ["posted"] * DOORS
    assert deadlocks() == 0
    books_close()
