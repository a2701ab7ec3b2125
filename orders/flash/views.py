"""The pages of flash sales: the sessions, one item with its button, and how it stands for whoever
waits there.
"""

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import traces
from catalog.models import Product
from catalog.payable import takes_yuan
from mall.core import clock, unsent
from mall.core.errors import Busy, DomainError
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from orders import address_choice, just_placed
from orders.errors import FlashLimitReached, InvalidCheckout, NoSuchFlashItem
from orders.flash import board, early, lots_proof, quotes, redemption
from orders.flash import sessions as flash_sessions
from orders.flash.forms import RedeemForm, read_quantity
from orders.models import FlashSession, Order

PRESSABLE = (board.OPEN, board.SOON, board.REGISTER)


@login_not_required
@require_safe
def sessions(request):
    """Show the sessions that run or come next."""
    return render(
        request,
        "orders/flash.html",
        {"sessions": board.sessions(_member(request)), "now": clock.now()},
    )


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def item(request, item_id):
    """Show one item; a POST redeems it, once however often it is sent."""
    if request.method != "POST":
        return item_page(request, item_id, asked=unsent.take(request))
    if not request.user.is_authenticated:
        return unsent.sign_in_first(request)
    try:
        order = _redeem(request, item_id)
    except Busy:
        raise
    except NoSuchFlashItem:
        raise Http404 from None
    except DomainError as refusal:
        return item_page(request, item_id, asked=request.POST, refusal=refusal)
    if order.status == Order.Status.PENDING:
        messages.success(request, _("Got it! It is kept for you for five minutes: please pay now."))
        return redirect("orders:pay", order.no)
    just_placed.tell(request, order, _("Got it! It is yours."))
    return redirect(order)


@login_not_required
@require_safe
def standing(request, item_id):
    """Answer a waiting page how the item stands and what time it is here; a second old at most."""
    try:
        answer = JsonResponse(board.standing(item_id, _member(request)))
    except NoSuchFlashItem:
        raise Http404 from None
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def reminder(request, session_id):
    """Note the wish to be reminded of a session, or take it back."""
    session = get_object_or_404(FlashSession.objects.announced(), pk=session_id)
    if request.POST.get("wanted") == "no":
        flash_sessions.forget(request.user, session)
        messages.info(request, _("Fine, we will not remind you."))
    else:
        flash_sessions.remind(request.user, session)
        messages.success(request, _("We will tell you five minutes before it starts."))
    return redirect("orders:flash")


def _redeem(request, item_id) -> Order:
    form = RedeemForm(request.POST)
    if not form.is_valid():
        raise InvalidCheckout
    sent = form.cleaned_data
    limit(request, "redeem", ACTIONS_PER_MEMBER, once=sent["key"])
    address_choice.check_seen(request.user, request.POST)
    return redemption.redeem(
        request.user,
        item=item_id,
        quantity=sent["quantity"],
        key=sent["key"],
        address=sent["address"],
        expect=form.expect,
        trace=traces.of(request),
    )


def item_page(request, item_id, *, asked=None, refusal=None):
    """Answer an item's page, with what was refused and what had been asked for."""
    asked = asked or {}
    member = _member(request)
    try:
        facts = board.item(item_id, member)
    except NoSuchFlashItem:
        raise Http404 from None
    found, now = redemption.find(item_id), clock.now()
    if facts["session"].cancelled_at and not (facts["had"] or facts["registration"]):
        raise Http404
    is_posted = found.sku.product.kind == Product.Kind.PHYSICAL
    way = address_choice.choose(member, asked.get("address", ""), is_needed=is_posted)
    quote = quotes.quote(member, found, to=way.to, as_of=now)
    missing = max(0, quote.points - (request.purse.available or 0)) if member else 0
    is_payable = not quote.cash or takes_yuan()
    most = max(1, min(found.limit_per_person - facts["had"], facts["left"]))
    context = {
        **way.facts(quote.carriage),
        "item": facts,
        "quote": quote,
        "session": facts["session"],
        "is_over": facts["state"] in board.ENDED,
        "let_in": _let_in_first(facts),
        "now": now,
        "refusal": refusal,
        "is_yours": facts["state"] == board.YOURS or isinstance(refusal, FlashLimitReached),
        "own_order": _own_order(member, found),
        "missing": missing,
        "addresses": way.addresses if facts["state"] in PRESSABLE else [],
        "freights": quotes.freights(found, most, to=way.to),
        "can_press": not missing and is_payable and way.may_go(quote.carriage),
        "is_payable": is_payable,
        "quantity_max": most,
        "quantity": read_quantity(asked),
        "key": uuid4().hex,
        "here": found.get_absolute_url(),
        "lots": lots_proof.of(found, member) if facts["by_lot"] else None,
        "check": lots_proof.CHECK,
    }
    return render(
        request, "orders/flash_item.html", context, status=refusal.status if refusal else 200
    )


def _let_in_first(facts) -> dict | None:
    """Return who is let in before this reader, who still waits."""
    first = early.first_let_in() if facts["state"] == board.SOON else None
    is_before = first is not None and first[1] > facts["minutes_early"]
    return {"tier": first[0], "minutes": first[1]} if is_before else None


def _own_order(member, item) -> Order | None:
    if member is None:
        return None
    return (
        Order.objects.of(member)
        .filter(flash_claim__item=item, flash_claim__is_live=True)
        .newest_first()
        .first()
    )


def _member(request):
    return request.user if request.user.is_authenticated else None
