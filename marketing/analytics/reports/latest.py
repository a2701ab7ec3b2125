"""The start page's picture of the latest days."""

from django.utils.translation import gettext as _

from marketing.analytics.report import Report, Tile
from marketing.analytics.reports import counted
from marketing.analytics.reports.liability import POINTS


def overview(period) -> Report:
    """The start page's picture of a period: who came, what was ordered, what points moved."""
    rows, before = counted.of(period)
    names = ("new_members", "check_ins", "orders", "orders_paid", "cash", *POINTS)
    now, past = counted.sums(rows, *names), counted.sums(before, *names)
    return Report(
        "overview",
        _("The latest days"),
        counted_at=counted.last_count(rows),
        tiles=[
            Tile(
                "dau",
                _("Active a day"),
                counted.mean(rows, "dau", period),
                before=counted.mean(before, "dau", period.before),
            ),
            Tile("new_members", _("New members"), now["new_members"], before=past["new_members"]),
            Tile("orders_paid", _("Paid orders"), now["orders_paid"], before=past["orders_paid"]),
            Tile("cash", _("Cash of paid orders"), now["cash"], "yuan", past["cash"]),
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
        ],
        charts=[
            counted.curves(
                _("Active members"), period, rows, dau=_("that day"), wau=_("in 7 days")
            ),
            counted.curves(
                _("Orders"), period, rows, orders=_("orders placed"), orders_paid=_("of them paid")
            ),
            counted.curves(
                _("Points by day"),
                period,
                rows,
                points_issued=_("Points issued"),
                points_spent=_("Points spent"),
            ),
        ],
        tables=[
            counted.by_day(
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
