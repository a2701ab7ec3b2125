"""The reports of the back office: read from counted days and kept walks only, so they cost the same
however large the shop.

Each takes a Period and asks the database two or three times. Definitions: docs/numbers.md.
"""

from collections import Counter
from decimal import Decimal

from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from mall.core import replica
from mall.core.money import yuan
from marketing.analytics.report import Chart, Column, Report, Table, Tile
from marketing.analytics.snapshots import COHORTS, REPURCHASE
from marketing.models import CohortDay, DailyRollup, ReportSnapshot, RuleDay
from points.models import Rule

MOST_RULES = 20
MOST_MONTHS = 24  # columns a page can show; the contract's report has them all


def activity(period) -> Report:
    """Who came: active members by day, in 7 and in 30 days, newcomers, check-ins."""
    rows, before = _counted(period)
    sums, past = _sums(rows, "new_members", "check_ins"), _sums(before, "new_members", "check_ins")
    latest = rows.get(max(rows, default=None))
    return Report(
        "activity",
        _("Activity"),
        note=_(
            "Active means: did something of their own that day – signed in, checked in, ordered, "
            "reviewed or collected a reward."
        ),
        counted_at=_last_count(rows),
        tiles=[
            Tile(
                "dau",
                _("Active a day"),
                _mean(rows, "dau", period),
                before=_mean(before, "dau", period.before),
            ),
            Tile("wau", _("Active in 7 days"), latest.wau if latest else 0),
            Tile("mau", _("Active in 30 days"), latest.mau if latest else 0),
            Tile("stickiness", _("Stickiness"), _stickiness(rows), "share", _stickiness(before)),
            Tile("new_members", _("New members"), sums["new_members"], before=past["new_members"]),
            Tile("check_ins", _("Check-ins"), sums["check_ins"], before=past["check_ins"]),
        ],
        charts=[
            _curves(
                _("Active members"),
                period,
                rows,
                dau=_("that day"),
                wau=_("in 7 days"),
                mau=_("in 30 days"),
            ),
            _curves(
                _("New members and check-ins"),
                period,
                rows,
                new_members=_("New members"),
                check_ins=_("Check-ins"),
            ),
        ],
        tables=[
            _by_day(
                rows,
                dau=_("Active members"),
                wau=_("in 7 days"),
                mau=_("in 30 days"),
                new_members=_("New members"),
                check_ins=_("Check-ins"),
            )
        ],
    )


def retention(period) -> Report:
    """Who came back: cohorts of the period by their first day, 1, 7 and 30 days later."""
    rows = list(CohortDay.objects.filter(on__range=period.bounds).order_by("on"))
    before = list(CohortDay.objects.filter(on__range=period.before.bounds))
    names = {"d1": _("after 1 day"), "d7": _("after 7 days"), "d30": _("after 30 days")}
    columns = [Column("on", _("First came on"), "day"), Column("size", _("Members"))]
    return Report(
        "retention",
        _("Retention"),
        note=_(
            "Members by the day of their first own action; a share stays open until its day is "
            "over."
        ),
        counted_at=_made_at(),
        tiles=[
            Tile(
                "size",
                _("Newly active members"),
                sum(row.size for row in rows),
                before=sum(row.size for row in before),
            )
        ]
        + [
            Tile(
                name,
                _("Back %(when)s") % {"when": when},
                _kept(rows, name),
                "share",
                _kept(before, name),
            )
            for name, when in names.items()
        ],
        # Days without newcomers have no share, and an open one is not zero: neither is a point of
        # the curve.
        charts=[
            Chart(
                _("Share that came back, by first day"),
                [row.on for row in rows],
                [
                    (title, _percent([_of_cohort(row, name) for row in rows]))
                    for name, title in names.items()
                ],
            )
        ],
        tables=[
            Table(
                "cohorts",
                _("By first day"),
                columns + [Column(name, title, "share") for name, title in names.items()],
                [
                    [row.on, row.size, *(_of_cohort(row, name) for name in names)]
                    for row in reversed(rows)
                ],
                is_heat=True,
            )
        ],
    )


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
    newest = [(month, _percent(shares)) for month, shares in list(shown.items())[-6:]]
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
    rows, _before = _counted(period)
    orders = _sums(rows, "orders", "orders_paid", "orders_completed")
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
            _curves(
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
            _by_day(
                rows, orders=_("Placed"), orders_paid=_("Paid"), orders_completed=_("Completed")
            ),
        ],
    )


POINTS = (
    "points_issued",
    "points_spent",
    "points_returned",
    "points_expired",
    "points_clawed_back",
    "points_adjusted",
    "points_net",
)


