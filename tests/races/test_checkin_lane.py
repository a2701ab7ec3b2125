"""Check-ins that are written together: each member gets the own day, once, and whoever is to be
refused or is busy elsewhere goes alone.

Source: docs/decisions/0109-check-ins-together.md.
"""

import re
import threading
from datetime import date, timedelta

import pytest
import structlog
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.registration import register
from mall.core import lane
from marketing.checkin import streak
from marketing.checkin.streak import check_in
from marketing.errors import AlreadyCheckedIn
from marketing.models import CheckIn, Notification
from points import event_delivery, ledger, tiers
from points.models import Event, LedgerEntry, MemberTier, PointAccount, TierLevel
from tests.factories.marketing import CheckInFactory, MissionFactory
from tests.races.line import SECONDS, stand_in_line
from tests.scenarios.books import books_close

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_books_close")]
FRIDAY = date(2026, 11, 20)
ONE_DAY = timedelta(days=1)
LANE = "check-in", FRIDAY


@pytest.fixture
def _books_close(transactional_db):
    """Whatever happened, no lane is left, and the books close."""
    yield
    assert lane._lanes == {}
    event_delivery.deliver_due()
    books_close()


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """Nobody is saved by giving up."""
    monkeypatch.setattr(lane, "PATIENCE_SECONDS", 3 * SECONDS)
    monkeypatch.setattr(lane, "LEAD_SECONDS", 3 * SECONDS)


@pytest.fixture
def guests(db):
    """Six members; nobody has heard yet that they came, so they have no points."""
    return [
        register(username=f"guest{n}", email=f"guest{n}@example.com", password="x" * 12)
        for n in range(6)
    ]


@pytest.fixture
def groups(monkeypatch):
    """What came of each group."""
    answers, together = [], streak._check_in_all

    def noted(on, user_ids):
        answers.append("fell apart")
        answers[-1] = together(on, user_ids)
        return answers[-1]

    monkeypatch.setattr(streak, "_check_in_all", noted)
    return answers


def all_at_once(guests):
    return stand_in_line(LANE, [lambda one=one: check_in(one, FRIDAY) for one in guests])


def lived_differently(guests):
    """The first is new, and the others had lives of their own before Friday."""
    TierLevel.objects.update(shields_a_month=1)
    for guest, days_before, days in (
        (guests[1], 1, 1),  # yesterday
        (guests[2], 1, 6),
        (guests[3], 2, 4),  # a shield covers Thursday
        (guests[4], 5, 9),  # over
        (guests[5], 1, 13),  # reaches the milestone of fourteen days
    ):
        CheckInFactory(user=guest, on=FRIDAY - days_before * ONE_DAY, streak=days)
    Notification.objects.create(user=guests[5], kind="streak_ending", key=f"streak:{FRIDAY}")
    MissionFactory(code="quick", title_en="Be quick", title_zh_hans="快", points=10)


def left_behind(guests):
    """What there is of each afterwards."""
    return [
        (
            list(CheckIn.objects.filter(user=one).values_list("on", "kind", "streak", "points")),
            list(
                LedgerEntry.objects.filter(account_id=one.pk)
                .order_by("seq")
                .values_list("key", "delta", "rule", "reference", "alloc", "biz_date")
            ),
            list(PointAccount.objects.filter(pk=one.pk).values_list("available", "day_counts")),
            list(MemberTier.objects.filter(pk=one.pk).values_list("earned", "level")),
            list(Notification.objects.filter(user=one, read_at=None).values_list("key")),
        )
        for one in guests
    ]


def told(rows):
    return [
        (
            row.streak,
            row.points,
            row.available,
            [(one.days, one.points) for one in row.milestones],
            [(one.code, one.points, one.is_paid) for one in row.missions],
            row.shielded,
        )
        for row in rows
    ]


def test_check_in_when_many_wait_then_one_group_leaves_what_each_alone_would(guests, groups):
    lived_differently(guests)
    with transaction.atomic():
        alone = told([check_in(one, FRIDAY) for one in guests])
        expected = left_behind(guests)
        transaction.set_rollback(True)

    rows = all_at_once(guests)

    assert [len(group) for group in groups] == [6] and None not in groups[0]
    assert told(rows) == alone
    assert left_behind(guests) == expected
    assert [row.streak for row in rows] == [1, 2, 7, 5, 1, 14]
    assert [row.available for row in rows] == [30, 35, 60, 50, 30, 160]


@pytest.mark.parametrize("count", [2, 6])
def test_check_in_all_when_members_are_many_then_as_many_statements(guests, count):
    for one in guests:
        tiers.reassess(one.pk)
    MemberTier.objects.update(since=FRIDAY)  # what a tier was before its day is asked of each

    with CaptureQueriesContext(connection) as sent:
        rows = streak._check_in_all(FRIDAY, [one.pk for one in guests[:count]])

    assert [row.points for row in rows] == [20] * count
    said = [query["sql"] for query in sent.captured_queries]
    asked = [(sql.split()[0], (TABLE.search(sql) or [0, ""])[1]) for sql in said]
    assert [one for one in asked if one[1] not in KEPT] == STATEMENTS_OF_A_GROUP


