"""Mails taken for many members at once: statements, what is given back, and whose rows they are."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from mall.core import clock, face
from marketing.models import Delivery, Notification
from marketing.notices import deliveries, mail_claims, mail_handover
from marketing.notices.inbox import Kind, notify_many
from tests.factories.accounts import MemberFactory

pytestmark = pytest.mark.django_db
State = Delivery.State
NOON = datetime(2026, 11, 20, 12, tzinfo=clock.SHOP_ZONE)


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def paid(members):
    notify_many(
        [
            Notification(
                user_id=member.pk, kind=Kind.ORDER_PAID, key="order:1:paid", params={"no": "1"}
            )
            for member in members
        ]
    )


def states():
    return list(Delivery.objects.order_by("pk").values_list("state", "tries"))


def statements_of_a_sweep(count):
    Delivery.objects.all().delete()
    paid(MemberFactory.create_batch(count))
    face.current()  # in whose name: known to a process that runs
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert deliveries.send_due() == {"sent": count, "skipped": 0}
    return [query["sql"] for query in seen]


def test_send_due_when_more_are_due_then_one_statement_a_mail_more(noon, mailoutbox):
    few, many = len(statements_of_a_sweep(1)), len(statements_of_a_sweep(4))

    # abandoned?, who, rows, sent lately, members, likes, claim; then who again: nobody
    assert (few, many - few) == (10, 3 * 1)
    assert len(mailoutbox) == 5


@pytest.mark.parametrize("place", range(3))
def test_send_due_when_one_of_three_moves_meanwhile_then_the_others_are_known_as_sent(
    noon, mailoutbox, monkeypatch, place
):
    members = MemberFactory.create_batch(3)
    paid(members)
    take = mail_claims.take

    def moved_since(user_ids):
        taken = take(user_ids)
        type(members[0]).objects.filter(pk=members[place].pk).update(email="new@example.com")
        return taken

    monkeypatch.setattr(mail_claims, "take", moved_since)

    assert deliveries.send_due() == {"sent": 2, "lost": 1, "skipped": 0}

    rows = list(Delivery.objects.all())
    moved = next(row for row in rows if row.user_id == members[place].pk)
    rows.remove(moved)
    assert (moved.state, moved.handed_at, moved.sent_at) == (State.SENDING, None, None)
    assert [(row.state, row.sent_at) for row in rows] == [(State.SENT, NOON)] * 2
    assert all((row.handed_at, row.claimed_until, row.error) == (NOON, None, "") for row in rows)
    assert len(mailoutbox) == 2


def test_send_due_when_the_second_is_refused_then_the_first_is_known_as_sent(
    noon, mailoutbox, monkeypatch
):
    paid(MemberFactory.create_batch(3))
    hand_over, said = mail_handover.hand_over, []

    def noted(mail, *, after=None):
        said.append((mail.rows[0].pk, after and after.rows[0].pk))
        return hand_over(mail, after=after)

    monkeypatch.setattr(mail_handover, "hand_over", noted)
    first, second, third = Delivery.objects.order_by("pk").values_list("pk", flat=True)
    spoken = deliveries._spoken
    monkeypatch.setattr(
        deliveries,
        "_spoken",
        lambda rows, letter: (
            deliveries._refused(rows, OSError(), 550, "no")
            if rows[0].pk == second
            else spoken(rows, letter)
        ),
    )

    assert deliveries.send_due() == {"sent": 2, "dead": 1, "skipped": 0}

    assert said == [(first, None), (second, first), (third, None)]
    assert states() == [(State.SENT, 1), (State.DEAD, 1), (State.SENT, 1)]


def test_send_due_when_one_letter_cannot_be_written_then_the_others_are_given_back(
    noon, mailoutbox
):
    paid(MemberFactory.create_batch(3))
    broken = Delivery.objects.order_by("pk").first()
    Notification.objects.filter(pk=broken.notification_id).update(params=[])

    with pytest.raises(AttributeError):
        deliveries.send_due()

    assert states() == [(State.SENDING, 1), (State.WAITING, 0), (State.WAITING, 0)]
    assert deliveries.send_due() == {"sent": 2, "skipped": 0}


def test_give_back_when_some_were_not_come_to_then_untried_and_what_was_handed_over_stays(noon):
    paid(MemberFactory.create_batch(3))
    mails, _unwanted = mail_claims.take(mail_claims.members_due())
    assert states() == [(State.SENDING, 1)] * 3

    mail_claims.give_back(mails[1:])

    assert states() == [(State.SENDING, 1), (State.WAITING, 0), (State.WAITING, 0)]
    assert mail_handover.hand_over(mails[0])
    mail_claims.give_back(mails[:1])
    assert states()[0] == (State.SENDING, 1)


@pytest.mark.parametrize("change", [{"email": "new@example.com"}, {"is_active": False}])
def test_hand_over_when_the_member_moved_or_left_since_then_nothing_is_said(
    noon, mailoutbox, change
):
    member = MemberFactory()
    paid([member])
    ((taken,), _unwanted) = mail_claims.take([member.pk])
    type(member).objects.filter(pk=member.pk).update(**change)

    assert not mail_handover.hand_over(taken)

    assert Delivery.objects.get().handed_at is None
    noon.shift(mail_claims.LEASE + timedelta(seconds=1))
    deliveries.send_due()
    moved = change.get("email")
    assert states() == [(State.SENT, 2) if moved else (State.SKIPPED, 1)]
    assert [letter.to for letter in mailoutbox] == ([[moved]] if moved else [])


def test_hand_over_when_another_sweep_took_the_rows_over_then_nothing_is_said(noon):
    member = MemberFactory()
    paid([member])
    ((late,), _unwanted) = mail_claims.take([member.pk])
    noon.shift(mail_claims.LEASE + timedelta(seconds=1))
    mail_claims.take_over_abandoned()
    ((mine,), _unwanted) = mail_claims.take([member.pk])

    assert not mail_handover.hand_over(late)

    assert mail_handover.hand_over(mine)
    assert not mail_handover.note_sent(late)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("refused", [OperationalError(1213, "Deadlock"), InterfaceError(0, "")])
def test_send_due_when_the_database_fails_after_the_mail_left_then_it_is_known_as_sent(
    mailoutbox, refused
):
    paid(MemberFactory.create_batch(2))
    failures = [refused]

    def once(execute, sql, params, many, context):
        if failures and "sent_at" in sql and sql.startswith("UPDATE"):
            raise failures.pop()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(once):
        assert deliveries.send_due() == {"sent": 2, "skipped": 0}

    assert (states(), failures) == ([(State.SENT, 1)] * 2, [])
    assert len(mailoutbox) == 2


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_send_due_when_eight_sweeps_meet_over_many_members_then_each_mail_once(
    run_threads, deadlocks
):
    members = MemberFactory.create_batch(2 * mail_claims.MEMBERS)
    paid(members)

    outcomes = run_threads(8, deliveries.send_due)

    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted(
        member.email for member in members
    )
    assert states() == [(State.SENT, 1)] * len(members)
    assert deadlocks() == 0