def points(period) -> Report:
    """What points were given and taken, what is still owed to members, and what it is worth in yuan
    by the day's rate.
    """
    rows, before = _counted(period)
    now, past = _sums(rows, *POINTS, "orders_paid"), _sums(before, *POINTS, "orders_paid")
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
        counted_at=_last_count(rows),
        tiles=[
            Tile("issued", _("Points issued"), _net_issued(now), "points", _net_issued(past)),
            Tile("spent", _("Points spent"), _net_spent(now), "points", _net_spent(past)),
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
            _curves(
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


def titles() -> dict:
    """Return {name: title} of all reports, in the reader's language."""
    return {
        "overview": _("The latest days"),
        "activity": _("Activity"),
        "retention": _("Retention"),
        "cohorts": _("Cohorts"),
        "repurchase": _("Repurchase"),
        "points": _("Points & liability"),
    }


def overview(period) -> Report:
    """The start page's picture of a period: who came, what was ordered, what points moved."""
    rows, before = _counted(period)
    names = ("new_members", "check_ins", "orders", "orders_paid", "cash", *POINTS)
    now, past = _sums(rows, *names), _sums(before, *names)
    return Report(
        "overview",
        _("The latest days"),
        counted_at=_last_count(rows),
        tiles=[
            Tile(
                "dau",
                _("Active a day"),
                _mean(rows, "dau", period),
                before=_mean(before, "dau", period.before),
            ),
            Tile("new_members", _("New members"), now["new_members"], before=past["new_members"]),
            Tile("orders_paid", _("Paid orders"), now["orders_paid"], before=past["orders_paid"]),
            Tile("cash", _("Cash of paid orders"), now["cash"], "yuan", past["cash"]),
            Tile("issued", _("Points issued"), _net_issued(now), "points", _net_issued(past)),
            Tile("spent", _("Points spent"), _net_spent(now), "points", _net_spent(past)),
        ],
        charts=[
            _curves(_("Active members"), period, rows, dau=_("that day"), wau=_("in 7 days")),
            _curves(
                _("Orders"), period, rows, orders=_("orders placed"), orders_paid=_("of them paid")
            ),
            _curves(
                _("Points by day"),
                period,
                rows,
                points_issued=_("Points issued"),
                points_spent=_("Points spent"),
            ),
        ],
        tables=[
            _by_day(
                rows,
                dau=_("Active members"),
                new_members=_("New members"),
                orders=_("Orders"),
                orders_paid=_("Paid"),
                cash=_("Cash"),
                points_issued=_("Points issued"),
                points_spent=_("Points spent"),
            ),
        ],
    )


REPORTS = {
    "overview": overview,
    "activity": activity,
    "retention": retention,
    "cohorts": cohorts,
    "repurchase": repurchase,
    "points": points,
}


def work_out(name, period) -> Report:
    """Return the report of this name (a key of REPORTS), read from the copy of the database where
    there is one.
    """
    with replica.reading():
        return REPORTS[name](period)


# --- from the counted days -----------------------------------------------------
def _counted(period):
    """Return {day: row} of the period and of the one before, in one query."""
    found = {
        row.on: row
        for row in DailyRollup.objects.filter(on__range=(period.before.first, period.last))
    }
    return (
        {day: row for day, row in found.items() if (day >= period.first) == wanted}
        for wanted in (True, False)
    )


def _sums(rows, *names):
    return {name: sum(getattr(row, name) for row in rows.values()) for name in names}


def _mean(rows, name, period):
    return round(sum(getattr(row, name) for row in rows.values()) / len(period), 1)


def _stickiness(rows):
    shares = [row.dau / row.mau for row in rows.values() if row.mau]
    return sum(shares) / len(shares) if shares else None


def _last_count(rows):
    return max((row.rolled_up_at for row in rows.values()), default=None)


def _curves(title, period, rows, **names):
    return Chart(
        title,
        period.days,
        [
            (label, [getattr(rows.get(day), name, 0) for day in period.days])
            for name, label in names.items()
        ],
    )


def _by_day(rows, **names):
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


def _title_of(name):
    title = str(DailyRollup._meta.get_field(name).verbose_name)
    return title[:1].upper() + title[1:]


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


def _net_issued(sums):
    return sums["points_issued"] - sums["points_clawed_back"]


def _net_spent(sums):
    return sums["points_spent"] - sums["points_returned"]


def _rate_of(sums):
    issued = _net_issued(sums)
    return _net_spent(sums) / issued if issued > 0 else None


def _worth(points, rate):
    return yuan(Decimal(points) / rate) if rate else None


def _per_order(sums, rate):
    return (
        yuan(Decimal(_net_spent(sums)) / rate / sums["orders_paid"])
        if rate and sums["orders_paid"]
        else None
    )


# --- from the kept walks ----------------------------------------------------------
def _snapshot(name):
    kept = ReportSnapshot.objects.filter(name=name).first()
    return (kept.figures, kept.made_at) if kept else ({}, None)


def _made_at():
    return ReportSnapshot.objects.aggregate(at=Max("made_at"))["at"]


def _of_cohort(row, name):
    count = getattr(row, name, None)
    return None if count is None else count / row.size


def _kept(rows, name):
    """The share of all matured cohorts together: large cohorts weigh more."""
    sums = Counter()
    for row in rows:
        if getattr(row, name) is not None:
            sums.update(back=getattr(row, name), size=row.size)
    return sums["back"] / sums["size"] if sums["size"] else None


def _percent(shares):
    return [None if share is None else round(share * 100, 1) for share in shares]
