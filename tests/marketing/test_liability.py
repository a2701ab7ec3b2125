"""What is owed and will not be used: lots by month, the forecast and its error, closed months."""

import csv
import dataclasses
import io
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from mall import verification
from mall.core import clock
from mall.core.append_only import AppendOnlyError
from marketing.analytics import breakage, lots, statements
from marketing.analytics.breakage import Cell, Ladder
from marketing.analytics.period import Period
from marketing.analytics.reports.breakage import month_ends
from marketing.models import LotMonth, MonthStatement
from points import expiry, ledger
from points.models import ExchangeRate, LedgerEntry, PointAccount
from tests.factories.points import member_with
from tests.marketing.breakage_shop import live

JANUARY = date(2025, 1, 1)


def at(year, month, day=10):
    moment = datetime(year, month, day, 12, tzinfo=clock.SHOP_ZONE)
    return time_machine.travel(moment, tick=False)


# --- the forecast: pure arithmetic -----------------------------------------------------
def test_forecast_when_each_month_uses_a_half_then_what_is_left_is_halved():
    """Worked by hand: 100 points end three months later, and each month half of them is used."""
    cells, month = [], JANUARY
    for n in range(8):
        issued = lots.months_on(month, n)
        ends = lots.months_on(issued, 3)
        cells.append(Cell(issued, ends, issued=100))
        cells += [
            Cell(lots.months_on(issued, 1), ends, used=50),
            Cell(lots.months_on(issued, 2), ends, used=25),
            Cell(ends, ends, expired=25),
        ]
    ladder = Ladder(cells, lots.months_on(month, 6))

    told = breakage.forecast(ladder)

    assert told == {
        lots.months_on(month, 7): 25.0,  # 25 left, and no month to use them in
        lots.months_on(month, 8): 25.0,  # 50 left, one month
        lots.months_on(month, 9): 25.0,  # 100 left, two months
    }
    assert [cohort.share for cohort in breakage.cohorts(ladder)] == [0.25] * 7
    tried = breakage.try_back(cells, lots.months_on(month, 6), months=2)
    assert [(one.expired, one.said, one.as_last_year) for one in tried] == [(25, 25.0, None)] * 2
    assert breakage.error_of(tried, "said") == 0
    assert breakage.error_of(tried, "as_last_year") is None


@pytest.mark.parametrize(("often", "at_most"), [(2, 0.5), (0.5, 0.5), (1, 0.8)])
def test_try_back_when_a_shop_is_simulated_then_better_than_last_years_share(often, at_most):
    """Where members changed, half of the other's error or less; where nothing did, both miss by
    chance, and this one less.
    """
    sums = defaultdict(float)
    for seed in range(3):
        cells, last = live(seed, members=300, changed_from=36, changed_use=often)
        tried = breakage.try_back(cells, last)
        for name in ("said", "as_last_year"):
            sums[name] += breakage.error_of(tried, name)

    assert sums["said"] <= at_most * sums["as_last_year"]


def test_try_back_when_nothing_changes_then_nobody_could_halve_the_error_and_we_come_close():
    """The goal of issue 10 (half the error of last year's share) is out of reach in a small shop
    where nothing changes: whoever knew every member by heart misses more than half of it, too.
    """
    sums = defaultdict(float)
    for seed in range(6):
        known = {}
        cells, last = live(seed, known=known)
        tried = breakage.try_back(cells, last)
        by_heart = [dataclasses.replace(one, said=known[one.month]) for one in tried]
        sums["said"] += breakage.error_of(tried, "said")
        sums["as_last_year"] += breakage.error_of(tried, "as_last_year")
        sums["by_heart"] += breakage.error_of(by_heart, "said")

    assert sums["by_heart"] > 0.5 * sums["as_last_year"]
    assert sums["by_heart"] < sums["said"] < 1.25 * sums["by_heart"]


