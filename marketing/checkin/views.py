"""The check-in page: streak, month and the button."""

from datetime import date

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mall.core import clock
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from marketing.checkin import streak
from marketing.errors import AlreadyCheckedIn


@require_http_methods(["GET", "HEAD", "POST"])
def show(request):
    """Show streak and month; a POST checks in."""
    if request.method == "POST":
        return _check_in(request)
    month = _month(request.GET.get("month", ""))
    facts = {
        "standing": streak.standing(request.user),
        "calendar": streak.calendar(request.user, month),
    }
    return render(request, "marketing/checkin.html", facts)


def _check_in(request):
    limit(request, "checkin", ACTIONS_PER_MEMBER)
    try:
        row = streak.check_in(request.user)
    except AlreadyCheckedIn as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, _praise(row))
    return redirect("marketing:checkin")


def _praise(row):
    if row.set_aside:
        return _(
            "Checked in. Days in a row: %(streak)s. %(points)s points are set aside until the "
            "review of your account is over."
        ) % {"streak": row.streak, "points": row.set_aside}
    if not row.points:
        return _("Checked in. Days in a row: %(streak)s.") % {"streak": row.streak}
    if row.streak == 1:
        return _("Checked in: %(points)s points for you. See you tomorrow!") % {
            "points": row.points
        }
    return _("Checked in: %(points)s points for you, %(streak)s days in a row!") % {
        "points": row.points,
        "streak": row.streak,
    }


def _month(asked):
    """Return a day of the month asked for; the present month when it is not one, or lies ahead."""
    try:
        month = date.fromisoformat(f"{asked}-01")
    except ValueError:
        return clock.today()
    return month if date(2000, 1, 1) <= month <= clock.today() else clock.today()
