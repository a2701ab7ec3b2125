"""The pages of the leaderboard: the board, and taking part in it."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mall.core import clock
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from marketing.leaderboard import counting, standings
from marketing.models import Board
from points import event_delivery


@require_safe
def show(request):
    """Show the board of a week or month, this one unless another is asked for."""
    period = _period(request.GET.get("period", ""))
    event_delivery.hear(request.user)
    counting.count_if_behind(request.user.pk)
    current = counting.board_of(period, clock.today())
    board = standings.past_board(period, request.GET.get("of", "")) or current
    facts = {
        "standings": standings.of(board, request.user),
        "is_current": board == current,
        "periods": Board.Period.choices,
        "past": standings.past(period, before=current.starts_on),
    }
    return render(request, "marketing/leaderboard.html", facts)


@require_POST
def take_part(request):
    """Note whether the member wants to be on the boards."""
    limit(request, "leaderboard", ACTIONS_PER_MEMBER)
    is_shown = request.POST.get("wanted") != "no"
    counting.take_part(request.user.pk, is_shown)
    if is_shown:
        messages.success(request, _("You are on the leaderboard from now on."))
    else:
        messages.success(request, _("Done. Nobody sees you on a leaderboard any more."))
    return redirect("marketing:leaderboard")


def _period(asked):
    return asked if asked in Board.Period.values else Board.Period.WEEK.value
