"""One digest a day: what is not urgent gathers until the shop's hour, by mail and on the phone."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from mall.core import clock
from marketing.channels import choices, sending
from marketing.models import ContactPolicy, DigestChoice, Message
from marketing.notices import deliveries, digest
from marketing.notices.inbox import Kind, notify
from tests.marketing.test_channels import Browser, coupon, paid, push  # noqa: F401

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, tzinfo=clock.SHOP_ZONE)
SATURDAY = FRIDAY + timedelta(days=1)


def at(day, hour, minute=0):
    return time_machine.travel(day + timedelta(hours=hour, minutes=minute), tick=False)


def cancelled(member, n=1):
    notify(member.pk, kind=Kind.ORDER_CANCELLED, key=f"order:{n}:cancelled", no=n)


def shop_gathers(is_on=True, hour=9):
    ContactPolicy.objects.update(daily_digest=is_on, digest_hour=hour)


@pytest.fixture
def gathering(member):
    digest.choose(member, True)
    return member


def test_leaves_at_when_something_comes_then_at_the_next_hour_of_the_shop(db):
    moments = [(8, 59), (9, 0), (23, 0)]

    told = [digest.leaves_at(FRIDAY + timedelta(hours=h, minutes=m)) for h, m in moments]

    assert told == [day + timedelta(hours=9) for day in (FRIDAY, SATURDAY, SATURDAY)]


def test_send_due_when_a_member_gathers_then_one_mail_at_nine_and_payments_at_once(
    gathering, mailoutbox
):
    for hour in (10, 13, 20):
        with at(FRIDAY, hour):
            cancelled(gathering, hour)
            deliveries.send_due()
    with at(FRIDAY, 20, 30):
        paid(gathering)
        deliveries.send_due()
    with at(SATURDAY, 8, 59):
        cancelled(gathering, 9)
        deliveries.send_due()
    assert [len(mailoutbox), mailoutbox[0].body.count("13")] == [1, 0]  # the payment alone

    for minute in (0, 20):
        with at(SATURDAY, 9, minute):
            deliveries.send_due()

    assert len(mailoutbox) == 2
    assert all(f" {n}" in mailoutbox[1].body for n in (10, 13, 20, 9))


def test_send_due_when_an_offer_was_too_much_then_it_joins_the_next_digest(gathering, mailoutbox):
    ContactPolicy.objects.update(per_day=1, per_week=9)
    with at(FRIDAY, 7):
        coupon(gathering, 1)
    with at(FRIDAY, 9):
        deliveries.send_due()
    with at(FRIDAY, 8):  # written late: it came before the hour
        coupon(gathering, 2)
    with at(FRIDAY, 9, 30):
        deliveries.send_due()
    with at(SATURDAY, 8, 30):
        deliveries.send_due()
    assert len(mailoutbox) == 1

    with at(SATURDAY, 9):
        deliveries.send_due()

    assert len(mailoutbox) == 2


@pytest.mark.parametrize(
    ("shop", "chosen", "gathers"),
    [(True, None, True), (True, False, False), (False, None, False), (False, True, True)],
)
def test_send_due_when_shop_and_member_say_otherwise_then_the_members_word_holds(
    member, mailoutbox, shop, chosen, gathers
):
    shop_gathers(shop)
    if chosen is not None:
        DigestChoice.objects.create(user=member, is_on=chosen)

    with at(FRIDAY, 10):
        cancelled(member)
        deliveries.send_due()

    assert len(mailoutbox) == (0 if gathers else 1)
    with at(SATURDAY, 9):
        deliveries.send_due()
    assert len(mailoutbox) == 1


@pytest.mark.usefixtures("push")
def test_send_due_when_a_browser_listens_then_one_message_at_the_shops_hour(gathering, receiver):
    shop_gathers(False, hour=18)
    receiver.answers = {"/push": 201}
    Browser().allow(gathering, receiver.url("/push"))
    choices.choose(gathering, {"push": {"orders": True}})
    with at(FRIDAY, 10):
        cancelled(gathering, 1)
        paid(gathering)
        sending.send_due()
    with at(FRIDAY, 15):
        cancelled(gathering, 2)
        sending.send_due()
    assert len(receiver.heard) == 1

    with at(FRIDAY, 18):
        sending.send_due()

    assert len(receiver.heard) == 2
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_digest_when_chosen_on_page_and_api_then_both_say_the_same(
    signed_in, signed_in_api, member
):
    page, api = reverse("marketing:preferences"), "/api/v1/me/notifications"
    assert signed_in.get(page).context["form"]["digest"].initial is False

    told = signed_in_api.patch(api, {"digest": True}, format="json").json()
    assert (told["digest"], told["digest_hour"]) == (True, 9)
    assert signed_in.get(page).context["form"]["digest"].initial is True
    refused = signed_in_api.patch(api, {"digest": "yes"}, format="json")
    assert refused.json()["errors"][0]["attr"] == "digest"
    signed_in.post(page, {"language": "en"})

    assert signed_in_api.get(api).json()["digest"] is False
    assert DigestChoice.objects.get().is_on is False


def test_choose_when_it_is_what_the_shop_does_anyway_then_the_member_still_follows_the_shop(member):
    digest.choose(member, False)
    shop_gathers()

    assert not DigestChoice.objects.exists()
    assert digest.is_on_for(type(member).objects.get(pk=member.pk))
