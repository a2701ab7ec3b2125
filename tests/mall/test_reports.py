"""The pages of numbers: what they say, to whom, at which cost, as CSV and through the API."""

import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.registration import note_sign_in, register
from mall.core import clock
from mall.reports.dress import dressed
from marketing.analytics import activity, period, reports, rollup
from marketing.analytics.report import Column, Report, Table
from marketing.checkin.streak import check_in
from marketing.models import DailyRollup
from points import ledger
from tests.marketing.orders import placed

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=clock.SHOP_ZONE)
TODAY = NOON.date()
ONE_DAY = timedelta(days=1)
# The session, the reader, what they may do, and a link of the sidebar, then the report's own.
COMMON = 3
COSTS = {"overview": 1, "activity": 1, "retention": 3, "cohorts": 1, "repurchase": 3}
COSTS |= {"points": 4, "liability": 2}
COSTS |= {"forecast": 1, "recommendations": 2}


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def staff():
    """staff(role) -> a member of staff in one role."""

    def made(role):
        user = register(role, f"{role}@example.com", "a-long-test-password")
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        user.groups.add(Group.objects.get(name=role))
        return user

    return made


@pytest.fixture
def busy_days():
    """Ten days: one comes daily, the other every second day, both buy each time; points are earned,
    spent, refunded; all is counted.
    """
    with time_machine.travel(NOON - 10 * ONE_DAY, tick=False):
        daily, other = (register(name, f"{name}@example.com") for name in ("daily", "other"))
    for n in range(10, 0, -1):
        with time_machine.travel(NOON - n * ONE_DAY, tick=False):
            for user in (daily, other) if n % 2 else (daily,):
                note_sign_in(user)
                check_in(user)
                placed(
                    user,
                    status="completed",
                    cash=Decimal("20.00"),
                    goods_cash=Decimal("20.00"),
                    paid_at=clock.now(),
                )
            spent = ledger.spend(daily.pk, points=20, key=f"s{n}", reference=f"order:{n}")
            if n == 5:
                ledger.refund(daily.pk, of_key=spent.key, points=10, key="r5", reference="order:5")
    rollup.roll_up_recent()
    return daily, other


def tiles_of(report):
    return {tile.name: tile.value for tile in report.tiles}


def last_week():
    return period.Period(TODAY - 7 * ONE_DAY, TODAY - ONE_DAY)


def test_points_when_days_are_counted_then_net_rate_and_liability_add_up(busy_days):
    tiles = tiles_of(reports.points(period.latest(30)))

    accounts = [ledger.PointAccount.objects.get(pk=user.pk) for user in busy_days]
    assert tiles["spent"] == 10 * 20 - 10
    assert tiles["outstanding"] == sum(account.available for account in accounts)
    assert tiles["liability"] == Decimal(tiles["outstanding"]) / 100
    assert tiles["redemption_rate"] == pytest.approx(190 / tiles["issued"])
    assert tiles["cost_per_order"] == Decimal("0.13")


def test_points_when_the_period_is_the_last_week_then_compared_with_the_week_before(busy_days):
    report = reports.points(last_week())

    spent = next(tile for tile in report.tiles if tile.name == "spent")
    assert (spent.value, spent.before) == (7 * 20 - 10, 3 * 20)
    assert {row[0] for row in report.table("rules").rows} and report.table("rules").rows[0][1] > 0


def test_activity_when_days_are_counted_then_means_and_windows_are_right(busy_days):
    tiles = tiles_of(reports.activity(last_week()))

    assert tiles["dau"] == pytest.approx((4 * 2 + 3 * 1) / 7, abs=0.05)
    assert (tiles["wau"], tiles["mau"], tiles["check_ins"]) == (2, 2, 11)


def test_retention_and_repurchase_when_walked_then_pages_and_report_agree(busy_days):
    assert tiles_of(reports.retention(period.latest(30)))["d1"] == pytest.approx(1 / 2)
    repurchase = reports.repurchase(period.latest(30))
    assert tiles_of(repurchase)["all"] == 1.0
    assert tiles_of(repurchase)["median"] == 1
    assert [row[1] for row in repurchase.table("funnel").rows] == [2, 2, 2, 15, 15, 15]
    assert reports.cohorts(period.latest(30)).table("months").rows == [["2026-11", 2, 1.0]]


@pytest.mark.parametrize("name", sorted(COSTS))
@pytest.mark.parametrize("days", [1, 9])
def test_page_when_opened_then_costs_the_same_however_many_days(
    name, days, client, staff, busy_days, django_assert_num_queries
):
    DailyRollup.objects.filter(on__lt=TODAY - days * ONE_DAY).delete()
    client.force_login(staff("operator"))

    with django_assert_num_queries(COMMON + COSTS[name]):
        page = client.get(reverse("report", args=[name]))

    assert page.status_code == 200 and page.context["report"]["tables"]


@pytest.mark.parametrize("name", sorted(COSTS))
def test_page_when_the_shop_is_empty_then_says_so(name, client, staff):
    client.force_login(staff("auditor"))

    page = client.get(reverse("report", args=[name]))

    assert (
        page.context["report"]["is_empty"]
        and b"<canvas" not in page.content
        and b'class="overview__nothing"' in page.content
    )


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("operator", 200),
        ("finance", 200),
        ("auditor", 200),
        ("admin", 200),
        ("support", 403),
        ("shopper", 403),
    ],
)
def test_page_when_roles_ask_then_only_readers_of_reports_see_it(
    role, status, client, staff, bearer
):
    user = staff(role)
    client.force_login(user)

    assert client.get(reverse("report", args=["points"])).status_code == status
    assert client.get(
        "/api/v1/staff/reports/points", headers={"accept": "application/json"}
    ).status_code in (401, 403)
    assert bearer(user).get("/api/v1/staff/reports/points").status_code == status
    assert (client.get(reverse("admin:index")).context.get("report") is not None) == (status == 200)


