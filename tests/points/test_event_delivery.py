"""Facts are rows: numbered without a gap, heard late as if at once, and parked when they cannot be
heard (points/event_delivery.py).
"""

import threading

import pytest
import structlog
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from mall import verification
from mall.core import events, replica
from mall.core.append_only import AppendOnlyError
from mall.core.transactions import transactional
from points import event_delivery, ledger
from points.models import SEQ_SPAN, Event, Grant, PointAccount
from tests.factories.orders import pay, place, virtual_sku
from tests.factories.points import member_with
from tests.listening import fact, hearing, hearing_of, wait

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard_later")]


def statements(captured):
    words = [query["sql"].split()[:3] for query in captured]
    return [" ".join(one) if one[0] in ("SELECT",) else one[0] for one in words]


# --- telling ------------------------------------------------------------------------
def test_tell_when_several_facts_come_then_they_are_numbered_without_a_gap_and_wait():
    first, second = member_with(0), member_with(0)
    before = hearing_of(first)[0], hearing_of(second)[0]

    with hearing("weighed"):
        events.tell(fact(first, grams=1), fact(second), fact(first, grams=2))
        events.tell(fact(first, grams=3))

    told = Event.objects.of(first.pk).filter(kind="weighed")
    assert [(row.n, row.member, row.data) for row in told] == [
        (before[0] + n, first.pk, {"grams": n}) for n in (1, 2, 3)
    ]
    assert hearing_of(first)[0] == before[0] + 3 and hearing_of(first)[2]
    assert hearing_of(second)[0] == before[1] + 1


def test_tell_when_nobody_listens_then_nothing_waits():
    member = member_with(0)
    event_delivery.deliver(member.pk)
    told = hearing_of(member)[0]

    events.tell(fact(member))

    assert hearing_of(member) == (told + 1, told + 1, False, 0)


def test_tell_when_the_transaction_is_taken_back_then_the_number_is_free_again():
    member = member_with(0)
    told = hearing_of(member)[0]

    @transactional
    def weigh(fails):
        events.tell(fact(member))
        if fails:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        weigh(fails=True)
    weigh(fails=False)

    assert [row.n for row in Event.objects.of(member.pk)][-1] == told + 1
    assert verification.verify() == []


def test_tell_when_a_savepoint_is_taken_back_then_its_facts_are_and_the_others_stay():
    member = member_with(50)
    told = hearing_of(member)[0]

    @transactional
    def weigh():
        account = ledger.open(member.pk)
        events.tell(fact(member, grams=1))
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            events.tell(fact(member, grams=2))
            account.spend(points=5, key="x", reference="scale:2")
            raise ZeroDivisionError
        events.tell(fact(member, grams=3))

    weigh()

    rows = Event.objects.of(member.pk).filter(kind="weighed")
    assert [(row.n, row.data["grams"]) for row in rows] == [(told + 1, 1), (told + 2, 3)]
    assert PointAccount.objects.get(pk=member.pk).told == told + 2
    assert verification.verify() == []


def test_tell_when_a_posting_follows_then_one_update_takes_both_along():
    member = member_with(50)

    @transactional
    def weigh():
        account = ledger.open(member.pk)
        events.tell(fact(member))
        account.spend(points=5, key="x", reference="scale:2")

    with CaptureQueriesContext(connection) as asked:
        weigh()

    assert [one for one in statements(asked) if one in ("INSERT", "UPDATE")] == [
        "INSERT",  # the fact
        "INSERT",  # the entry
        "UPDATE",
    ]


