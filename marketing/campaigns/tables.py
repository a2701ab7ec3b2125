"""A campaign's report as rows: for the page in words, for CSV in raw numbers."""

from django.utils.translation import gettext as _

from marketing.campaigns.report import Report, Row, change


def header() -> list[str]:
    """Return the titles of the CSV's columns."""
    return [
        _("Figure"), _("decides"), _("state"), _("treated"), _("of them"), _("held out"),
        _("of them"), _("difference"), _("at least"), _("at most"), _("members needed more"),
        _("In a sentence"),
    ]  # fmt: skip


def rows(report: Report) -> list[list]:
    """Return the figures, shares as numbers from 0 to 1 and yuan as they are, then the cost."""
    found = [_raw(row) for row in report.rows]
    nothing = [""] * 8
    cost = report.cost
    found.append([_("Points given"), "", "", cost.points, *nothing])
    found.append([_("Points in yuan"), "", "", cost.points_yuan or "", *nothing])
    found.append([_("Taken off by coupons, in yuan"), "", "", cost.coupons_yuan, *nothing])
    return found


def _raw(row: Row) -> list:
    arms = []
    for arm in (row.treated, row.held_out):
        arms += ["", ""] if arm is None else [arm.size, arm.total if row.is_mean else arm.did]
    found = row.uplift
    parts = [round(part, 6) for part in (found.difference, found.low, found.high)] if found else []
    return [
        str(row.label), int(row.is_goal), row.state, *arms, *(parts or [""] * 3),
        "" if row.needed is None else row.needed, row.said,
    ]  # fmt: skip


def shown(report: Report) -> list[dict]:
    """Return the figures as the page shows them."""
    return [
        {
            "label": row.label,
            "is_goal": row.is_goal,
            "state": row.state,
            "treated": _arm(row, row.treated),
            "held_out": _arm(row, row.held_out),
            "difference": _difference(row),
            "said": row.said,
        }
        for row in report.rows
    ]


def _arm(row, arm) -> str:
    if arm is None:
        return "–"
    if row.is_mean:
        return _("¥%(mean)s of %(size)s") % {"mean": f"{arm.mean:.2f}", "size": f"{arm.size:,}"}
    words = {"share": f"{arm.rate * 100:.1f}", "did": f"{arm.did:,}", "size": f"{arm.size:,}"}
    return _("%(share)s %% (%(did)s of %(size)s)") % words


def _difference(row) -> str:
    found = row.uplift
    if found is None:
        return "–"
    parts = (change(part, row.is_mean) for part in (found.difference, found.low, found.high))
    return "{} ({} … {})".format(*parts)