def test_page_when_nobody_or_a_member_asks_then_kept_out(client, signed_in_api, member):
    assert client.get(reverse("report", args=["points"])).status_code == 302
    assert signed_in_api.get("/api/v1/staff/reports/points").status_code == 403


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, TODAY - 29 * ONE_DAY, TODAY),
        ({"days": "7"}, TODAY - 6 * ONE_DAY, TODAY),
        ({"from": "2026-11-01", "to": "2026-11-07"}, date(2026, 11, 1), date(2026, 11, 7)),
        ({"from": "2026-11-15"}, date(2026, 11, 15), TODAY),
    ],
)
def test_period_when_asked_then_bookmarkable(query, first, last):
    assert period.read(query) == period.Period(first, last)


@pytest.mark.parametrize(
    "query",
    [
        {"days": "0"},
        {"days": "x"},
        {"days": "99999999999"},
        {"from": "2026-11-08", "to": "2026-11-07"},
        {"from": "tomorrow"},
        {"from": "1999-01-01"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"to": "9999-12-31"},
    ],
)
def test_period_when_it_makes_no_sense_then_refused_in_a_sentence(query, client, staff, bearer):
    operator = staff("operator")
    client.force_login(operator)

    page = client.get(reverse("report", args=["activity"]), query)
    answer = bearer(operator).get("/api/v1/staff/reports/activity", query)

    assert page.status_code == 200 and str(page.context["refusal"])
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "bad_period")


def test_csv_when_a_table_is_taken_along_then_raw_numbers_of_these_days(client, staff, busy_days):
    client.force_login(staff("finance"))

    file = client.get(
        reverse("report", args=["points"]),
        {"csv": "days", "from": "2026-11-13", "to": "2026-11-19"},
    )

    rows = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert "points-days-2026-11-13-2026-11-19.csv" in file["Content-Disposition"]
    assert len(rows) == 8 and rows[1][0] == "2026-11-19" and rows[1][2] == "20"
    assert client.get(reverse("report", args=["points"]), {"csv": "none"}).status_code == 404
    assert client.get(reverse("report", args=["none"])).status_code == 404


def test_csv_when_every_table_of_every_report_is_asked_then_each_comes(client, staff, busy_days):
    client.force_login(staff("finance"))
    for name, work_out in reports.REPORTS.items():
        for table in work_out(period.latest()).tables:
            file = client.get(reverse("report", args=[name]), {"csv": table.name})
            rows = list(
                csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig")))
            )
            assert len(rows) == len(table.rows) + 1, (name, table.name)


def test_api_when_read_then_the_same_numbers_as_the_page(staff, bearer, busy_days):
    answer = (
        bearer(staff("auditor"))
        .get("/api/v1/staff/reports/points", {"from": "2026-11-13", "to": "2026-11-19"})
        .json()
    )

    figures = {figure["name"]: figure for figure in answer["figures"]}
    assert (answer["first"], answer["last"]) == ("2026-11-13", "2026-11-19")
    assert (figures["spent"]["value"], figures["spent"]["before"]) == (130, 60)
    assert isinstance(figures["liability"]["value"], str)
    days = next(table for table in answer["tables"] if table["name"] == "days")
    assert len(days["rows"]) == 7 and days["columns"][0] == {
        "name": "on",
        "title": days["columns"][0]["title"],
        "unit": "day",
    }


def test_start_page_when_days_are_counted_then_shows_them(client, staff, busy_days):
    client.force_login(staff("operator"))

    report = client.get(reverse("admin:index")).context["report"]

    assert [chart["is_empty"] for chart in report["charts"]] == [False] * 3
    assert len(report["tables"][0]["rows"]) == 11


def test_late_day_when_an_order_of_a_past_day_is_completed_then_counted_again(member):
    from orders import lifecycle

    with time_machine.travel(NOON - 5 * ONE_DAY, tick=False):
        order = placed(member, status="shipped", paid_at=clock.now(), shipped_at=clock.now())
        activity.record(member.pk, clock.today(), "sign_in")
    rollup.roll_up_recent()
    day = TODAY - 5 * ONE_DAY
    assert DailyRollup.objects.get(pk=day).orders_completed == 0

    lifecycle.complete(order, actor="system")
    rollup.roll_up_recent()

    assert DailyRollup.objects.get(pk=day).orders_completed == 1
    assert tiles_of(reports.repurchase(period.latest(30)))["all"] == 0.0


def test_row_when_a_name_holds_markup_then_escaped():
    table = Table(
        "rules",
        "",
        [Column("rule", "", "text"), Column("points", "")],
        [["<b>", 1250], [None, None]],
    )

    rows = dressed(Report("x", "", tables=[table]), None)["tables"][0]["rows"]

    assert rows == [
        '<th scope="row">&lt;b&gt;</th><td class="number ">1,250</td>',
        '<th scope="row">–</th><td class="number ">–</td>',
    ]
