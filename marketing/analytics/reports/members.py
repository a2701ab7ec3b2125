"""Reports of members: who came, and who came back."""

from collections import Counter

from django.db.models import Max
from django.utils.translation import gettext as _

from marketing.analytics.report import Chart, Column, Report, Table, Tile
from marketing.analytics.reports import counted
from marketing.models import CohortDay, ReportSnapshot


def activity(period) -> Report:
    """Who came: active members by day, in 7 and in 30 days, newcomers, check-ins."""
    rows, before = counted.of(period)
    sums, past = (
        counted.sums(rows, "new_members", "check_ins"),
        counted.sums(before, "new_members", "check_ins"),
    )
    latest = rows.get(max(rows, default=None))
    return Report(
        "activity",
        _("Activity"),
        note=_(
            "Active means: did something of their own that day – signed in, checked in, ordered, "
            "reviewed or collected a reward."
        ),
        counted_at=counted.last_count(rows),
        tiles=[
            Tile(
                "dau",
                _("Active a day"),
                counted.mean(rows, "dau", period),
                before=counted.mean(before, "dau", period.before),
            ),
            Tile("wau", _("Active in 7 days"), latest.wau if latest else 0),
            Tile("mau", _("Active in 30 days"), latest.mau if latest else 0),
            Tile("stickiness", _("Stickiness"), _stickiness(rows), "share", _stickiness(before)),
            Tile("new_members", _("New members"), sums["new_members"], before=past["new_members"]),
            Tile("check_ins", _("Check-ins"), sums["check_ins"], before=past["check_ins"]),
        ],
        charts=[
            counted.curves(
                _("Active members"),
                period,
                rows,
                dau=_("that day"),
                wau=_("in 7 days"),
                mau=_("in 30 days"),
            ),
            counted.curves(
                _("New members and check-ins"),
                period,
                rows,
                new_members=_("New members"),
                check_ins=_("Check-ins"),
            ),
        ],
        tables=[
            counted.by_day(
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
                    (title, counted.percent([_of_cohort(row, name) for row in rows]))
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


def _stickiness(rows):
    shares = [row.dau / row.mau for row in rows.values() if row.mau]
    return sum(shares) / len(shares) if shares else None


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
