"""What reports make of counted days: rows by day, sums, curves, tables."""

from django.utils.translation import gettext as _

from marketing.analytics.report import Chart, Column, Table
from marketing.models import DailyRollup


def of(period):
    """Return {day: row} of the period and of the one before, in one query."""
    found = {
        row.on: row
        for row in DailyRollup.objects.filter(on__range=(period.before.first, period.last))
    }
    return (
        {day: row for day, row in found.items() if (day >= period.first) == wanted}
        for wanted in (True, False)
    )


def sums(rows, *names):
    """Return {name: sum over the rows} of some columns."""
    return {name: sum(getattr(row, name) for row in rows.values()) for name in names}


def mean(rows, name, period):
    """Return the mean of a column over all days of a period, those without a row too."""
    return round(sum(getattr(row, name) for row in rows.values()) / len(period), 1)


def last_count(rows):
    """Return when the newest of the rows was counted."""
    return max((row.rolled_up_at for row in rows.values()), default=None)


def curves(title, period, rows, **names):
    """Return a chart of columns over a period; ``names`` is column=label."""
    return Chart(
        title,
        period.days,
        [
            (label, [getattr(rows.get(day), name, 0) for day in period.days])
            for name, label in names.items()
        ],
    )


def by_day(rows, **names):
    """Return a table of columns, the newest day first; ``names`` is column=title."""
    columns = [Column("on", _("Date"), "day")]
    columns += [
        Column(name, title, "yuan" if name == "cash" else "count") for name, title in names.items()
    ]
    return Table(
        "days",
        _("By day"),
        columns,
        [
            [day, *(getattr(rows[day], name) for name in names)]
            for day in sorted(rows, reverse=True)
        ],
    )


def net_issued(sums):
    """Return the points issued without those taken back."""
    return sums["points_issued"] - sums["points_clawed_back"]


def net_spent(sums):
    """Return the points spent without those returned."""
    return sums["points_spent"] - sums["points_returned"]


def percent(shares):
    """Return shares as numbers out of a hundred; one that is not known yet stays unknown."""
    return [None if share is None else round(share * 100, 1) for share in shares]
