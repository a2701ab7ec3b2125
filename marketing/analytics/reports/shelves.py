"""The report of the recommendations: how often each shelf and reason was shown, opened and
redeemed.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from mall.core import clock
from marketing.analytics.report import Chart, Column, Report, Table, Tile
from marketing.models import ShelfDay

COUNTED = ("shown", "opened", "redeemed")
SHELVES = {"new": gettext_lazy("New for you"), "again": gettext_lazy("Buy again")}
REASONS = {
    "together": gettext_lazy("goes with a product they had"),
    "several": gettext_lazy("fits several of their choices"),
    "popular": gettext_lazy("popular right now"),
    "alike": gettext_lazy("new, and called like a product they had"),
    "again": gettext_lazy("had before"),
}


def recommendations(period) -> Report:
    """How the shelves fared: what members were shown, opened, and redeemed within a day of it."""
    rows, before = _of(period), _of(period.before)
    now, past = ({name: _sum(found, name) for name in COUNTED} for found in (rows, before))
    return Report(
        "recommendations",
        _("Recommendations"),
        note=_(
            "Redeemed: what a member had opened from a shelf and ordered within a day. Members who "
            "want nothing noted of what they look at count as shown only."
        ),
        counted_at=clock.now() if rows or before else None,  # counters, as they stand
        tiles=[
            Tile("shown", _("Shown"), now["shown"], before=past["shown"]),
            Tile(
                "opened",
                pgettext("goods on a shelf", "Opened"),
                now["opened"],
                before=past["opened"],
            ),
            Tile("redeemed", _("Redeemed"), now["redeemed"], before=past["redeemed"]),
            Tile("open_rate", _("Opened of shown"), _rate(now), "share", _rate(past)),
        ],
        charts=[_by_shelf(period, rows)],
        tables=[_table("reasons", rows)],
    )


def _of(period) -> list[dict]:
    found = ShelfDay.objects.filter(on__range=period.bounds).order_by()
    return list(found.values("on", "shelf", "reason", *COUNTED))


def _sum(rows, name, **only) -> int:
    return sum(row[name] for row in rows if all(row[key] == one for key, one in only.items()))


def _rate(sums):
    return sums["opened"] / sums["shown"] if sums["shown"] else None


def _by_shelf(period, rows):
    days = {shelf: {day: 0 for day in period.days} for shelf in SHELVES}
    for row in rows:
        if row["shelf"] in days:  # a newer release may know more of them
            days[row["shelf"]][row["on"]] += row["opened"]
    return Chart(
        _("Opened by day"),
        period.days,
        [(SHELVES[shelf], list(counted.values())) for shelf, counted in days.items()],
    )


def _table(name, rows):
    places = sorted({(row["shelf"], row["reason"]) for row in rows}, reverse=True)
    columns = [
        Column("shelf", _("Shelf"), "text"),
        Column("reason", _("Reason"), "text"),
        Column("shown", _("Shown")),
        Column("opened", pgettext("goods on a shelf", "Opened")),
        Column("redeemed", _("Redeemed")),
        Column("open_rate", _("Opened of shown"), "share"),
    ]
    told = []
    for shelf, reason in places:
        sums = {one: _sum(rows, one, shelf=shelf, reason=reason) for one in COUNTED}
        words = [str(SHELVES.get(shelf, shelf)), str(REASONS.get(reason, reason))]
        told.append([*words, *sums.values(), _rate(sums)])
    return Table(name, _("By shelf and reason"), columns, told)
