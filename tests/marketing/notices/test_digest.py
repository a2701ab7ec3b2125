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
from tests.factories.accounts import MemberFactory
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


@pytest.mark.parametrize("door", ["page", "api"])
def test_digest_when_a_member_turns_it_off_then_what_waits_leaves_with_the_next_sweep(
    gathering, client, bearer, mailoutbox, door
):
    other = MemberFactory()
    digest.choose(other, True)
    with at(FRIDAY, 10):
        for member in (gathering, other):
            cancelled(member, member.pk)
        deliveries.send_due()
    assert not mailoutbox

    with at(FRIDAY, 11):
        if door == "page":
            client.force_login(gathering)
            page = reverse("marketing:preferences")
            form = client.get(page).context["form"]
            ticked = {name: "on" for name, field in form.fields.items() if field.initial is True}
            assert ticked.pop("digest")
            said = client.post(page, {**ticked, "language": "en"}, follow=True)
        else:
            app = bearer(gathering)
            said = app.patch("/api/v1/me/notifications", {"digest": False}, format="json")
        assert said.status_code == 200
        deliveries.send_due()

    assert [mail.to for mail in mailoutbox] == [[gathering.email]]


def test_digest_when_turned_off_by_night_then_what_waits_leaves_in_the_morning(
    gathering, mailoutbox
):
    shop_gathers(False, hour=18)
    with at(FRIDAY, 20):
        cancelled(gathering)
        deliveries.send_due()

    with at(FRIDAY, 23):
        digest.choose(gathering, False)
        deliveries.send_due()
    assert not mailoutbox
    with at(SATURDAY, 9):
        deliveries.send_due()

    assert len(mailoutbox) == 1


@pytest.mark.usefixtures("push")
def test_digest_when_turned_off_then_a_browser_hears_at_once_and_a_failed_try_keeps_its_turn(
    gathering, receiver
):
    receiver.answers = {"/push": 201}
    Browser().allow(gathering, receiver.url("/push"))
    choices.choose(gathering, {"push": {"orders": True}})
    with at(FRIDAY, 10):
        cancelled(gathering, 1)
        cancelled(gathering, 2)
        sending.send_due()
        failed = Message.objects.latest("pk")
        Message.objects.filter(pk=failed.pk).update(tries=1)

    with at(FRIDAY, 11):
        digest.choose(gathering, False)
        sending.send_due()

    states = dict(Message.objects.values_list("pk", "state"))
    assert states.pop(failed.pk) == "waiting" and set(states.values()) == {"sent"}
    assert len(receiver.heard) == 1


@pytest.mark.parametrize(
    ("said", "leave"),
    [({"digest_hour": "9"}, ["follows"]),
     ({"daily_digest": "on", "digest_hour": "11"}, ["chose", "follows"])],
    ids=["off", "earlier"],
)  # fmt: skip
def test_digest_when_the_shop_changes_it_then_what_waits_goes_by_what_it_says_now(
    admin_client, mailoutbox, said, leave
):
    shop_gathers()
    follows, chose = MemberFactory(username="follows"), MemberFactory(username="chose")
    DigestChoice.objects.create(user=chose, is_on=True)
    with at(FRIDAY, 10):
        for member in (follows, chose):
            cancelled(member, member.pk)
        deliveries.send_due()
    page = reverse("admin:marketing_contactpolicy_change", args=[ContactPolicy.objects.get().pk])

    with at(FRIDAY, 11):
        answer = admin_client.post(page, {"per_day": "1", "per_week": "3", **said})
        deliveries.send_due()

    assert answer.status_code == 302
    addressed = {follows.email: "follows", chose.email: "chose"}
    assert sorted(addressed[mail.to[0]] for mail in mailoutbox) == leave
