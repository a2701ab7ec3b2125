"""The report of what will not be used: cohorts, what ends when, how right the forecast was, and the
closed months with their journal.
"""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mall.core import clock
from marketing.analytics import breakage, lots, statements
from marketing.analytics.report import Chart, Column, Report, Table, Tile
from marketing.models import MonthStatement

COHORTS = 24
LIABILITY = "points_liability"
ACCOUNTS = {
    "issued": ("revenue_deferred", LIABILITY),
    "redeemed": (LIABILITY, "revenue"),
    "expired": (LIABILITY, "breakage_revenue"),
    "adjusted": ("marketing_expense", LIABILITY),
    statements.REVALUED: ("revaluation", LIABILITY),
    statements.BREAKAGE: ("breakage_in_advance", "breakage_revenue"),
}


def month_ends(period) -> Report:
    """What is owed by the month it ends in, what of it is expected to expire and how right that was
    before; the closed months of the period, never changed afterwards.
    """
    last = lots.months_on(lots.month_of(clock.today()), -1)
    ladder = breakage.Ladder(statements.cells_until(last), last)
    tried = breakage.try_back(ladder.cells, last)
    expected = breakage.forecast(ladder)
    closed = list(MonthStatement.objects.order_by("-month"))
    chosen = [row for row in closed if _touches(row.month, period)]
    return Report(
        "liability",
        _("Breakage & month ends"),
        note=_(
            "As of the end of the last month. Points of a month end twelve months later unless "
            "their rule says otherwise; “expected to expire” is a forecast, its error stands below."
        ),
        counted_at=closed[0].made_at if closed else None,
        tiles=_tiles(closed, tried),
        charts=[_ladder_chart(ladder, expected)],
        tables=[
            _ladder_table(ladder, expected, closed),
            _tried_table(tried),
            _cohort_table(ladder),
            _statement_table(chosen),
            _journal_table(chosen),
        ],
    )


def _touches(month, period) -> bool:
    return month <= period.last and lots.months_on(month, 1) > period.first


def _tiles(closed, tried):
    now, past = (closed + [None, None])[:2]
    own, usual = (breakage.error_of(tried, name) for name in ("said", "as_last_year"))
    return [
        Tile("owed", _("Points owed"), now and now.owed, "points", past and past.owed),
        Tile("worth", _("Worth in yuan"), now and now.worth, "yuan", past and past.worth),
        Tile(
            "breakage",
            _("Expected to expire"),
            now and now.breakage,
            "points",
            past and past.breakage,
        ),
        Tile("error", _("Error of the last six forecasts"), own, "share"),
        Tile("error_last_year", _("Error of “same share as last year”"), usual, "share"),
    ]


def _ladder_chart(ladder, expected):
    months = list(expected)
    return Chart(
        _("What ends when"),
        [f"{month:%Y-%m}" for month in months],
        [
            (_("Points owed"), [ladder.left(month) for month in months]),
            (_("Expected to expire"), [round(expected[month]) for month in months]),
        ],
        kind="bar",
    )


def _ladder_table(ladder, expected, closed):
    """Return what ends when; with what never ends and what lies outside lots it adds up to what is
    owed.
    """
    columns = [
        Column("month", _("Gone in"), "text"),
        Column("owed", _("Points owed"), "points"),
        Column("expected", _("Expected to expire"), "points"),
        Column("share", pgettext("part of a whole", "Share"), "share"),
    ]
    rows = []
    for month, points in expected.items():
        owed = ladder.left(month)
        rows.append([f"{month:%Y-%m}", owed, round(points), points / owed if owed > 0 else None])
    if endless := ladder.left(lots.NEVER):
        rows.append([_("Never"), endless, 0, None])
    is_closed = bool(closed) and closed[0].month == ladder.last
    if is_closed and (rest := closed[0].owed - sum(row[1] for row in rows)):
        rows.append([_("Reserved, owed by members, or overdue"), rest, 0, None])
    return Table("ladder", _("What ends when"), columns, rows)


def _tried_table(tried):
    columns = [
        Column("month", _("Month"), "text"),
        Column("expired", _("Expired"), "points"),
        Column("said", _("Forecast two months before"), "points"),
        Column("as_last_year", _("Same share as last year"), "points"),
    ]
    rows = [
        [f"{one.month:%Y-%m}", one.expired, _whole(one.said), _whole(one.as_last_year)]
        for one in reversed(tried)
    ]
    return Table("tried", _("How right the forecast was"), columns, rows)


def _cohort_table(ladder):
    columns = [
        Column("month", _("Month of issue"), "text"),
        Column("issued", _("Issued"), "points"),
        Column("used", _("Used"), "points"),
        Column("expired", _("Expired"), "points"),
        Column("left", _("Left"), "points"),
        Column("expected", _("Expected to expire"), "points"),
        Column("share", _("Share never used"), "share"),
    ]
    rows = [
        [
            f"{one.month:%Y-%m}",
            one.issued,
            round(one.used),
            round(one.expired),
            round(one.left),
            round(one.expected),
            one.share,
        ]
        for one in reversed(breakage.cohorts(ladder)[-COHORTS:])
    ]
    return Table("cohorts", _("By month of issue"), columns, rows)


def _statement_table(closed):
    names = {
        "issued": _("Issued"),
        "redeemed": _("Redeemed"),
        "expired": _("Expired"),
        "adjusted": _("Adjusted"),
        "late": _("Of earlier months"),
        "owed": _("Owed at the end"),
        "breakage": _("Expected to expire"),
    }
    columns = [Column("month", _("Month"), "text")]
    columns += [Column(name, title, "points") for name, title in names.items()]
    columns += [Column("rate", _("Points for one yuan")), Column("worth", _("Worth"), "yuan")]
    rows = [
        [f"{row.month:%Y-%m}", *(getattr(row, name) for name in names), row.rate, row.worth]
        for row in closed
    ]
    return Table("statements", _("Closed months"), columns, rows)


def _journal_table(closed):
    columns = [
        Column("month", _("Month"), "text"),
        Column("line", _("Line"), "text"),
        Column("debit", _("Debit"), "text"),
        Column("credit", _("Credit"), "text"),
        Column("points", _("Points"), "points"),
        Column("yuan", _("Yuan"), "yuan"),
    ]
    rows = [[f"{row.month:%Y-%m}", *_booked(line)] for row in closed for line in row.lines]
    return Table("journal", _("Journal lines"), columns, rows)


def _booked(line):
    """Return a line as it is booked: points as they change what is owed, yuan from debit to
    credit (negative: the other way round).
    """
    debit, credit = ACCOUNTS[line["line"]]
    yuan = Decimal(line["yuan"])
    return line["line"], debit, credit, line["points"], yuan if credit == LIABILITY else -yuan


def _whole(points):
    return None if points is None else round(points)
