"""A listener that fails holds up nobody: tried again, parked, made up for, and never half done
(points/event_delivery.py).
"""

import pytest
from django.db import OperationalError, connection, transaction

from mall import verification
from mall.core import events
from mall.core.errors import Busy
from orders.events import ORDER_PAID
from orders.models import Order
from points import event_delivery, ledger
from points.models import Parked, PointAccount
from tests.factories.orders import pay, place, refund, virtual_sku
from tests.factories.points import member_with
from tests.listening import fact, hearing, hearing_of, wait

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard_later")]


def fail(event):
    raise ValueError(event.reference)


def try_until_parked(member):
    for _try in range(event_delivery.TRIES):
        with wait(3600 * (_try + 1)):
            event_delivery.deliver_due()


def test_deliver_due_when_a_listener_always_fails_then_it_is_parked_and_the_rest_goes_on():
    member, other = member_with(0), member_with(0)
    event_delivery.deliver_due()

    with hearing("weighed", listener=fail), hearing("weighed", "measured") as heard:
        events.tell(fact(member))
        events.tell(fact(other, kind="measured"))
        events.tell(fact(member, kind="measured"))
        event_delivery.deliver_due()

        # the other member is not held up, and a shopper's page is tried no sooner than its turn
        assert [event.member for event in heard if event.kind == "measured"] == [other.pk]
        assert hearing_of(member)[3] == 1
        event_delivery.hear(member)
        assert hearing_of(member)[3] == 1

        try_until_parked(member)

    assert hearing_of(member)[1:] == (hearing_of(member)[0], False, 0)
    assert [event.member for event in heard if event.kind == "measured"][1:] == [member.pk]
    parked = Parked.objects.get()
    assert (parked.listener, parked.error) == (
        "tests.listening.hearing.<locals>.listen",
        "ValueError: scale:1",
    )
    assert parked.event.member == member.pk


def test_deliver_due_when_a_listener_fails_then_what_the_others_wrote_stays_and_its_own_does_not():
    member = member_with(0)
    event_delivery.deliver_due()

    def pay_and_fail(event):
        ledger.accrue(member.pk, points=7, key="half")
        raise ValueError

    def give(event):
        ledger.accrue(member.pk, points=5, key="whole")

    with hearing("weighed", listener=give), hearing("weighed", listener=pay_and_fail):
        events.tell(fact(member))
        event_delivery.deliver_due()

    assert PointAccount.objects.get(pk=member.pk).available == 5
    assert verification.verify() == []


def test_deliver_when_a_door_has_a_transaction_open_then_nothing_of_the_failed_one_stays():
    """The back office saves inside ``atomic`` and no verb; what is shown there is heard first."""
    member = member_with(0)
    event_delivery.deliver_due()

    def pay_and_fail(event):
        ledger.accrue(member.pk, points=7, key="half")
        raise ValueError

    with hearing("weighed", listener=pay_and_fail):
        events.tell(fact(member))
        with transaction.atomic():
            event_delivery.hear(member)

    assert hearing_of(member)[3] == 1
    assert PointAccount.objects.get(pk=member.pk).available == 0
    assert verification.verify() == []


def test_make_up_for_when_the_listener_works_again_then_it_counts_once():
    member = member_with(0)
    event_delivery.deliver_due()
    broken = {"is": True}

    def give(event):
        if broken["is"]:
            raise ValueError
        ledger.accrue(member.pk, points=5, key=event.reference)

    with hearing("weighed", listener=give):
        events.tell(fact(member))
        try_until_parked(member)
        parked = Parked.objects.get()
        assert event_delivery.make_up_for(parked) is False
        broken["is"] = False
        first = event_delivery.make_up_for(Parked.objects.get())
        second = event_delivery.make_up_for(parked)

    parked = Parked.objects.get()
    assert (first, second, parked.tries) == (True, False, event_delivery.TRIES + 1)
    assert parked.done_at is not None
    assert PointAccount.objects.get(pk=member.pk).available == 5


@pytest.mark.parametrize("code", [1205, 1213])
def test_deliver_when_the_database_undoes_the_transaction_then_no_listener_is_to_blame(code):
    member = member_with(0)
    event_delivery.deliver_due()
    strikes = [OperationalError(code, "try restarting transaction")] * 2

    def stumble(event):
        if strikes:
            raise strikes.pop()

    with hearing("weighed", listener=stumble) as heard:
        events.tell(fact(member))
        event_delivery.deliver(member.pk)

    assert len(heard) == 3  # twice in vain
    assert hearing_of(member)[1:] == (hearing_of(member)[0], False, 0)
    assert not Parked.objects.exists()


def test_deliver_when_the_database_never_lets_it_then_it_is_busy_and_nothing_is_counted():
    member = member_with(0)
    event_delivery.deliver_due()

    def stumble(event):
        raise OperationalError(1213, "Deadlock found")

    with hearing("weighed", listener=stumble):
        events.tell(fact(member))
        with pytest.raises(Busy):
            event_delivery.deliver(member.pk)
        event_delivery.hear(member)  # a page is shown as of a moment ago

    assert hearing_of(member)[3] == 0


def test_approve_when_a_listener_of_the_order_fails_then_the_refund_works():
    member = member_with(0)
    with hearing(ORDER_PAID, listener=fail):
        order = pay(place(member, virtual_sku(cash="20.00")))

        refund(order, 1)

    assert Order.objects.get(pk=order.pk).refunded_at is not None
    try_until_parked(member)
    assert verification.verify() == []


# --- killed in between --------------------------------------------------------------
class Struck(Exception):
    """The failure put between two statements."""


def test_deliver_when_struck_after_any_statement_then_all_or_nothing_and_the_next_one_heals():
    member = member_with(0)
    event_delivery.deliver_due()

    def give(event):
        ledger.accrue(member.pk, points=5, key=event.reference)

    done = 0
    with hearing("weighed", listener=give):
        for n in range(1, 40):
            events.tell(fact(member, reference=f"scale:{n}"))
            seen = iter(range(1, 100))

            def strike(execute, sql, params, many, context, n=n, seen=seen):
                answer = execute(sql, params, many, context)
                if sql.split()[0] in ("SELECT", "INSERT", "UPDATE") and next(seen) == n:
                    raise Struck
                return answer

            before = PointAccount.objects.get(pk=member.pk)
            try:
                with connection.execute_wrapper(strike):
                    event_delivery._deliver([member.pk])
                done += 1
            except Struck:
                after = PointAccount.objects.get(pk=member.pk)
                assert (after.available, after.heard) == (before.available, before.heard)
                event_delivery.deliver(member.pk)
            assert PointAccount.objects.get(pk=member.pk).available == 5 * n
            if done:
                break

    assert done
    assert verification.verify() == []
