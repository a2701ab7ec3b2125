"""The home page; the other pages of marketing stand in their rooms."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog import answers, kept
from mall.core import clock, shared_redis
from marketing import window
from marketing.checkin import streak
from marketing.missions import board
from marketing.recommendations import shelves
from marketing.recommendations import views as suggestions
from marketing.wishes import goal
from orders import history
from orders.basket import badge
from orders.models import Order

ORDERS_SHOWN = 3
AGAIN_SHOWN = 8
EXPIRING_SOON = timedelta(days=30)
WAITING_FOR_MEMBER = (Order.Status.PENDING, Order.Status.SHIPPED)


@login_not_required
@require_safe
def home(request):
    """Greet a member with what waits today; tell a visitor what the mall is."""
    if not request.user.is_authenticated:
        pieces = badge.of(request)
        return answers.page(request, "marketing/welcome.html", window.of_visitor, pieces=pieces)
    with shared_redis.one_moment(also=kept.VERSION_KEYS):
        return _members_home(request)


def _members_home(request):
    own = request.purse.balance
    expiring = [(on, points) for on, points in own.expiring if on <= clock.today() + EXPIRING_SOON]
    items = board.of(request.user)
    facts = {
        "balance": own,
        "expiring_points": sum(points for _on, points in expiring),
        "expiring_on": expiring[0][0] if expiring else None,
        "standing": streak.standing(request.user, tier=request.purse.member_tier),
        "next_mission": board.next_of(items),
        "goal": goal.of(request, items),
        "waiting": history.orders_of(
            request.user.pk, statuses=WAITING_FOR_MEMBER, limit=ORDERS_SHOWN
        ),
    }
    shown = window.shown()
    has_picks = any(block.kind == "picks" for block in shown["blocks"])
    limits = {shelves.NEW: window.PICKS * has_picks, shelves.AGAIN: AGAIN_SHOWN}
    goods = suggestions.cards_of(request, limits)
    return render(
        request,
        "marketing/home.html",
        {**facts, "picks": goods["new_goods"], "own_goods": goods["own_goods"], **shown},
    )
