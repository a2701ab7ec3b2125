"""The pages of missions: the board, and the tap that collects a reward."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mall.core.errors import Busy, DomainError
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from marketing.missions import board, counting


@require_safe
def show(request):
    """Show what there is to do, what waits to be collected, and what comes after what."""
    items = board.of(request.user)
    collected = next(
        (
            item
            for item in items
            if item.state == board.DONE and item.code == request.GET.get("collected")
        ),
        None,
    )
    waiting = sum(item.points for item in items if item.state == board.CLAIMABLE)
    return render(
        request,
        "marketing/missions.html",
        {"groups": board.grouped(items), "collected": collected, "waiting": waiting},
    )


@require_POST
def claim(request, code):
    """Collect a reward, and say so where the member is looking."""
    limit(request, "claim", ACTIONS_PER_MEMBER)
    try:
        row = counting.claim(request.user, code)
    except Busy:
        raise
    except DomainError as refusal:
        messages.info(request, str(refusal))
        return redirect("marketing:missions")
    if row.paid:
        messages.success(request, _("Collected: %(points)s points for you!") % {"points": row.paid})
    return redirect(f"{reverse('marketing:missions')}?{urlencode({'collected': code})}")
