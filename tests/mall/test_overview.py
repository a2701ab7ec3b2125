"""The back office's start page: what waits, what happened today, and to whom it is shown."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.urls import reverse
from django.utils import translation
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from mall import overview
from mall.core import clock
from mall.core.models import JobRun
from mall.jobs import runs
from tests.factories.orders import give_points, place, virtual_sku

pytestmark = pytest.mark.django_db

FIGURES = 21


@pytest.fixture(autouse=True)
def fresh_figures():
    cache.clear()


@pytest.fixture
def staff(member):
    member.is_staff = True
    member.save(update_fields=["is_staff"])
    return member


@pytest.fixture
def paid_order(member):
    give_points(member, 300)

    def order():
        return place(member, virtual_sku(points=100))

    return order


@pytest.fixture
def administrator(staff):
    staff.is_superuser = True
    staff.save(update_fields=["is_superuser"])
    return staff


def figures_of(client):
    sections = client.get(reverse("admin:index")).context["sections"]
    with translation.override("en"):
        return {str(figure.label): figure for section in sections for figure in section["figures"]}


def test_show_when_orders_wait_then_the_figure_leads_to_them(client, administrator, paid_order):
    client.force_login(administrator)
    paid_order()
    place(administrator, virtual_sku(cash="5.00"))

    figures = figures_of(client)

    assert len(figures) == FIGURES
    assert (figures["Orders to ship"].number, figures["Orders to ship"].asks) == (1, True)
    assert (figures["Unpaid orders"].number, figures["Orders placed"].number) == (1, 2)
    assert parse_qs(urlsplit(figures["Orders to ship"].url).query) == {
        "status__exact": ["paid"],
        "refunded_at__isnull": ["True"],
    }


def test_show_when_every_figure_is_followed_then_its_list_is_as_long(
    client, administrator, paid_order
):
    client.force_login(administrator)
    paid_order()

    figures = figures_of(client)
    lists = {label: client.get(figure.url) for label, figure in figures.items()}

    assert {label for label, page in lists.items() if page.status_code != 200} == set()
    # those count points, not rows
    counted = [label for label in lists if not label.startswith("Points ")]
    assert {label: lists[label].context["cl"].result_count for label in counted} == {
        label: figures[label].number for label in counted
    }


@pytest.mark.parametrize("items", [1, 3])
def test_show_when_more_waits_then_no_more_queries(
    client, administrator, paid_order, django_assert_num_queries, items
):
    client.force_login(administrator)
    for _n in range(items):
        paid_order()

    # who asks (2), the report, nine of what waits, four of today, what a new shop needs
    with django_assert_num_queries(18):
        client.get(reverse("admin:index"))


@pytest.mark.parametrize("role", ["support", "operator", "finance", "auditor", "admin"])
def test_show_when_a_role_looks_then_each_figure_shown_opens(client, staff, role):
    staff.groups.add(Group.objects.get(name=role))
    client.force_login(staff)

    figures = figures_of(client)

    assert (
        "Failed jobs" in figures if role in ("auditor", "admin") else "Failed jobs" not in figures
    )
    assert {
        label for label, figure in figures.items() if client.get(figure.url).status_code != 200
    } == set()


def test_show_when_somebody_has_no_role_then_the_page_says_whom_to_ask(client, staff):
    client.force_login(staff)

    page = client.get(reverse("admin:index"))

    assert page.context["sections"] == []
    assert "overview__nothing" in page.content.decode()


def test_failed_when_a_run_rests_unfinished_then_only_that_one_counts():
    now = clock.now()
    failed = JobRun.objects.create(job="expire-points", period="a", attempts=1)
    JobRun.objects.create(
        job="expire-points", period="running", attempts=1, claimed_until=now + timedelta(minutes=5)
    )
    JobRun.objects.create(job="expire-points", period="done", attempts=2, finished_at=now)
    JobRun.objects.create(
        job="expire-points", period="old", attempts=5, created_at=now - timedelta(days=3)
    )

    assert list(runs.failed()) == [failed]


def test_sections_when_listed_then_every_figure_has_a_permission():
    permissions = [
        permission for _title, sources in overview.SECTIONS for permission, _figures_of in sources
    ]

    assert all(".view_" in permission for permission in permissions)


def test_periodic_jobs_when_listed_then_their_times_are_words(client, administrator):
    CrontabSchedule.objects.all().delete()
    at = CrontabSchedule.objects.create(minute="30", hour="2")
    PeriodicTask.objects.create(name="sweep", task="mall.run_job", crontab=at)
    client.force_login(administrator)

    page = client.get(reverse("admin:django_celery_beat_periodictask_changelist"))

    assert "02:30" in page.content.decode()
