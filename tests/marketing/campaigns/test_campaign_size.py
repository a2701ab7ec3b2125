"""A campaign over 200,000 members, really run: drawn, given and read, with what that costs."""

import resource
import time

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count, Sum

from marketing.campaigns import gifts, report, sweep
from marketing.models import Campaign, CampaignMember, MemberTag, Notification
from points import account_rows, budgets
from points.models import LedgerEntry, PointAccount
from tests.factories import crowd
from tests.factories.campaigns import TAG, started

pytestmark = [
    pytest.mark.long,
    pytest.mark.mariadb,
    pytest.mark.timeout(3600),
    pytest.mark.django_db(transaction=True),
]
MEMBERS, BATCH = 200_000, 10_000
MOST_MEGABYTES = 300  # beside what the process had before


@pytest.fixture
def everybody():
    """200,000 members with an account of points and a tag."""
    user = get_user_model()
    crowd.fill({user: MEMBERS})
    ids = list(user.objects.filter(pk__gt=crowd.FIRST).values_list("pk", flat=True))
    for start in range(0, MEMBERS, BATCH):
        some = ids[start : start + BATCH]
        account_rows.open_accounts(some)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO marketing_membertag (user_id, tag, actor, given_at) SELECT id, %s, "
                f"'test', NOW() FROM {user._meta.db_table} WHERE id BETWEEN %s AND %s",
                [TAG, some[0], some[-1]],
            )
    for model in (user, MemberTag, PointAccount):
        crowd.analyze([model])


def timed(what, act):
    """Return what ``act`` returns; say what it took."""
    wall, own = time.monotonic(), time.process_time()
    result = act()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    wall, own = time.monotonic() - wall, time.process_time() - own
    print(f"{what}: {wall:.1f} s, {own:.1f} s of own CPU, {megabytes} MB")  # noqa: T201
    return result


def all_of(verb, campaign):
    return sweep._all_of(verb, campaign.pk)


def test_carry_on_when_two_hundred_thousand_take_part_then_all_are_drawn_and_given_once(everybody):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    campaign = started(budget_points=10 * MEMBERS, goal="back_7")

    drawn = timed("draw", lambda: all_of(sweep.draw_batch, campaign))
    given = timed("give", lambda: all_of(gifts.give_batch, campaign))
    again = timed("nothing left", sweep.carry_on)

    members = CampaignMember.objects.filter(campaign=campaign)
    states = dict(members.order_by().values_list("state").annotate(number=Count("pk")))
    assert drawn == MEMBERS
    assert states == {"given": given, "held_out": MEMBERS - given}
    assert abs(given - 0.8 * MEMBERS) < 1000  # five standard deviations and a half
    assert again == {"drawn": 0, "given": 0, "read": 0}
    entries = LedgerEntry.objects.filter(key=campaign.reference)
    assert entries.aggregate(n=Count("pk"), points=Sum("delta")) == {
        "n": given,
        "points": given * 10,
    }
    assert Notification.objects.filter(key=campaign.reference).count() == given
    assert budgets.of(campaign.budget_code).taken == given * 10
    said = timed("report", lambda: report.of(Campaign.objects.get(pk=campaign.pk)))
    assert (said.treated, said.held_out) == (given, MEMBERS - given)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    assert grown < MOST_MEGABYTES