TABLE = re.compile(r"(?:FROM|INTO|UPDATE) [`\"]?(\w+)")
# kept in the process where processes share a cache, else read
KEPT = {"points_pointspolicy", "points_tierlevel", "marketing_mission"}  # the first: rules
STATEMENTS_OF_A_GROUP = [
    ("BEGIN", ""),
    ("SELECT", "points_pointaccount"),  # the lock
    ("SELECT", "marketing_checkin"),  # their youngest days
    ("SELECT", "points_membertier"),
    ("SELECT", "points_ledgerentry"),  # whether it was posted before
    ("INSERT", "points_ledgerentry"),
    ("INSERT", "points_pointaccount"),
    ("INSERT", "points_membertier"),  # the tiers' counts
    ("INSERT", "marketing_checkin"),
    ("COMMIT", ""),
]


def test_check_in_when_some_are_to_be_refused_then_they_hear_it_and_the_others_are_served(
    guests, groups
):
    check_in(guests[1], FRIDAY)
    check_in(guests[2], FRIDAY + ONE_DAY)  # the clock was set back since

    outcomes = all_at_once(guests)

    refused = [type(one) is AlreadyCheckedIn for one in outcomes]
    assert refused == [False, True, True, False, False, False]
    assert [one is None for one in groups[0]] == refused
    assert outcomes[1].numbers == {"tomorrow": 25, "streak": 1}
    assert CheckIn.objects.filter(on=FRIDAY).count() == 5


def test_check_in_when_one_member_taps_thrice_then_one_day(guests, groups):
    outcomes = all_at_once([guests[0], guests[1], guests[0], guests[0]])

    assert [type(one) for one in outcomes] == [CheckIn, CheckIn, AlreadyCheckedIn, AlreadyCheckedIn]
    assert LedgerEntry.objects.filter(key=f"checkin:{FRIDAY}").count() == 2


@pytest.mark.mariadb
def test_check_in_when_an_account_is_held_then_the_others_do_not_wait_for_it(guests, groups):
    is_held, may_go = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            PointAccount.objects.select_for_update().get(pk=guests[2].pk)
            is_held.set()
            may_go.wait(SECONDS)
        connections.close_all()

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    assert is_held.wait(SECONDS)

    rows = streak._check_in_all(FRIDAY, [one.pk for one in guests])

    may_go.set()
    holder.join(SECONDS)
    assert [row is None for row in rows] == [False, False, True, False, False, False]
    assert check_in(guests[2], FRIDAY).points == 20


def test_check_in_when_a_group_fails_then_each_goes_alone(guests, groups, monkeypatch):
    write = streak.rows.insert_read_back

    def refuse_many(objects, *, by):
        if len(objects) > 1:
            raise IntegrityError(1062, "somebody was faster")
        return write(objects, by=by)

    monkeypatch.setattr(streak.rows, "insert_read_back", refuse_many)

    rows = all_at_once(guests)

    assert groups == ["fell apart"]
    assert [(row.points, row.available) for row in rows] == [(20, 20)] * 6


def test_check_in_when_one_may_not_earn_then_their_points_are_set_aside_and_the_others_paid(
    guests, groups
):
    ledger.freeze(guests[3].pk, note="looked at", scope="earn")

    rows = all_at_once(guests)

    assert len(groups[0]) == 6 and None not in groups[0]
    assert [(row.points, row.set_aside) for row in rows] == [
        (0, 20) if n == 3 else (20, 0) for n in range(6)
    ]


def test_check_in_when_a_tier_rises_in_a_group_then_the_fact_names_the_own_request(guests, groups):
    newcomer, *known = guests
    for one in known:
        tiers.reassess(one.pk)
    TierLevel.objects.filter(level=2).update(threshold=20)
    MemberTier.objects.update(rises_at=0)

    def tap(n):
        with structlog.contextvars.bound_contextvars(request_id=f"request-{n}"):
            return check_in(guests[n], FRIDAY)

    stand_in_line(LANE, [lambda n=n: tap(n) for n in range(6)])

    risen = Event.objects.filter(kind="tier_risen")
    assert {fact.member: fact.request_id for fact in risen} == {
        one.pk: f"request-{n}" for n, one in enumerate(guests) if one != newcomer
    }


def test_check_in_when_readers_speak_two_languages_then_each_is_told_in_theirs(guests, groups):
    MissionFactory(code="quick", title_en="Be quick", title_zh_hans="快一点", points=10)

    def tap(one, language):
        with translation.override(language):
            return [(one.code, one.title) for one in check_in(one, FRIDAY).missions]

    said = stand_in_line(
        LANE,
        [
            lambda one=one, n=n: tap(one, ("en", "zh-hans")[n % 2])
            for n, one in enumerate(guests[:4])
        ],
    )

    assert said == [[("quick", "Be quick")], [("quick", "快一点")]] * 2
