"""The pages of marketing: home and check-in; the inbox stands in inbox_views.py."""

from datetime import date, timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog import answers, storefront
from mall.core import clock
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from marketing import board, earning, recommendations
from marketing import checkin as checkins
from marketing.errors import AlreadyCheckedIn
from orders import flash_board, history
from orders.models import Order

PICKS = 8
ORDERS_SHOWN = 3
EXPIRING_SOON = timedelta(days=30)
WAITING_FOR_MEMBER = (Order.Status.PENDING, Order.Status.SHIPPED)


@login_not_required
@require_safe
def home(request):
    """Greet a member with what waits today; tell a visitor what the mall is."""
    if not request.user.is_authenticated:
        look = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")[:5]
        return answers.page(request, "marketing/welcome.html", _welcome, look=look)
    own = request.purse.balance
    expiring = [(on, points) for on, points in own.expiring if on <= clock.today() + EXPIRING_SOON]
    facts = {
        "balance": own,
        "expiring_points": sum(points for _on, points in expiring),
        "expiring_on": expiring[0][0] if expiring else None,
        "standing": checkins.standing(request.user),
        "next_mission": board.next_of(board.of(request.user)),
        "waiting": history.orders_of(
            request.user.pk, statuses=WAITING_FOR_MEMBER, limit=ORDERS_SHOWN
        ),
    }
    suggested = recommendations.for_member(request.user, available=own.available, limit=PICKS)
    picks = [{**one["product"], "reason": one["reason"]} for one in suggested]
    return render(
        request,
        "marketing/home.html",
        {**facts, "picks": picks, "categories": _shelves(), **_flash()},
    )


def _welcome():
    """What a visitor sees, and when the flash sale of the banner starts or ends."""
    flash = _flash()
    session = flash["flash_session"]
    until = session and (session.ends_at if flash["flash_runs"] else session.starts_at)
    window = {"picks": storefront.picks(None, PICKS), "categories": _shelves(), **flash}
    return {"ways": earning.ways(), **window}, until


def _flash():
    """The flash sale that runs or comes next, for the banner."""
    now, session = clock.now(), flash_board.headline()
    return {
        "flash_session": session,
        "flash_runs": session is not None and session.starts_at <= now,
        "now": now,
    }


def _shelves():
    return [shelf for shelf in storefront.tree() if shelf["depth"] == 0]


@require_http_methods(["GET", "HEAD", "POST"])
def checkin(request):
    """Show streak and month; a POST checks in."""
    if request.method == "POST":
        return _check_in(request)
    month = _month(request.GET.get("month", ""))
    facts = {
        "standing": checkins.standing(request.user),
        "calendar": checkins.calendar(request.user, month),
    }
    return render(request, "marketing/checkin.html", facts)


def _check_in(request):
    limit(request, "checkin", ACTIONS_PER_MEMBER)
    try:
        row = checkins.check_in(request.user)
    except AlreadyCheckedIn as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, _praise(row))
    return redirect("marketing:checkin")


def _praise(row):
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
