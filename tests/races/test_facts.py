"""Facts that earn, told through many doors at once: each pays once, and limits hold. On real
MariaDB.
"""

import json
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model

from accounts.registration import register
from catalog import reviews
from catalog.errors import AlreadyReviewed
from catalog.models import Review
from mall.core import clock
from marketing import events, facts, shared_links
from marketing.errors import EventConflict
from marketing.models import CustomEvent, ShareLanding
from orders.reviews import lines as orders_reviews
from points import batches, event_delivery
from points.models import LedgerEntry, PointAccount, Rule, RuleVersion
from tests.factories.orders import pay, place, received, virtual_sku
from tests.factories.points import member_with
from tests.scenarios.books import books_close

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

DOORS = 20
AGENT = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36"


@pytest.fixture(autouse=True)
def _books(deadlocks):
    yield
    books_close()
    assert deadlocks() == 0


def paid(rule):
    return list(
        LedgerEntry.objects.filter(rule=rule, kind="accrue").values_list("delta", flat=True)
    )


def told(user, key):
    """A signed call about a member, as another system of the shop makes it."""
    said = {
        "event": "survey",
        "member": user.username,
        "key": key,
        "occurred_at": clock.now().isoformat(),
    }
    raw, timestamp = json.dumps(said).encode(), str(int(clock.now().timestamp()))
    return raw, {
        events.TIMESTAMP_HEADER: timestamp,
        events.SIGNATURE_HEADER: events.sign(raw, timestamp),
    }


@pytest.fixture
def survey():
    made = Rule.objects.create(
        code="survey", action="event:survey", name="Survey", status=Rule.Status.ACTIVE
    )
    RuleVersion.objects.create(rule=made, number=1, points=15, per_day=5, created_at=clock.now())


def test_receive_when_one_event_is_told_twenty_times_at_once_then_paid_once(
    member, survey, run_threads
):
    call = told(member, "answer-1")

    outcomes = run_threads(DOORS, lambda: events.receive(*call))

    assert sorted(known for _event, known in outcomes) == [False] + [True] * (DOORS - 1)
    assert (paid("survey"), CustomEvent.objects.count()) == ([15], 1)


def test_receive_when_twenty_events_come_at_once_then_as_many_are_paid_as_a_day_allows(
    member, survey, run_threads
):
    calls = [told(member, f"answer-{number}") for number in range(DOORS)]

    outcomes = run_threads(DOORS, lambda number: events.receive(*calls[number]))

    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert (paid("survey"), CustomEvent.objects.count()) == ([15] * 5, DOORS)


def test_receive_when_one_key_is_told_of_two_members_at_once_then_one_has_it(
    member, other_member, survey, run_threads
):
    calls = [told(user, "answer-1") for user in (member, other_member)]

    outcomes = run_threads(10, lambda number: events.receive(*calls[number % 2]))

    assert [type(outcome) for outcome in outcomes].count(EventConflict) == 5
    assert (paid("survey"), CustomEvent.objects.count()) == ([15], 1)


def test_land_when_twenty_visitors_come_at_once_then_three_are_paid(member, run_threads):
    link = shared_links.Link(member.pk)

    outcomes = run_threads(
        DOORS,
        lambda number: shared_links.land(link, shared_links.Visitor(f"203.0.113.{number}", AGENT)),
    )

    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert (paid("share"), ShareLanding.objects.count()) == ([5, 5, 5], DOORS)


def test_land_when_one_visitor_opens_twenty_tabs_at_once_then_counted_once(member, run_threads):
    link, friend = shared_links.Link(member.pk), shared_links.Visitor("203.0.113.7", AGENT)

    outcomes = run_threads(DOORS, lambda: shared_links.land(link, friend))

    assert [type(outcome) for outcome in outcomes].count(ShareLanding) == 1
    assert (paid("share"), ShareLanding.objects.count()) == ([5], 1)


def test_review_when_sent_and_published_many_times_at_once_then_one_and_paid_once(
    member, operator, run_threads
):
    order = received(pay(place(member, virtual_sku(cash="20.00"))))
    line, words = order.lines.get(), "很好用，颜色和图片上一样，推荐给大家！"

    written = run_threads(
        10, lambda: orders_reviews.write(member, no=order.no, line=line.pk, stars=5, text=words)
    )
    review = Review.objects.get()
    published = run_threads(10, lambda: reviews.publish(review, actor=operator))

    event_delivery.deliver_due()
    assert [type(outcome) for outcome in written].count(AlreadyReviewed) == 9
    assert [outcome for outcome in published if isinstance(outcome, BaseException)] == []
    assert paid("review") == [20]


def test_congratulate_when_eight_sweeps_run_at_once_then_one_present_each(member, run_threads):
    today = clock.today().replace(day=min(clock.today().day, 28))
    members = [
        member,
        *(
            register(username=f"m{n}", email=f"m{n}@example.com", password="x" * 12)
            for n in range(5)
        ),
    ]
    get_user_model().objects.update(
        birthday=today.replace(year=1990), date_joined=datetime(2020, 1, 1, tzinfo=UTC)
    )

    outcomes = run_threads(8, lambda: facts.congratulate(on=today))

    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert paid("birthday") == [200] * len(members)


def test_batch_when_posted_and_undone_by_eight_at_once_then_once_each(
    member, other_member, run_threads
):
    clerk = member_with()
    file = b"member,points,reason\nmember,300,Sorry\nother,-50,Mistake\n"
    batch = batches.look_over(file, name="f.csv", note="delay", operator=clerk)

    posted = run_threads(8, lambda: batches.post(batch, operator=clerk))
    assert [type(outcome) for outcome in posted].count(batches.BatchDone) == 7
    assert balances(member, other_member) == [400, 50]
    undone = run_threads(8, lambda: batches.undo(batch, operator=clerk, note="wrong file"))

    assert [type(outcome) for outcome in undone].count(batches.BatchDone) == 7
    assert balances(member, other_member) == [100, 100]


def balances(*users):
    return [PointAccount.objects.get(pk=user.pk).available for user in users]
