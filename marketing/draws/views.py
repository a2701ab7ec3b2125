"""The pages of draws: the list, one draw with its wheel that is a plain button, where a prize goes,
and what to check it all with.
"""

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import addresses as address_book
from mall.core import unsent
from mall.core.errors import Busy, DomainError
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from mall.core.links import id_in
from marketing.draws import board, drawing, prizes, proof, wheel
from marketing.draws.errors import NoSuchDraw
from marketing.draws.forms import ClaimForm, TicketForm
from orders import address_choice
from orders.errors import InvalidCheckout


@login_not_required
@require_safe
def listed(request):
    """Show the draws that are open, come next or were over a short time ago."""
    return render(request, "marketing/draws/list.html", {"draws": board.every(_member(request))})


@login_not_required
@require_safe
def show(request, code):
    """Show one draw: the wheel, the table, what is mine, and how to check it."""
    return _page(request, code, result=id_in(request.GET.get("ticket", "")))


@login_not_required
@require_POST
def draw(request, code):
    """Draw a ticket, once however often the form is sent."""
    if not request.user.is_authenticated:
        return unsent.sign_in_first(request)
    try:
        ticket = _draw(request, code)
    except Busy:
        raise
    except NoSuchDraw:
        raise Http404 from None
    except DomainError as refusal:
        return _page(request, code, refusal=refusal)
    return redirect(f"{reverse('marketing:draw', args=[code])}?ticket={ticket.number}#result")


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request, code, number):
    """Ask where a prize goes, and send it there."""
    ticket = _won(request, code, number)
    if ticket.order_id is not None:
        return redirect(ticket.order)
    refusal = None
    if request.method == "POST":
        try:
            return _claim(request, code, number)
        except Busy:
            raise
        except DomainError as refused:
            refusal = refused
    addresses = list(address_book.book_of(request.user))
    asked = request.POST.get("address", "")
    context = {
        "ticket": ticket,
        "refusal": refusal,
        "addresses": addresses,
        "chosen_address": address_book.chosen(addresses, asked),
        "here": request.path,
    }
    status = refusal.status if refusal else 200
    return render(request, "marketing/draws/claim.html", context, status=status)


@login_not_required
@require_safe
def proof_file(request, code):
    """Answer what a member checks a draw with."""
    shown = _shown(code, _member(request))
    answer = JsonResponse(proof.of(shown.draw, _member(request)))
    answer["Content-Disposition"] = f'attachment; filename="draw-{code}.json"'
    return answer


def _draw(request, code):
    form = TicketForm(request.POST)
    if not form.is_valid():
        raise InvalidCheckout
    sent = form.cleaned_data
    limit(request, "draw", ACTIONS_PER_MEMBER, once=sent["key"])
    return drawing.draw(request.user, code, key=sent["key"], points=sent["points"])


def _claim(request, code, number):
    form = ClaimForm(request.POST)
    if not form.is_valid():
        raise InvalidCheckout
    limit(request, "redeem", ACTIONS_PER_MEMBER)
    address_choice.check_seen(request.user, request.POST)
    order = prizes.claim(request.user, code, number, address=form.cleaned_data["address"])
    messages.success(request, _("It is on its way to you. Here you see how far it is."))
    return redirect(order)


def _won(request, code, number):
    draw = _shown(code, request.user).draw
    for ticket in board.own_tickets(draw, request.user, number=number):
        if ticket.prize.is_goods:
            return ticket
    raise Http404


def _shown(code, member) -> board.Shown:
    try:
        return board.one(code, member)
    except NoSuchDraw:
        raise Http404 from None


def _page(request, code, *, result=None, refusal=None):
    member = _member(request)
    shown = _shown(code, member)
    tickets = board.own_tickets(shown.draw, member) if member else []
    found = next((one for one in tickets if one.number == result), None)
    context = {
        "shown": shown,
        "draw": shown.draw,
        "wheel": wheel.of([line.prize for line in shown.lines], found and found.prize),
        "result": found,
        "tickets": tickets,
        "waiting": [one for one in tickets if one.waits_for_address],
        "refusal": refusal,
        "missing": max(0, shown.price - (request.purse.available or 0)) if member else 0,
        "check": proof.CHECK,
        "key": uuid4().hex,
        "here": shown.draw.get_absolute_url(),
    }
    status = refusal.status if refusal else 200
    return render(request, "marketing/draws/draw.html", context, status=status)


def _member(request):
    return request.user if request.user.is_authenticated else None
