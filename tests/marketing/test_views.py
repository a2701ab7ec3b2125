"""The pages of marketing, as a browser without JavaScript sees them."""

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages

from marketing.models import CheckIn, Notification
from marketing.notices.inbox import unread_count
from orders.models import Order
from points.models import PointAccount, Rule
from tests.factories.catalog import SkuFactory
from tests.factories.marketing import CheckInFactory, NotificationFactory
from tests.marketing.orders import placed

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 20)
NOON = "2026-11-20T12:00:00+08:00"
ONE_DAY = timedelta(days=1)


def said(response):
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def english(client):
    client.cookies["mall_language"] = "en"
    return client


# --- home -----------------------------------------------------------------------
def test_home_when_visitor_and_empty_shop_then_ways_to_earn_come_from_the_rules(english, db):
    page = english.get("/")

    assert page.status_code == 200
    assert [(way.points, way.up_to) for way in page.context["ways"]][:3] == [
        (100, 0),
        (10, 0),
        (20, 50),
    ]
    assert "+100" in page.text and "+20–50" in page.text
    assert "/accounts/signup/" in page.text


def test_home_when_a_rule_is_paused_then_its_way_is_not_offered(english, db):
    Rule.objects.filter(action="login").update(status=Rule.Status.PAUSED)

    page = english.get("/")

    assert [way.points for way in page.context["ways"]][:2] == [100, 20]


def test_home_when_member_without_points_in_an_empty_shop_then_all_is_kind(english, member):
    english.force_login(member)
    Rule.objects.update(status=Rule.Status.PAUSED)

    page = english.get("/")

    assert page.status_code == 200
    assert "Check in</button>" in page.text
    assert "The shelves are being filled" in page.text


def test_home_when_member_then_balance_streak_orders_and_picks_are_there(english, member):
    english.force_login(member)
    SkuFactory(points_price=80, stock=1)
    order = placed(member, status=Order.Status.SHIPPED)
    placed(member, status=Order.Status.COMPLETED)

    page = english.get("/")

    assert page.context["balance"].available == 100
    assert [row.pk for row in page.context["waiting"]] == [order.pk]
    assert len(page.context["picks"]) == 1
    assert "Check in for 20 points" in page.text


def test_home_when_points_expire_within_a_month_then_it_says_so(english, member):
    from mall.core import clock
    from points import ledger

    english.force_login(member)
    ledger.accrue(member.pk, points=40, key="adjust:1", expires_on=clock.today() + 30 * ONE_DAY)
    ledger.accrue(member.pk, points=50, key="adjust:2", expires_on=clock.today() + 31 * ONE_DAY)

    page = english.get("/")

    assert page.context["expiring_points"] == 40


QUERIES_OF_A_MEMBERS_HOME = 11  # the goal is one
QUERIES_OF_A_VISITORS_HOME = 0  # the page is kept


@pytest.mark.parametrize("items", [1, 3])
def test_home_when_member_has_more_then_query_count_is_literal(
    signed_in, member, items, django_assert_num_queries
):
    for _item in range(items):
        SkuFactory(stock=1)
        placed(member)
        NotificationFactory(user=member)
    signed_in.get("/")

    with django_assert_num_queries(QUERIES_OF_A_MEMBERS_HOME):
        signed_in.get("/")


@pytest.mark.parametrize("items", [1, 3])
def test_home_when_shop_has_more_then_visitors_query_count_is_literal(
    client, db, items, django_assert_num_queries
):
    for _item in range(items):
        SkuFactory(stock=1)
    for _visit in range(2):  # with an empty cache the first one names the versions
        client.get("/")

    with django_assert_num_queries(QUERIES_OF_A_VISITORS_HOME):
        client.get("/")


# --- check-in -------------------------------------------------------------------
def test_checkin_when_visitor_then_asked_to_sign_in(client, db):
    assert client.get("/checkin/").headers["Location"] == "/accounts/login/?next=/checkin/"
    assert client.post("/checkin/").status_code == 302
    assert not CheckIn.objects.exists()


@time_machine.travel(NOON)
def test_checkin_when_pressed_twice_then_once_counted_and_kindly_said(english, member):
    english.force_login(member)

    first = english.post("/checkin/")
    again = english.post("/checkin/")

    assert first.headers["Location"] == again.headers["Location"] == "/checkin/"
    assert said(again)[0] == ("success", "Checked in: 20 points for you. See you tomorrow!")
    assert said(again)[1] == (
        "info",
        "You have already checked in today. Come back tomorrow for 25 points.",
    )
    assert PointAccount.objects.get(pk=member.pk).available == 120
    page = english.get("/checkin/")
    assert "Come back tomorrow for 25 points." in page.text
    assert '<form class="checkin-form' not in page.text


