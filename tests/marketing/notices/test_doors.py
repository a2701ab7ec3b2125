"""The doors of notices: inbox, choices, and the operator's queue."""

import pytest

from accounts.models import User
from mall.core.models import AuditRow
from marketing.models import Delivery
from marketing.notices import preferences
from marketing.notices.inbox import Kind, inbox, notify, unread_count
from tests.factories.marketing import NotificationFactory

pytestmark = pytest.mark.django_db
CHOICES = "/api/v1/me/notifications"


def told(member, kind=Kind.ORDER_SHIPPED, key="k"):
    notify(member.pk, kind=kind, key=key, no="42", mission="M", points=5, action="review")


# --- inbox ------------------------------------------------------------------------
def test_inbox_when_a_topic_is_chosen_then_only_it_is_shown(signed_in, member):
    told(member)
    told(member, kind=Kind.POINTS_EARNED, key="p")
    signed_in.cookies["mall_language"] = "en"

    page = signed_in.get("/inbox/?topic=points").text

    assert "5 points for you" in page
    assert "Your order is on its way" not in page
    assert "Nothing of this kind yet" in signed_in.get("/inbox/?topic=offers").text
    assert signed_in.get("/inbox/?topic=<x>").status_code == 200


def test_inbox_when_one_is_marked_then_only_it_is_read_and_the_page_stays(signed_in, member):
    first, second = NotificationFactory.create_batch(2, user=member)

    answer = signed_in.post("/inbox/", {"only": first.pk})

    assert answer.headers["Location"] == "/inbox/"
    assert list(inbox(member).unread()) == [second]


def test_notify_when_a_kind_is_muted_then_neither_row_nor_badge(member):
    preferences.choose(member, {Kind.POINTS_EARNED: preferences.Choice(inbox=False, email=False)})

    told(member, kind=Kind.POINTS_EARNED)

    assert (inbox(member).count(), unread_count(member)) == (0, 0)


def test_notify_when_a_kind_is_wanted_by_mail_only_then_mailed_and_not_in_the_inbox(member):
    preferences.choose(member, {Kind.POINTS_EARNED: preferences.Choice(inbox=False, email=True)})

    told(member, kind=Kind.POINTS_EARNED)

    assert (inbox(member).count(), Delivery.objects.count()) == (0, 1)


# --- choices ----------------------------------------------------------------------
def test_choose_when_the_page_is_sent_then_kept_and_money_stays_in_the_inbox(signed_in, member):
    assert signed_in.get("/account/notifications/").status_code == 200

    signed_in.post("/account/notifications/", {"language": "en", "email_points_earned": "on"})

    chosen = preferences.of(member)
    assert chosen[Kind.POINTS_EARNED] == preferences.Choice(inbox=False, email=True)
    assert chosen[Kind.ORDER_PAID] == preferences.Choice(inbox=True, email=False)
    assert chosen[Kind.NEW_SIGN_IN] == preferences.Choice(inbox=True, email=True)
    assert User.objects.get(pk=member.pk).language == "en"


def test_choose_when_the_language_is_odd_then_refused(signed_in, member):
    assert signed_in.post("/account/notifications/", {"language": "xx"}).status_code == 400
    assert not member.preferences.exists()


def test_choices_api_when_patched_then_only_what_was_sent_changes(signed_in_api, member):
    before = {row["kind"]: row for row in signed_in_api.get(CHOICES).json()["kinds"]}

    answer = signed_in_api.patch(
        CHOICES,
        {"language": "en", "kinds": [{"kind": "points_earned", "email": True}]},
        format="json",
    )

    after = {row["kind"]: row for row in answer.json()["kinds"]}
    assert answer.json()["language"] == "en"
    assert {
        kind
        for kind in after
        if (after[kind]["inbox"], after[kind]["email"])
        != (before[kind]["inbox"], before[kind]["email"])
    } == {"points_earned"}


@pytest.mark.parametrize(
    "body",
    [
        {"kinds": [{"kind": "nothing", "email": True}]},
        {"kinds": [{"kind": "points_earned", "email": "yes"}]},
        {"kinds": [{"kind": "points_earned", "sms": True}]},
        {"language": "xx"},
        {"user": 1},
        {"kinds": "all"},
        [],
    ],
)
def test_choices_api_when_the_body_is_odd_then_bad_request_and_nothing_changed(
    signed_in_api, member, body
):
    assert signed_in_api.patch(CHOICES, body, format="json").status_code == 400
    assert not member.preferences.exists()


def test_set_language_when_signed_in_then_mails_follow(signed_in, member):
    signed_in.post("/language/", {"language": "en", "next": "/"})

    assert User.objects.get(pk=member.pk).language == "en"


def test_sign_up_when_in_english_then_mails_are_english(client):
    client.cookies["mall_language"] = "en"
    client.post(
        "/accounts/signup/",
        {"username": "reader", "email": "reader@example.com", "password1": "a-long-test-password"},
    )

    assert User.objects.get(username="reader").language == "en"


# --- the operator's queue ---------------------------------------------------------
@pytest.fixture
def dead(member):
    told(member)
    Delivery.objects.update(state=Delivery.State.DEAD, tries=5, error="550 no such user")
    return Delivery.objects.get()


def test_admin_when_a_mail_died_then_shown_with_its_error_and_sent_again(client, admin_user, dead):
    client.force_login(admin_user)
    page = client.get("/admin/marketing/delivery/?state__exact=dead").text
    assert "550 no such user" in page
    assert dead.user.email not in page

    client.post(
        "/admin/marketing/delivery/", {"action": "send_again", "_selected_action": [dead.pk]}
    )

    dead.refresh_from_db()
    assert (dead.state, dead.tries, dead.error) == ("waiting", 0, "")
    assert AuditRow.objects.filter(action="marketing.send_again").count() == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_admin_when_there_are_more_mails_then_the_queries_do_not_grow(
    client, admin_user, member, rows, django_assert_max_num_queries
):
    for n in range(rows):
        told(member, key=f"k{n}")
    client.force_login(admin_user)

    with django_assert_max_num_queries(12):
        client.get("/admin/marketing/delivery/")


def test_admin_when_only_looking_is_allowed_then_nothing_is_sent_again(
    client, django_user_model, dead
):
    from django.contrib.auth.models import Group

    auditor = django_user_model.objects.create_user(
        "auditor", "auditor@example.com", "x", is_staff=True
    )
    auditor.groups.add(Group.objects.get(name="auditor"))
    client.force_login(auditor)

    client.post(
        "/admin/marketing/delivery/", {"action": "send_again", "_selected_action": [dead.pk]}
    )

    dead.refresh_from_db()
    assert dead.state == "dead"
