"""The reports of the back office: read from counted days and kept walks only, so they cost the same
however large the shop.

Each takes a Period and asks the database two or three times. Definitions: docs/numbers.md.
"""

from django.utils.translation import gettext as _

from mall.core import replica
from marketing.analytics.report import Report
from marketing.analytics.reports.breakage import month_ends
from marketing.analytics.reports.buyers import cohorts, repurchase
from marketing.analytics.reports.expected import expected
from marketing.analytics.reports.latest import overview
from marketing.analytics.reports.liability import points
from marketing.analytics.reports.members import activity, retention
from marketing.analytics.reports.shelves import recommendations

REPORTS = {
    "overview": overview,
    "activity": activity,
    "retention": retention,
    "cohorts": cohorts,
    "repurchase": repurchase,
    "forecast": expected,
    "points": points,
    "liability": month_ends,
    "recommendations": recommendations,
}


def titles() -> dict:
    """Return {name: title} of all reports, in the reader's language."""
    return {
        "overview": _("The latest days"),
        "activity": _("Activity"),
        "retention": _("Retention"),
        "cohorts": _("Cohorts"),
        "repurchase": _("Repurchase"),
        "forecast": _("Forecast"),
        "points": _("Points & liability"),
        "liability": _("Breakage & month ends"),
        "recommendations": _("Recommendations"),
    }


def work_out(name, period) -> Report:
    """Return the report of this name (a key of REPORTS), read from the copy of the database where
    there is one.
    """
    return replica.ask(lambda: REPORTS[name](period))
