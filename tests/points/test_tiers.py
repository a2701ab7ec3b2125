"""Tiers: what counts, when they rise and fall, and what the doors say of them."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
import time_machine
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as some

from accounts.registration import register
from mall import verification
from mall.core import clock
from mall.core.models import AuditRow
from points import adjustments, expiry, grants, ladder, ledger, maturing, rules, tier_levels, tiers
from points.models import MemberTier, PointAccount, PointsPolicy, TierLevel
from points.tasks import reassess_tiers
from tests import pristine
from tests.factories.points import arrived, granted, member_with

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)  # noon in Shanghai
ONE_DAY = timedelta(days=1)
STEPS = [0, 500, 2_000, 6_000, 15_000]


@pytest.fixture
def travel():
    """travel(day, hour): let the shop stand at an hour of a shop day."""
    with time_machine.travel(NOON, tick=False) as traveller:
        PointsPolicy.objects.update(earned_per_day_max=1_000_000)

        def go(day, hour=12, minute=0, second=0):
            traveller.move_to(
                datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=clock.SHOP_ZONE)
            )

        yield go
    assert verification.verify() == []


@pytest.fixture
def member(travel):
    return member_with()


def earn(member, points, key):
    return rules.award(
        member.pk, "mission", key=f"mission:{key}", amount=points, reference=f"mission:{key}"
    )


def row_of(member):
    return MemberTier.objects.values_list("level", "since", "grace_until", "due_on", "earned").get(
        pk=member.pk
    )


def level_of(member):
    """Return the tier by the row; what is read must be what is written down."""
    level = MemberTier.objects.get(pk=member.pk).level
    assert tiers.standing_of(member.pk).tier.level == level
    return level


# --- the ladder ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("points", "level"),
    [(0, 1), (499, 1), (500, 2), (501, 2), (1_999, 2), (2_000, 3), (2_001, 3), (5_999, 3), (6_000,
    4), (6_001, 4),
     (14_999, 4), (15_000, 5), (15_001, 5), (10**9, 5)],
)  # fmt: skip
def test_assess_when_one_below_at_and_one_above_each_threshold_then_the_tier(points, level):
    assert ladder.assess(ladder.Place(), points, STEPS, on=FRIDAY).level == level


@pytest.mark.parametrize(
    ("credited", "last", "gone"),
    [
        (date(2026, 11, 20), date(2027, 11, 19), date(2027, 11, 20)),
        (date(2027, 3, 1), date(2028, 2, 29), date(2028, 3, 1)),
        (date(2028, 2, 28), date(2029, 2, 27), date(2029, 2, 28)),
        (date(2028, 2, 29), date(2029, 2, 28), date(2029, 3, 1)),
        (date(2027, 12, 31), date(2028, 12, 30), date(2028, 12, 31)),
    ],
)
def test_first_counted_when_a_year_ends_then_points_count_until_the_day_before(
    credited, last, gone
):
    assert ladder.leaves_on(credited) == gone
    assert ladder.first_counted(last) <= credited < ladder.first_counted(gone)


@given(some.dates(date(2020, 1, 1), date(2040, 12, 31)), some.integers(0, 800))
def test_first_counted_when_any_two_days_then_it_agrees_with_leaves_on(day, later):
    on = day + timedelta(days=later)

    assert (ladder.first_counted(on) <= day) == (on < ladder.leaves_on(day))


def test_assess_when_the_points_left_then_thirty_days_and_one_step_at_a_time():
    place = ladder.assess(ladder.Place(4, date(2026, 1, 1)), 0, STEPS, on=FRIDAY)
    assert place == ladder.Place(4, date(2026, 1, 1), date(2026, 12, 20))

    assert ladder.assess(place, 0, STEPS, on=date(2026, 12, 20)) == place
    assert ladder.assess(place, 6_000, STEPS, on=date(2026, 12, 20)) == ladder.Place(
        4, date(2026, 1, 1)
    )
    fallen = ladder.assess(place, 0, STEPS, on=date(2026, 12, 21))
    assert fallen == ladder.Place(3, date(2026, 12, 21), date(2027, 1, 20))
    assert ladder.assess(place, 2_000, STEPS, on=date(2026, 12, 21)) == ladder.Place(
        3, date(2026, 12, 21)
    )


# --- what counts -----------------------------------------------------------------
def test_award_when_it_reaches_a_threshold_then_the_tier_rises_with_the_very_points(member):
    levels = []
    for number, points in enumerate((499, 1, 1, 1_498, 1), 1):
        earn(member, points, number)
        levels.append(level_of(member))

    assert levels == [1, 2, 2, 2, 3]
    assert row_of(member) == (3, FRIDAY, None, date(2027, 11, 20), 2_000)


def test_award_when_reported_twice_or_refused_then_it_counts_once(member):
    for _report in range(2):
        earn(member, 499, 1)
    risky = PointAccount.Status.REVIEW
    ledger.freeze(member.pk, note="test", scope="earn")
    assert (earn(member, 5, 2), PointAccount.objects.get(pk=member.pk).status) == (None, risky)

    assert row_of(member)[4] == 499
    assert level_of(member) == 1


def test_standing_when_spent_held_returned_expired_or_adjusted_then_nothing_moves(member, travel):
    clerk = member_with()
    earn(member, 500, 1)
    before = row_of(member), tiers.standing_of(member.pk).credited

    ledger.spend(member.pk, points=100, key="s", reference="order:1")
    ledger.refund(member.pk, of_key="s", points=100, key="r", reference="order:1")
    for n in range(3):
        ledger.hold(member.pk, points=400, key=f"h{n}", reference="order:2", expires_at=clock.now())
        ledger.release(member.pk, hold_key=f"h{n}", key=f"b{n}")
    given_points = adjustments.ask(member.pk, points=4_000, ticket="t", operator=clerk, note="test")
    ledger.clawback(member.pk, of_key="adjust:t", points=4_000, key="undo", reference="batch:1")
    tiers.reassess(member.pk)

    assert given_points.status == "posted"
    assert (row_of(member), tiers.standing_of(member.pk).credited) == before
    assert PointAccount.objects.get(pk=member.pk).credited == 500 + 100 + 3 * 400 + 4_000
    rules.publish(
        rules.active("mission").rule,
        actor="test",
        value="given",
        validity="days",
        validity_days=1,
        per_day=50,
    )
    earn(member, 100, 2)
    travel(FRIDAY + 30 * ONE_DAY)
    expiry.expire_due()
    assert tiers.standing_of(member.pk).credited == 600


def test_award_when_a_debt_is_repaid_then_what_repaid_it_counts_too(member):
    earn(member, 300, 1)
    ledger.spend(member.pk, points=300, key="s", reference="order:1")
    ledger.clawback(member.pk, of_key="mission:1", points=300, key="c", reference="order:1")
    tiers.reassess(member.pk)
    assert (tiers.standing_of(member.pk).credited, row_of(member)[4]) == (0, 0)

    earn(member, 500, 2)

    assert PointAccount.objects.get(pk=member.pk).available == 200
    assert (level_of(member), row_of(member)[4]) == (2, 500)


def test_take_back_when_arrived_points_go_then_they_never_counted_and_grace_begins(member):
    arrived(member, yuan="600.00")
    assert (level_of(member), row_of(member)[4]) == (2, 600)

    for _report in range(2):
        grants.take_back(member.pk, reference="order:M1", share=Fraction(1, 2), key="refund:1")

    assert row_of(member) == (
        2,
        FRIDAY,
        FRIDAY + timedelta(days=30),
        FRIDAY + timedelta(days=31),
        300,
    )
    now = tiers.standing_of(member.pk)
    assert (now.credited, now.kept_until, now.missing_to_stay) == (
        300,
        FRIDAY + timedelta(days=30),
        200,
    )
    earn(member, 200, 1)
    assert row_of(member)[:3] == (2, FRIDAY, None)


def test_take_back_when_the_points_left_the_year_already_then_todays_sum_stays(member, travel):
    arrived(member, yuan="100.00")
    travel(date(2027, 11, 20))
    earn(member, 500, 1)

    grants.take_back(member.pk, reference="order:M1", share=Fraction(1), key="refund:1")

    assert (tiers.standing_of(member.pk).credited, row_of(member)[4], level_of(member)) == (
        500,
        500,
        2,
    )


def test_promise_when_points_are_on_the_way_then_they_count_when_they_arrive(member, travel):
    granted(member, yuan="500.00")
    grants.confirm("order:M1", at=clock.now())
    assert tiers.standing_of(member.pk).tier.level == 1

    travel(FRIDAY + 7 * ONE_DAY)
    maturing.mature_due()

    assert row_of(member)[:2] == (2, FRIDAY + 7 * ONE_DAY)


# --- time ------------------------------------------------------------------------
def test_award_when_a_second_before_and_at_shanghai_midnight_then_each_on_its_day(member, travel):
    travel(FRIDAY, 23, 59, 59)
    earn(member, 250, 1)
    travel(FRIDAY + ONE_DAY, 0)
    earn(member, 250, 2)
    assert level_of(member) == 2

    travel(date(2027, 11, 19), 23, 59, 59)
    assert tiers.standing_of(member.pk).credited == 500
    travel(date(2027, 11, 20), 0)
    assert tiers.standing_of(member.pk).credited == 250
    travel(date(2027, 11, 21), 0)
    assert tiers.standing_of(member.pk).credited == 0


def test_reassess_due_when_a_year_passes_then_grace_fall_and_each_run_twice(member, travel):
    earn(member, 2_000, 1)
    travel(FRIDAY + ONE_DAY)
    assert tiers.reassess_due() == 0  # nothing can have changed, so nobody is looked at

    travel(date(2027, 11, 19))
    assert tiers.reassess_due() == 0
    seen = []
    for day in (
        date(2027, 11, 20),
        date(2027, 12, 20),
        date(2027, 12, 21),
        date(2028, 1, 20),
        date(2028, 1, 21),
        date(2029, 1, 1),
    ):
        travel(day, 0)
        looked = [reassess_tiers(), reassess_tiers()]
        seen.append((looked, row_of(member)[:4], level_of(member)))

    assert seen == [
        ([1, 0], (3, FRIDAY, date(2027, 12, 20), date(2027, 12, 21)), 3),
        ([0, 0], (3, FRIDAY, date(2027, 12, 20), date(2027, 12, 21)), 3),
        ([1, 0], (2, date(2027, 12, 21), date(2028, 1, 20), date(2028, 1, 21)), 2),
        ([0, 0], (2, date(2027, 12, 21), date(2028, 1, 20), date(2028, 1, 21)), 2),
        ([1, 0], (1, date(2028, 1, 21), None, None), 1),
        ([0, 0], (1, date(2028, 1, 21), None, None), 1),
    ]


def test_reassess_due_when_the_job_was_late_then_the_page_is_right_and_no_day_of_grace_is_lost(
    member, travel
):
    earn(member, 500, 1)

    travel(date(2027, 12, 1))
    assert tiers.standing_of(member.pk).kept_until == date(2027, 12, 31)
    tiers.reassess_due()

    assert row_of(member)[:3] == (2, FRIDAY, date(2027, 12, 31))


def test_award_when_new_points_came_meanwhile_then_the_old_ones_may_leave(member, travel):
    earn(member, 500, 1)
    travel(FRIDAY + 100 * ONE_DAY)
    earn(member, 500, 2)

    travel(date(2027, 11, 20))
    assert tiers.reassess_due() == 1

    assert row_of(member)[:4] == (2, FRIDAY, None, ladder.leaves_on(FRIDAY + 100 * ONE_DAY))


def test_reassess_due_when_members_are_many_then_batches_of_few_statements(
    travel, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(tiers, "BATCH", 4)
    members = [member_with() for _ in range(8)]
    for member in members:
        ledger.accrue(member.pk, points=500, key="imported")  # nobody looked at them yet
    told = []

    with django_assert_num_queries(
        1 + 3 + 2 * 5
        # the tiers, three looks for who is due; a batch locks, reads tiers, rows and sums, and
        # writes
    ):
        assert tiers.reassess_due(on_batch=told.append) == 8

    assert told == [4, 8]
    assert set(MemberTier.objects.values_list("level", "earned")) == {(2, 500)}
    assert tiers.reassess_due() == 0


@settings(max_examples=settings.default.max_examples // 3)  # each night looks at everybody so far
@given(
    some.lists(
        some.tuples(some.sampled_from(["earn", "back", "days", "night"]), some.integers(1, 900)),
        max_size=12,
    )
)
def test_row_when_anything_happened_then_it_says_what_the_entries_say(transactional_db, facts):
    """The count kept beside the books never drifts, and no award that reaches a threshold is
    missed.
    """
    day, keys = FRIDAY, []
    with time_machine.travel(NOON, tick=False) as traveller:
        PointsPolicy.objects.update(earned_per_day_max=1_000_000)
        member = member_with()
        for number, (what, size) in enumerate(facts):
            if what == "earn":
                earn(member, size, number)
                keys.append((f"mission:{number}", size))
            elif what == "back" and keys:
                key, points = keys.pop()
                ledger.clawback(
                    member.pk, of_key=key, points=points, key=f"back:{number}", reference="test"
                )
                tiers.reassess(member.pk)
            elif what == "days":
                day += timedelta(days=size % 200)
                traveller.move_to(
                    datetime(day.year, day.month, day.day, 12, tzinfo=clock.SHOP_ZONE)
                )
            elif what == "night":
                tiers.reassess_due()
            row = MemberTier.objects.filter(pk=member.pk).first()
            if row:
                assert row.earned == sum(points for _key, points in keys)
                enough = sum(STEPS[n] <= tiers.standing_of(member.pk).credited for n in range(5))
                assert row.level >= enough


# --- the tiers themselves ----------------------------------------------------------
def test_change_when_a_threshold_falls_then_everybody_is_looked_at_once(member, operator, travel):
    earn(member, 400, 1)
    travel(FRIDAY, 13)
    tier = TierLevel.objects.get(level=2)
    tier.threshold = 400

    tier_levels.change(tier, operator=operator)

    assert tiers.standing_of(member.pk).tier.level == 2  # what is read is right at once
    assert (tiers.reassess_due(), tiers.reassess_due()) == (2, 0)  # and the operator's own
    assert row_of(member)[0] == 2
    audit = AuditRow.objects.get(action="points.tier_change")
    assert (audit.before["threshold"], audit.after["threshold"]) == (500, 400)


@pytest.mark.parametrize(("level", "threshold"), [(1, 1), (2, 0), (2, 2_000), (3, 500), (5, 6_000)])
def test_change_when_thresholds_would_not_rise_then_refused(operator, level, threshold):
    tier = TierLevel.objects.get(level=level)
    tier.threshold = threshold

    with pytest.raises(tier_levels.NotRising):
        tier_levels.change(tier, operator=operator)

    assert list(TierLevel.objects.values_list("threshold", flat=True)) == STEPS


@pytest.mark.long
def test_migrate_when_back_and_forth_then_the_tiers_return(transactional_db):
    call_command("migrate", "points", "0007", verbosity=0)
    try:
        assert not TierLevel.objects.exists()
    finally:
        call_command("migrate", verbosity=0)
    try:
        tiers_now = TierLevel.objects.values_list("level", "threshold")
        assert list(tiers_now) == list(enumerate(STEPS, 1))
    finally:
        pristine.copy_anew()


# --- doors -----------------------------------------------------------------------
@pytest.fixture
def page_of(client, travel):
    def show(member):
        client.force_login(member)
        client.cookies["mall_language"] = "en"
        return client.get("/points/").content.decode()

    return show


def test_points_page_when_on_a_tier_then_what_the_next_one_lacks(page_of, member):
    earn(member, 1_620, 1)

    page = page_of(member)

    assert "380 more points to V3 Friend" in page
    assert "1,620 points earned within twelve months" in page


def test_points_page_when_new_kept_or_highest_then_each_says_so(page_of, member, travel):
    assert "500 more points to V2 Regular" in page_of(member)
    earn(member, 15_000, 1)
    assert "This is the highest tier" in page_of(member)
    travel(date(2027, 11, 20))
    tiers.reassess_due()
    earn(member, 14_999, 2)
    page = page_of(member)
    assert "You keep V5 until" in page
    assert "1 more point by then" in page


def test_api_when_asked_then_the_tier(api_of, member, travel):
    earn(member, 15_000, 1)
    top = api_of(member).get("/api/v1/points").json()["tier"]
    travel(date(2027, 11, 20))
    kept = api_of(member).get("/api/v1/points").json()["tier"]

    assert top == {
        "level": 5,
        "name": "知己",
        "credited": 15_000,
        "next_at": None,
        "kept_until": None,
    }
    assert kept == {
        "level": 5,
        "name": "知己",
        "credited": 0,
        "next_at": None,
        "kept_until": "2027-12-20",
    }


def test_account_list_when_filtered_by_tier_then_those_members(client, admin_user, member):
    earn(member, 500, 1)
    client.force_login(admin_user)
    address = "/admin/points/pointaccount/"

    found = {
        level: member.username in client.get(address, {"tier": level}).content.decode()
        for level in ("1", "2", "3", "x")
    }

    assert found == {"1": False, "2": True, "3": False, "x": True}
    assert "500" in client.get(f"{address}{member.pk}/change/").content.decode()


def test_tier_form_when_an_operator_saves_then_changed_or_told_why(client, operator):
    client.force_login(operator)
    client.cookies["mall_language"] = "en"
    tier = TierLevel.objects.get(level=3)
    address = f"/admin/points/tierlevel/{tier.pk}/change/"
    words = {"name_zh_hans": "老友", "name_en": "Old friend"}

    refused = client.post(address, {**words, "threshold": 500})
    saved = client.post(address, {**words, "threshold": 2_500})

    assert (refused.status_code, "more points than the one below" in refused.content.decode()) == (
        200,
        True,
    )
    assert saved.status_code == 302
    tier.refresh_from_db()
    assert (tier.threshold, tier.name_en) == (2_500, "Old friend")
    assert client.get("/admin/points/tierlevel/").status_code == 200
    assert client.get("/admin/points/tierlevel/add/").status_code == 403


def test_tier_form_when_support_looks_then_reads_only(client, operator):
    from django.contrib.auth.models import Group

    operator.groups.set(Group.objects.filter(name="support"))
    client.force_login(operator)

    answer = client.post(
        f"/admin/points/tierlevel/{TierLevel.objects.get(level=3).pk}/change/", {"threshold": 1}
    )

    assert answer.status_code == 403


def test_register_when_somebody_comes_then_they_stand_on_the_first_tier(travel):
    newcomer = register("newcomer", "newcomer@example.com", "x" * 12)

    assert row_of(newcomer) == (1, FRIDAY, None, None, 100)