@time_machine.travel(NOON)
def test_checkin_when_month_is_shown_then_days_carry_their_points(english, member):
    english.force_login(member)
    CheckInFactory(user=member, on=FRIDAY - ONE_DAY, streak=1, points=20)
    CheckInFactory(user=member, on=FRIDAY, streak=2, points=25)

    page = english.get("/checkin/?month=2026-11")

    assert page.text.count("calendar__day--checked") == 2
    assert "2 days checked in, 45 points collected" in page.text


@pytest.mark.parametrize(
    "month", ["", "2026-13", "1999-12", "9999-12", "2126-01", "x", "2026-11-01", "２０２６-11"]
)
@time_machine.travel(NOON)
def test_checkin_when_month_is_odd_then_the_present_one_is_shown(signed_in, month):
    page = signed_in.get("/checkin/", {"month": month})

    assert page.status_code == 200
    assert page.context["calendar"].month == date(2026, 11, 1)


def test_checkin_when_form_has_no_token_then_refused_and_nothing_changed(member):
    from django.test import Client

    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(member)

    assert stranger.post("/checkin/").status_code == 403
    assert not CheckIn.objects.exists()


@time_machine.travel(NOON, tick=False)
def test_checkin_when_pressed_more_than_a_person_would_then_slowed_down(english, member):
    english.force_login(member)

    for _press in range(11):
        answer = english.post("/checkin/")

    assert answer.status_code == 302
    assert said(answer)[-1][1].startswith("That was a little fast.")


@pytest.mark.parametrize("rows", [1, 3])
def test_checkin_when_month_has_more_then_query_count_is_literal(
    signed_in, member, rows, django_assert_num_queries
):
    from mall.core import clock

    for n in range(rows):
        CheckInFactory(user=member, on=clock.today() - n * ONE_DAY)
    signed_in.get("/checkin/")

    with django_assert_num_queries(QUERIES_OF_THE_CALENDAR):
        signed_in.get("/checkin/")


QUERIES_OF_THE_CALENDAR = 4


# --- inbox ----------------------------------------------------------------------
def test_inbox_when_empty_then_it_says_what_will_come(english, member):
    english.force_login(member)

    assert "Nothing here yet" in english.get("/inbox/").text


def test_inbox_when_all_are_read_then_badge_is_gone_and_strangers_untouched(
    english, member, other_member
):
    english.force_login(member)
    NotificationFactory.create_batch(2, user=member)
    NotificationFactory(user=other_member)

    answer = english.post("/inbox/")

    assert answer.headers["Location"] == "/inbox/"
    assert (unread_count(member), unread_count(other_member)) == (0, 1)


def test_inbox_when_one_is_opened_then_it_is_read_and_leads_on(signed_in, member):
    first, second = NotificationFactory.create_batch(2, user=member)

    answer = signed_in.post("/inbox/", {"id": first.pk})

    assert answer.headers["Location"] == "/orders/"
    assert list(Notification.objects.unread()) == [second]


@pytest.mark.parametrize("sent", ["0", "-1", "x", "1.5", "9" * 30, "²"])
def test_inbox_when_id_is_odd_then_not_found(signed_in, sent):
    assert signed_in.post("/inbox/", {"id": sent}).status_code == 404


def test_inbox_when_notice_is_somebody_elses_then_not_found_and_unread(signed_in, other_member):
    strange = NotificationFactory(user=other_member)

    assert signed_in.post("/inbox/", {"id": strange.pk}).status_code == 404
    assert unread_count(other_member) == 1


def test_inbox_when_read_in_chinese_and_english_then_each_in_its_words(signed_in, member):
    NotificationFactory(user=member, params={"no": "42"})
    signed_in.cookies["mall_language"] = "en"

    page = signed_in.get("/inbox/").text
    assert "Your order is paid" in page
    assert "Order 42." in page


@pytest.mark.parametrize("rows", [1, 3])
def test_inbox_when_there_are_more_then_query_count_is_literal(
    signed_in, member, rows, django_assert_num_queries
):
    NotificationFactory.create_batch(rows, user=member)
    signed_in.get("/inbox/")

    with django_assert_num_queries(QUERIES_OF_THE_INBOX):
        signed_in.get("/inbox/")


QUERIES_OF_THE_INBOX = 5
