"""Reports of buyers: who bought, who bought again, after how long."""

from django.db.models import Sum
from django.utils.translation import gettext as _

from marketing.analytics.report import Chart, Column, Report, Table, Tile
from marketing.analytics.reports import counted
from marketing.analytics.snapshots import COHORTS, REPURCHASE
from marketing.models import CohortDay, ReportSnapshot

MOST_MONTHS = 24  # columns a page can show; the contract's report has them all


def cohorts(period) -> Report:
    """Who bought: share of each month's newcomers with a completed order 0, 1, 2 … months later."""
    kept, as_of = _snapshot(COHORTS)
    longest = min(MOST_MONTHS, max((len(row["months"]) for row in kept.values()), default=0))
    columns = [Column("month", _("First came in"), "text"), Column("size", _("Members"))]
    columns += [
        Column(f"m{k}", _("month %(number)s") % {"number": k}, "share") for k in range(longest)
    ]
    shown = {month: row["months"][:longest] for month, row in kept.items()}
    rows = [
        [month, kept[month]["size"], *shares, *[None] * (longest - len(shares))]
        for month, shares in reversed(shown.items())
    ]
    newest = [(month, counted.percent(shares)) for month, shares in list(shown.items())[-6:]]
    return Report(
        "cohorts",
        _("Cohorts"),
        note=_(
            "Share of the members who first came in a month that have a completed order so many "
            "months later."
        ),
        counted_at=as_of,
        charts=[Chart(_("Buying again, the six latest months"), list(range(longest)), newest)]
        if kept
        else [],
        tables=[Table("months", _("Month by month"), columns, rows, is_heat=True)],
        has_period=False,
    )


def repurchase(period) -> Report:
    """Who bought again, after how long, and how far newcomers and orders of the period got."""
    kept, as_of = _snapshot(REPURCHASE)
    shares, interval = kept.get("shares", {}), kept.get("interval", {})
    rows, _before = counted.of(period)
    orders = counted.sums(rows, "orders", "orders_paid", "orders_completed")
    people = CohortDay.objects.filter(on__range=period.bounds).aggregate(
        came=Sum("size"), bought=Sum("buyers"), again=Sum("repeaters")
    )
    steps = [
        ("came", _("Members who first came"), people["came"] or 0, None),
        ("bought", _("of them bought"), people["bought"] or 0, people["came"]),
        ("bought_again", _("bought again"), people["again"] or 0, people["bought"]),
        ("placed", _("Orders placed"), orders["orders"], None),
        ("paid", _("of them paid"), orders["orders_paid"], orders["orders"]),
        ("completed", _("completed"), orders["orders_completed"], orders["orders_paid"]),
    ]
    gaps = kept.get("gaps", [])
    titles = [
        _("longer") if edge is None else _("up to %(days)s days") % {"days": edge}
        for edge, _count in gaps
    ]
    return Report(
        "repurchase",
        _("Repurchase"),
        note=_(
            "Of members whose first completed order is old enough, the share with a second one "
            "in time. Earlier shops' orders count."
        ),
        counted_at=as_of,
        tiles=[
            Tile(
                f"d{n}", _("Again within %(days)s days") % {"days": n}, shares.get(f"d{n}"), "share"
            )
            for n in (30, 90, 365)
        ]
        + [
            Tile("all", _("Bought more than once"), shares.get("all"), "share"),
            Tile("median", _("Days to the next order (median)"), interval.get("median"), "days"),
            Tile("p90", _("Days to the next order (9 of 10)"), interval.get("p90"), "days"),
        ],
        charts=[
            Chart(
                _("Days between two orders"),
                titles,
                [(_("Orders"), [count for _edge, count in gaps])],
                kind="bar",
            ),
            counted.curves(
                _("Orders"),
                period,
                rows,
                orders=_("orders placed"),
                orders_paid=_("of them paid"),
                orders_completed=_("of them completed"),
            ),
        ],
        tables=[
            Table(
                "funnel",
                _("How far they got"),
                [
                    Column("step", _("Step"), "text"),
                    Column("count", _("How many")),
                    Column("share", _("of the step before"), "share"),
                ],
                [
                    [title, count, count / whole if whole else None]
                    for _name, title, count, whole in steps
                ],
            ),
            Table(
                "gaps",
                _("Days between two orders"),
                [Column("days", _("Days"), "text"), Column("orders", _("Orders"))],
                [[title, count] for title, (_edge, count) in zip(titles, gaps, strict=True)],
            ),
            counted.by_day(
                rows, orders=_("Placed"), orders_paid=_("Paid"), orders_completed=_("Completed")
            ),
        ],
    )


def _snapshot(name):
    kept = ReportSnapshot.objects.filter(name=name).first()
    return (kept.figures, kept.made_at) if kept else ({}, None)
