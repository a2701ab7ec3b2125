"""Marketing and the periodic jobs in the admin: everything can be looked at, nothing be
rewritten.
"""

from datetime import date

import pytest
from django.contrib.auth import get_user_model

from mall.celery import app
from mall.jobs import runs
from marketing.analytics import rollup
from marketing.models import CheckIn
from tests.factories.marketing import CheckInFactory, NotificationFactory

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)
LISTS = ["marketing/checkin", "marketing/notification", "marketing/dailyrollup", "mall/jobrun"]
BEATS = [
    f"django_celery_beat/{model}"
    for model in ("periodictask", "intervalschedule", "crontabschedule", "clockedschedule")
]


@pytest.fixture
def back_office(client, member):
    """A superuser's browser, with one row of everything."""
    CheckInFactory(user=member, on=FRIDAY)
    NotificationFactory(user=member)
    rollup.roll_up(FRIDAY)
    runs.claim("expire-points", "2026-11-20")
    client.force_login(
        get_user_model().objects.create_superuser(
            "boss", "boss@example.com", "a-long-test-password"
        )
    )
    client.cookies["mall_language"] = "en"
    return client


@pytest.mark.parametrize("model", [*LISTS, *BEATS])
def test_admin_when_listed_then_it_opens(back_office, model):
    assert back_office.get(f"/admin/{model}/").status_code == 200


@pytest.mark.parametrize("model", LISTS)
def test_admin_when_rows_would_be_added_or_deleted_then_refused(back_office, model):
    rows = CheckIn.objects.count()

    assert back_office.get(f"/admin/{model}/add/").status_code == 403
    assert back_office.post(f"/admin/{model}/1/delete/", {"post": "yes"}).status_code in (
        302,
        403,
        404,
    )
    assert CheckIn.objects.count() == rows


def test_admin_when_a_row_is_opened_then_it_is_shown_in_words_and_not_changed(back_office):
    from marketing.models import Notification

    notice = Notification.objects.get()

    page = back_office.get(f"/admin/marketing/notification/{notice.pk}/change/")
    refused = back_office.post(f"/admin/marketing/notification/{notice.pk}/change/", {"url": "/x"})

    assert "is paid" in page.text
    assert refused.status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_admin_when_more_check_ins_then_query_count_is_literal(
    back_office, member, rows, django_assert_num_queries
):
    for n in range(rows):
        CheckInFactory(user=member, on=date(2026, 10, 1 + n))
    back_office.get("/admin/marketing/checkin/")

    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        back_office.get("/admin/marketing/checkin/")


QUERIES_OF_THE_LIST = 3


def test_admin_when_a_periodic_task_is_edited_then_its_form_knows_the_jobs(back_office):
    app.loader.import_default_modules()

    page = back_office.get("/admin/django_celery_beat/periodictask/add/")

    assert "mall.run_job" in page.text


def test_mission_when_added_then_the_form_names_the_events_the_shop_knows(back_office):
    page = back_office.get("/admin/marketing/mission/add/").text

    assert all(label in page for label in ("checkin Check in", "order_paid Pay for an order"))


def test_mission_when_read_in_chinese_then_its_beginning_is_no_state(back_office):
    back_office.cookies["mall_language"] = "zh-hans"

    page = back_office.get("/admin/marketing/mission/add/").text

    assert "起始" in page and "原状态" not in page


def test_job_runs_when_listed_then_each_says_what_it_does(back_office):
    assert "Takes overdue points out of balances" in back_office.get("/admin/mall/jobrun/").text