def test_ahead_of_expiry_when_a_third_is_used_then_a_third_of_the_breakage_is_revenue():
    cells = [
        Cell(JANUARY, date(2026, 2, 1), issued=1000),
        Cell(JANUARY, date(2025, 2, 1), issued=100, used=50),  # half of these will expire
        Cell(date(2025, 2, 1), date(2025, 2, 1), expired=50),
        Cell(date(2025, 2, 1), date(2026, 2, 1), used=300),
    ]
    ladder = Ladder(cells, date(2025, 2, 1))

    ahead = breakage.ahead_of_expiry(ladder)

    [left] = [points for points in breakage.forecast(ladder).values()]
    used_in_the_end = 1000 - left
    assert ahead == pytest.approx(left * 300 / used_in_the_end)


# --- lots and statements, from the ledger ------------------------------------------------
@pytest.fixture
def lived(db):
    """Two members over fifteen months: earned, spent, held and released, given back, expired."""
    with at(2025, 1):
        ExchangeRate.objects.filter(effective_from__gt=clock.now()).update(
            effective_from=clock.now()
        )
        one, two = member_with(1000), member_with(600, key="gift:two")
    with at(2025, 2):
        ledger.spend(one.pk, points=300, key="a", reference="order:A")
        ledger.hold(two.pk, points=100, key="h", reference="order:H", expires_at=timezone.now())
    with at(2025, 3):
        ledger.refund(one.pk, of_key="a", points=50, key="a:back", reference="order:A")
        ledger.release(two.pk, hold_key="h", key="h:back")
        ledger.accrue(two.pk, points=200, key="more")
        ledger.clawback(two.pk, of_key="more", points=80, key="less", reference="order:L")
    with at(2025, 4):
        ledger.adjust(one.pk, points=-10, key="fix", actor="staff:1", note="mistake")
    with at(2026, 2):
        expiry.expire_due()
    with at(2026, 3, 20):
        ledger.spend(two.pk, points=20, key="b", reference="order:B")
    return one, two


def test_count_due_when_the_books_moved_then_lots_are_those_of_the_accounts(lived):
    with at(2026, 4):
        assert lots.count_due() == 7  # the months something happened in, and this one
        assert lots.count_due() == 2
        held = defaultdict(int)
        for account in PointAccount.objects.filter(pk__in=[member.pk for member in lived]):
            for day, points in account.lots:
                held[lots._ends(day)] += points
        ladder = Ladder(statements.cells_until(date(2026, 4, 1)), date(2026, 4, 1))

    assert {ends: ladder.left(ends) for ends in ladder.by_end if ladder.left(ends)} == held
    gone = LotMonth.objects.get(month=date(2026, 2, 1), ends=date(2026, 2, 1))
    assert gone.expired == 740 + 600


def test_close_due_when_months_are_over_then_frozen_and_equal_to_the_books(lived):
    with at(2026, 4):
        assert statements.close_due() == 15
        assert statements.close_due() == 0
    rows = list(MonthStatement.objects.order_by("month"))

    assert (rows[0].month, rows[0].issued, rows[0].owed, rows[0].worth) == (
        JANUARY,
        1600,
        1600,
        Decimal("16.00"),
    )
    assert (rows[1].redeemed, rows[1].owed) == (-300, 1300)  # what is reserved is still owed
    assert (rows[2].issued, rows[2].redeemed) == (120, 50)
    assert rows[3].adjusted == -10
    assert (rows[13].expired, rows[13].owed) == (-1340, 120)
    assert (rows[12].breakage, rows[13].breakage is None) == (None, False)
    assert sum(row.issued + row.redeemed + row.expired + row.adjusted for row in rows) == sum(
        entry.worth + entry.held_delta for entry in LedgerEntry.objects.all()
    )
    assert verification.verify() == []

    january = rows[0]
    january.issued = 0
    with pytest.raises(AppendOnlyError):
        january.save()
    with pytest.raises(AppendOnlyError):
        MonthStatement.objects.update(issued=0)


