"""The report of points: given, taken, owed, and what that is worth in yuan."""

from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from mall.core.money import yuan
from marketing.analytics.report import Chart, Column, Report, Table, Tile
from marketing.analytics.reports import counted
from marketing.models import DailyRollup, RuleDay
from points.models import Rule

MOST_RULES = 20
POINTS = (
    "points_issued",
    "points_spent",
    "points_returned",
    "points_expired",
    "points_clawed_back",
    "points_adjusted",
    "points_opening",
    "points_net",
)


def points(period) -> Report:
    """What points were given and taken, what is still owed to members, and what it is worth in yuan
    by the day's rate.
    """
    rows, before = counted.of(period)
    now, past = (
        counted.sums(rows, *POINTS, "orders_paid"),
        counted.sums(before, *POINTS, "orders_paid"),
    )
    owed_before = (
        DailyRollup.objects.filter(on__lt=period.first).aggregate(points=Sum("points_net"))[
            "points"
        ]
        or 0
    )
    owed, total = [], owed_before
    for day in period.days:
        total += rows[day].points_net if day in rows else 0
        owed.append(total)
    rate = next((rows[day].rate for day in sorted(rows, reverse=True) if rows[day].rate), None)
    pending = next(
        (
            rows[day].points_pending
            for day in sorted(rows, reverse=True)
            if rows[day].points_pending is not None
        ),
        None,
    )
    return Report(
        "points",
        _("Points & liability"),
        note=_(
            "Points by the day they were posted. Issued and spent are net: without what was "
            "taken back or returned."
        ),
        counted_at=counted.last_count(rows),
        tiles=[
            Tile(
                "issued",
                _("Points issued"),
                counted.net_issued(now),
                "points",
                counted.net_issued(past),
            ),
            Tile(
                "spent",
                _("Points spent"),
                counted.net_spent(now),
                "points",
                counted.net_spent(past),
            ),
            Tile(
                "expired",
                _("Points expired"),
                now["points_expired"],
                "points",
                past["points_expired"],
            ),
            Tile("redemption_rate", _("Redemption rate"), _rate_of(now), "share", _rate_of(past)),
            Tile("outstanding", _("Points members hold"), total, "points", owed_before),
            Tile(
                "liability", _("Liability"), _worth(total, rate), "yuan", _worth(owed_before, rate)
            ),
            Tile("pending", _("Points on the way"), pending, "points"),
            Tile(
                "cost_per_order",
                _("Points' worth per paid order"),
                _per_order(now, rate),
                "yuan",
                _per_order(past, rate),
            ),
        ],
        charts=[
            counted.curves(
                _("Points by day"),
                period,
                rows,
                points_issued=_("Points issued"),
                points_spent=_("Points spent"),
                points_expired=_("Points expired"),
            ),
            Chart(_("Points members hold"), period.days, [(_("Points"), owed)]),
        ],
        tables=[
            _top_rules(period, rate),
            Table(
                "days",
                _("By day"),
                [
                    Column("on", _("Date"), "day"),
                    *(Column(name, _title_of(name), "points") for name in POINTS),
                    Column("outstanding", _("Points members hold"), "points"),
                    Column("rate", _("Points for one yuan")),
                    Column("liability", _("Liability"), "yuan"),
                ],
                [
                    [
                        day,
                        *(getattr(rows[day], name) for name in POINTS),
                        held,
                        rows[day].rate,
                        _worth(held, rows[day].rate),
                    ]
                    for day, held in reversed(list(zip(period.days, owed, strict=True)))
                    if day in rows
                ],
            ),
        ],
    )


def _rate_of(sums):
    issued = counted.net_issued(sums)
    return counted.net_spent(sums) / issued if issued > 0 else None


def _top_rules(period, rate):
    found = (
        RuleDay.objects.filter(on__range=period.bounds)
        .values_list("rule")
        .annotate(entries=Sum("entries"), points=Sum("points"))
    )
    found = list(found.order_by("-points")[:MOST_RULES])
    names = (
        dict(
            Rule.objects.filter(code__in=[rule for rule, *_numbers in found]).values_list(
                "code", "name"
            )
        )
        if found
        else {}
    )
    columns = [
        Column("rule", _("Rule"), "text"),
        Column("entries", _("How often")),
        Column("points", _("Points"), "points"),
    ]
    rows = [
        [names.get(rule) or rule, entries, points, _worth(points, rate)]
        for rule, entries, points in found
    ]
    return Table(
        "rules",
        _("Rules that gave most"),
        [*columns, Column("cost", _("Worth in yuan"), "yuan")],
        rows,
    )


def _title_of(name):
    title = str(DailyRollup._meta.get_field(name).verbose_name)
    return title[:1].upper() + title[1:]


def _worth(points, rate):
    return yuan(Decimal(points) / rate) if rate else None


def _per_order(sums, rate):
    return (
        yuan(Decimal(counted.net_spent(sums)) / rate / sums["orders_paid"])
        if rate and sums["orders_paid"]
        else None
    )
