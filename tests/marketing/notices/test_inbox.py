"""The inbox: one row a fact, worded for its reader."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from mall.core import clock
from mall.core.events import tell
from marketing.models import Notification
from marketing.notices import deliveries
from marketing.notices.inbox import UNREAD_SHOWN, Kind, inbox, mark_read, notify, unread_count
from marketing.notices.topics import MANNERS, TOPICS
from marketing.notices.wording import WORDINGS, worded
from orders import events
from tests.factories.marketing import NotificationFactory
from tests.marketing.orders import placed

pytestmark = pytest.mark.django_db
PARAMS = {
    "no": "20261120-ABC",
    "streak": 3,
    "points": 35,
    "on": "2026-11-20",
    "at": "2026-11-20T04:30:00+00:00",
    "days": 7,
    "action": "review",
    "reason": "Reason 3",
    "mission": {"zh-hans": "任务3", "en": "Mission 3"},
    "product": {"zh-hans": "商品3", "en": "Product 3"},
    "coupon": {"zh-hans": "券3", "en": "Coupon 3"},
    "session": {"zh-hans": "场次3", "en": "Session 3"},
    "device": "Firefox 3",
    "level": 3,
    "gained": {"shields_a_month": 3},
    "code": "streak_30",
    "prize": {"zh-hans": "奖品3", "en": "Prize 3"},
}
NUMBERLESS = {
    Kind.EARNING_PAUSED,
    Kind.EARNING_RESUMED,
    Kind.REFERRAL_JOINED,
    Kind.REFERRAL_HELD,
    Kind.REFERRAL_NOT_COUNTED,
}


def test_notify_when_same_fact_again_then_one_row(member):
    for _again in range(2):
        notify(member.pk, kind=Kind.ORDER_PAID, key="order:1:paid", url="/orders/1/", no="1")

    assert list(inbox(member).values_list("kind", "params", "url", "read_at")) == [
        ("order_paid", {"no": "1"}, "/orders/1/", None)
    ]


def test_notify_when_same_key_of_another_member_then_each_has_one(member, other_member):
    for user in (member, other_member):
        notify(user.pk, kind=Kind.ORDER_PAID, key="order:1:paid", no="1")

    assert [inbox(user).count() for user in (member, other_member)] == [1, 1]


def test_notify_when_the_fact_rolls_back_then_no_notice(member):
    with pytest.raises(RuntimeError), transaction.atomic():
        notify(member.pk, kind=Kind.ORDER_PAID, key="order:1:paid", no="1")
        raise RuntimeError

    assert not inbox(member).exists()


@pytest.mark.parametrize("kind", Kind.values)
def test_worded_when_any_kind_then_it_carries_its_number(kind):
    with translation.override("en"):
        wording = worded(kind, PARAMS)

    assert "%" not in wording.title + wording.text
    assert wording.text and wording.icon
    said = wording.title + wording.text
    assert kind in NUMBERLESS or "20261120-ABC" in said or "3" in said


@pytest.mark.parametrize("kind", Kind.values)
def test_worded_when_a_row_of_an_earlier_release_lacks_numbers_then_still_a_notice(kind):
    with translation.override("en"):
        wording = worded(kind, {"no": "20261120-ABC"})

    assert "%" not in wording.title + wording.text


def test_notice_when_its_kind_is_of_a_newer_release_then_shown_and_mailed_plainly(
    client, signed_in_api, operator, member, mailoutbox
):
    notify(member.pk, kind=Kind.ORDER_PAID, key="order:1:paid", url="/orders/1/", no="1")
    Notification.objects.update(kind="order_teleported", params={"no": "1", "to": ["Mars"]})
    client.force_login(member)
    client.cookies["mall_language"] = "en"

    pages = [client.get("/inbox/"), client.get("/inbox/?topic=account"), client.get("/")]
    listed = signed_in_api.get("/api/v1/notifications").data["results"]
    noon = clock.start_of(clock.today() + timedelta(days=1)) + timedelta(hours=12)
    with time_machine.travel(noon, tick=False):  # at night mails wait
        sent = deliveries.send_due()
    client.force_login(operator)
    pages.append(client.get(reverse("admin:marketing_delivery_changelist")))

    assert {page.status_code for page in pages} == {200}
    assert "There is news for you" in pages[0].content.decode()
    assert [(one["kind"], bool(one["text"])) for one in listed] == [("order_teleported", True)]
    assert sent["sent"] == 1 and "Mars" not in mailoutbox[0].body


def test_topics_when_a_kind_is_added_then_it_has_a_manner_and_a_topic():
    assert set(MANNERS) == set(Kind.values)
    assert {manner.topic for manner in MANNERS.values()} == set(TOPICS)


def test_wordings_when_a_kind_is_added_then_it_has_words():
    assert set(WORDINGS) == set(Kind.values)


@pytest.mark.parametrize(
    ("told", "kind", "more"),
    [
        (events.paid, Kind.ORDER_PAID, {"points": 100, "cash": "0"}),
        (
            partial(events.shipped, actor="staff:1"),
            Kind.ORDER_SHIPPED,
            {"carrier": "SF", "tracking": "1"},
        ),
        (partial(events.completed, actor="system"), Kind.ORDER_COMPLETED, {}),
        (partial(events.cancelled, was="paid", actor="system"), Kind.ORDER_CANCELLED, {}),
    ],
)
def test_listener_when_an_order_moves_twice_then_one_notice_that_leads_to_it(
    member, told, kind, more
):
    now = clock.now()
    order = placed(
        member,
        carrier="SF",
        tracking_number="1",
        paid_at=now,
        shipped_at=now,
        completed_at=now,
        cancelled_at=now,
    )

    for _again in range(2):
        tell(told(order))

    beside = [Kind.POINTS_SPENT, Kind.BADGE_EARNED]
    row = inbox(member).exclude(kind__in=beside).get()
    assert (row.kind, row.params, row.url) == (
        kind,
        {"no": order.no, **more},
        order.get_absolute_url(),
    )


def test_mark_read_when_all_then_only_own_notices_change(member, other_member):
    NotificationFactory.create_batch(3, user=member)
    NotificationFactory(user=other_member)

    assert mark_read(member) == 3
    assert mark_read(member) == 0
    assert (unread_count(member), unread_count(other_member)) == (0, 1)


def test_mark_read_when_some_are_named_then_strangers_are_left_alone(member, other_member):
    own, kept = NotificationFactory.create_batch(2, user=member)
    strange = NotificationFactory(user=other_member)

    assert mark_read(member, ids=[own.pk, strange.pk]) == 1

    assert list(Notification.objects.unread().order_by("pk")) == [kept, strange]


def test_unread_count_when_there_are_many_then_counting_stops(member):
    NotificationFactory.create_batch(UNREAD_SHOWN + 5, user=member)

    assert unread_count(member) == UNREAD_SHOWN + 1