def test_close_due_when_a_fact_comes_late_then_it_stands_in_the_next_month(lived):
    with at(2026, 4):
        statements.close_due()
    before = list(MonthStatement.objects.values())
    with at(2026, 3, 5):
        late = member_with(70, key="gift:late")  # posted with a day of a closed month
    with at(2026, 4):
        ledger.spend(late.pk, points=30, key="c", reference="order:C")

    with at(2026, 5):
        assert statements.close_due() == 1

    assert list(MonthStatement.objects.order_by("-month").values()[1:]) == before
    april = MonthStatement.objects.latest("month")
    assert (april.late, april.issued, april.redeemed, april.owed) == (70, 70, -30, 140)
    assert verification.verify() == []


def test_close_due_when_the_rate_changes_then_what_is_owed_is_worth_another_sum(lived):
    with at(2025, 3, 1):
        ExchangeRate.objects.create(points_per_yuan=200, effective_from=clock.now())
    with at(2026, 4):
        statements.close_due()

    march = MonthStatement.objects.get(month=date(2025, 3, 1))
    lines = {line["line"]: Decimal(line["yuan"]) for line in march.lines}
    assert lines["issued"] == Decimal("0.60")
    assert march.worth == Decimal("7.35")
    assert lines["revalued"] == Decimal("7.35") - Decimal("13.00") - Decimal("0.85")
    assert verification.verify() == []


def test_report_when_an_accountant_reads_then_page_file_and_api_say_the_same(
    client, lived, operator, bearer
):
    with at(2026, 4):
        statements.close_due()
        client.force_login(operator)
        page = client.get(reverse("report", args=["liability"]), {"days": "90"})
        taken = client.get(
            reverse("report", args=["liability"]),
            {"from": "2025-01-01", "to": "2026-03-31", "csv": "journal"},
        )
        told = bearer(operator).get("/api/v1/staff/reports/liability?days=30").json()
        listed = client.get(reverse("admin:marketing_monthstatement_changelist"))
        row = client.get(reverse("admin:marketing_monthstatement_change", args=["2026-02-01"]))

    assert (page.status_code, listed.status_code, row.status_code) == (200, 200, 200)
    lines = list(csv.DictReader(io.StringIO(taken.getvalue().decode("utf-8-sig"))))
    assert len(lines) == 15 * 6
    names = list(lines[0])
    points = sum(int(line[names[4]]) for line in lines if line[names[1]] != "breakage")
    assert points == MonthStatement.objects.latest("month").owed == 100
    figures = {figure["name"]: figure["value"] for figure in told["figures"]}
    assert (figures["owed"], figures["worth"]) == (100, "1.00")


def test_report_when_points_never_end_are_reserved_or_owed_then_the_ladder_adds_up(lived, operator):
    one, two = lived
    with at(2026, 3):
        ledger.accrue(two.pk, points=40, key="ever", expires_on=None)
    with at(2026, 3, 25):
        ledger.hold(two.pk, points=30, key="h2", reference="order:I", expires_at=timezone.now())
        ledger.accrue(one.pk, points=50, key="much")
        ledger.spend(one.pk, points=50, key="all", reference="order:K")
        ledger.clawback(one.pk, of_key="much", points=50, key="back", reference="order:L")
    with at(2026, 4):
        statements.close_due()
        report = month_ends(Period(date(2026, 3, 1), date(2026, 3, 31)))

    [ladder] = [table for table in report.tables if table.name == "ladder"]
    rows = {row[0]: row[1] for row in ladder.rows}
    owed = MonthStatement.objects.latest("month").owed
    assert sum(rows.values()) == owed == 140 - 50
    assert list(rows.values())[-2:] == [40, 30 - 50]


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_close_due_when_two_workers_close_then_one_statement_a_month(run_threads):
    with at(2025, 1):
        member_with(100)
    with at(2025, 4):
        outcomes = run_threads(2, statements.close_due)

    assert sum(outcomes) == 3
    assert MonthStatement.objects.count() == 3