def test_fact_when_somebody_would_change_it_then_it_refuses():
    member = member_with(0)
    events.tell(fact(member))
    row = Event.objects.of(member.pk).last()

    for change in (row.save, row.delete, Event.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            change()


# --- hearing ------------------------------------------------------------------------
def test_deliver_when_facts_wait_then_each_is_heard_once_in_order():
    member = member_with(0)

    with hearing("weighed") as heard:
        for grams in (1, 2, 3):
            events.tell(fact(member, grams=grams))
        assert heard == []
        event_delivery.deliver(member.pk)
        event_delivery.deliver(member.pk)

    assert [event.data["grams"] for event in heard] == [1, 2, 3]
    told = hearing_of(member)[0]
    assert hearing_of(member) == (told, told, False, 0)


def test_deliver_when_a_listener_tells_then_that_is_heard_too_and_an_endless_tale_is_put_off():
    member = member_with(0)
    event_delivery.deliver(member.pk)

    def go_on(event):
        events.tell(fact(member, reference="scale:again"))

    with hearing("weighed", listener=go_on) as heard:
        events.tell(fact(member))
        event_delivery.deliver(member.pk)

        assert len(heard) == event_delivery.ROUNDS
        assert hearing_of(member)[2]


def test_deliver_due_when_many_wait_then_the_statements_do_not_grow_with_them():
    def counted(members):
        with hearing("weighed"):
            for member in members:
                events.tell(fact(member))
            with CaptureQueriesContext(connection) as asked:
                found = event_delivery.deliver_due()
        assert (found.members, found.facts) == (len(members), len(members))
        return len(asked)

    members = [member_with(0) for _ in range(12)]
    counted(members[:1])  # what is kept in the process is read

    assert counted(members[:2]) == counted(members)


def test_deliver_when_a_copy_is_read_then_it_refuses(settings):
    settings.DATABASES = {**settings.DATABASES, replica.ALIAS: settings.DATABASES["default"]}
    member = member_with(0)

    with replica.reading(), pytest.raises(event_delivery.Refused):
        event_delivery.deliver(member.pk)


def test_deliver_when_orders_were_paid_before_then_one_has_the_bonus_of_the_first(member):
    orders = [pay(place(member, virtual_sku(cash="20.00"))) for _ in range(3)]
    assert not Grant.objects.filter(account_id=member.pk).exists()

    event_delivery.deliver_due()

    actions = Grant.objects.filter(account_id=member.pk).values_list("reference", "action")
    firsts = [reference for reference, action in actions if action == "first_order"]
    assert firsts == [orders[0].reference]
    assert verification.verify() == []


# --- what the books say -------------------------------------------------------------
def test_verify_when_a_fact_is_missing_or_waits_for_too_long_then_it_says_so():
    member = member_with(0)
    event_delivery.deliver_due()
    with hearing("weighed"):
        events.tell(fact(member))
        with wait(90):
            waiting = [finding.check for finding in verification.verify()]
    event_delivery.deliver_due()
    Event.objects.of(member.pk)._raw_delete("default")

    assert waiting == ["facts wait for too long"]
    assert [finding.check for finding in verification.verify()] == ["facts are missing"]


# --- one member is no other's matter ------------------------------------------------
@pytest.mark.mariadb
def test_deliver_due_when_somebody_holds_one_account_then_the_others_are_heard():
    held, free = member_with(0), member_with(0)
    event_delivery.deliver_due()
    is_held, over = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            list(PointAccount.objects.select_for_update().filter(pk=held.pk))
            is_held.set()
            over.wait(60)
        connection.close()

    with hearing("weighed") as heard:
        events.tell(fact(held), fact(free))
        holder = threading.Thread(target=hold)
        holder.start()
        assert is_held.wait(10)
        with structlog.testing.capture_logs() as said:
            event_delivery.deliver_due()
        over.set()
        holder.join()
        first = [event.member for event in heard]
        event_delivery.deliver_due()

    assert first == [free.pk]
    assert said == []  # nobody waited, and no batch fell apart
    assert [event.member for event in heard] == [free.pk, held.pk]


def test_deliver_due_when_a_members_facts_cannot_be_read_then_the_others_are_heard(client):
    broken, well = member_with(0), member_with(0)
    event_delivery.deliver_due()
    client.force_login(broken)
    own = range(broken.pk * SEQ_SPAN, (broken.pk + 1) * SEQ_SPAN)

    def unreadable(execute, sql, params, many, context):
        if "points_event` e" in sql and any(one in own for one in params):
            raise ValueError("a row nobody can read")
        return execute(sql, params, many, context)

    with hearing("weighed") as heard:
        events.tell(fact(broken), fact(well))
        with connection.execute_wrapper(unreadable):
            event_delivery.deliver_due()
            page = client.get("/points/")

    assert [event.member for event in heard] == [well.pk]
    assert page.status_code == 200
