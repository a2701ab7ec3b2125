"""The check-in pages: streak, month and the button, and making up a missed day."""

from datetime import date

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from mall.core import clock
from mall.core.errors import Busy, DomainError
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from marketing.checkin import board, make_up, streak
from marketing.checkin.forms import MakeUpForm
from marketing.errors import AlreadyCheckedIn

EARNED = "earned"  # the mark of the message after a check-in: the page beside it shows what it gave


@require_http_methods(["GET", "HEAD", "POST"])
def show(request):
    """Show streak and month; a POST checks in."""
    if request.method == "POST":
        return _check_in(request)
    found = board.of(
        request.user, _month(request.GET.get("month", "")), tier=request.purse.member_tier
    )
    earned = found.earned() if _has_just_earned(request) else None
    facts = {
        "standing": found.standing,
        "calendar": found.calendar,
        "shields_a_month": found.shields_a_month,
        "shields_left": found.shields_left,
        "offer": found.offer,
        "earned": earned,
        "told": EARNED if earned is not None and earned.points else "",
    }
    return render(request, "marketing/checkin.html", facts)


def _check_in(request):
    limit(request, "checkin", ACTIONS_PER_MEMBER)
    try:
        row = streak.check_in(request.user)
    except AlreadyCheckedIn as refusal:
        messages.info(request, str(refusal))
        return redirect("marketing:checkin")
    messages.success(request, " ".join([_praise(row), *_more(row)]), extra_tags=EARNED)
    return redirect("marketing:checkin")


def _has_just_earned(request) -> bool:
    """Say whether the message of a check-in waits to be shown; it goes on waiting."""
    waiting = messages.get_messages(request)
    found = any(EARNED in (message.extra_tags or "") for message in waiting)
    waiting.used = False
    return found


def _more(row):
    """Return a sentence for each thing beside the day itself that a check-in did."""
    for one in row.milestones:
        yield _milestone(one)
    for one in row.missions:
        words = {"title": one.title, "points": one.points}
        if one.is_paid and one.points:
            yield _("Mission “%(title)s”: %(points)s points for you!") % words
        elif one.is_paid:
            yield _("Mission “%(title)s” is rewarded.") % words
        else:
            yield _("Mission “%(title)s” is done: collect its reward.") % words
    if row.shielded:
        days = len(row.shielded)
        yield ngettext(
            "A shield covered the day you missed.",
            "Shields covered the %(days)s days you missed.",
            days,
        ) % {"days": days}


def _milestone(one):
    words = {"days": one.days, "points": one.points}
    return _("Milestone of %(days)s days: %(points)s points for you!") % words


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


@require_http_methods(["GET", "HEAD", "POST"])
def mend(request):
    """Ask whether to make a missed day up, with its price and the streak it leads to; a POST does
    it.
    """
    form = MakeUpForm(request.POST or request.GET)
    if not form.is_valid():
        raise Http404
    on = form.cleaned_data["on"]
    if request.method == "POST":
        return _make_up(request, on, form.cleaned_data["price"])
    offer = make_up.offer(request.user)
    missed = next((one for one in offer.days if one.on == on), None)
    if missed is None:
        return redirect("marketing:checkin")
    available = request.purse.available
    facts = {"missed": missed, "offer": offer, "available": available}
    facts["lacking"] = max(0, missed.price - available)
    return render(request, "marketing/make_up.html", {**facts, "left": available - missed.price})


def _make_up(request, on, price):
    limit(request, "make_up", ACTIONS_PER_MEMBER)
    try:
        row = make_up.make_up(request.user, on, price=price)
    except Busy:
        raise
    except DomainError as refusal:
        messages.info(request, str(refusal))
        return redirect("marketing:checkin")
    messages.success(request, _made_up(row, streak.standing(request.user).streak))
    return redirect("marketing:checkin")


def _made_up(row, days):
    said = {"day": date_format(row.on, "MONTH_DAY_FORMAT"), "streak": days}
    sentence = _("%(day)s is made up. Days in a row: %(streak)s.") % said
    return " ".join([sentence, *map(_milestone, row.milestones)])


def _month(asked):
    """Return a day of the month asked for; the present month when it is not one, or lies ahead."""
    try:
        month = date.fromisoformat(f"{asked}-01")
    except ValueError:
        return clock.today()
    return month if date(2000, 1, 1) <= month <= clock.today() else clock.today()
