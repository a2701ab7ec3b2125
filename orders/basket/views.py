"""The basket as a page: how it stands, and what changes it. Each change works as a plain form; htmx
swaps the basket alone.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog import audience, storefront
from catalog.models import MAX_QUANTITY
from mall.core import unsent
from mall.core.errors import DomainError
from mall.core.limits import limit
from orders import pricing, proposals
from orders.basket import again, badge, baskets, contents, seen, standing
from orders.basket.shelves import offered
from orders.errors import InvalidLines
from orders.forms import read_lines, read_whole
from orders.models import Order

CHANGES = "60/m"
PICKS = 4


@login_not_required
@require_safe
def basket(request):
    """Show what lies in the reader's basket, and what is in the way of it."""
    return _shown(request, baskets.of(request).lines(), request.GET)


@login_not_required
@require_POST
def add(request):
    """Put what was chosen on a product's page into the basket, and go back there."""
    if unsent.has_ended(request):
        return unsent.sign_in_first(request)
    limit(request, "basket", CHANGES)
    ((sku, quantity),) = pricing.normalise(read_lines(request.POST)[:1])
    product = offered(sku, _member(request)).product
    # The button carries the page's token, masked anew for each page: pressed twice it adds once.
    # Who comes back to the page and chooses another number means it.
    token = request.POST.get("csrfmiddlewaretoken", "")
    key = token and f"{quantity}.{token}"[:64]
    lines = baskets.of(request).change(lambda kept: contents.add(kept, sku, quantity, key=key))
    messages.success(request, _("It is in your basket."))
    return badge.note(redirect(product), request, lines)


@login_not_required
@require_POST
def change(request, sku):
    """Change one line: another quantity, out of the basket, for later, or back."""
    if unsent.has_ended(request):
        return unsent.sign_in_first(request)
    limit(request, "basket", CHANGES)
    kept = baskets.of(request)
    before = kept.lines().get(sku)
    lines = kept.change(_act(request, sku, before))
    undo = {}
    if before is not None and sku not in lines:
        undo = {"removed": sku, "n": before.quantity, "later": int(before.is_saved)}
    if request.htmx:
        return _shown(request, lines, undo)
    query = f"?{urlencode(undo)}" if undo else ""
    return badge.note(redirect(reverse("orders:basket") + query), request, lines)


@require_safe
def pieces(request):
    """Tell how many pieces lie in a member's basket, for the header: {pieces}."""
    lines = baskets.of(request).lines()
    return badge.note(JsonResponse({"pieces": contents.pieces(lines)}), request, lines)


@require_POST
def buy_again(request, no):
    """Put what is still offered of an order into the basket, and say what is not."""
    order = get_object_or_404(Order.objects.of(request.user), no=no)
    limit(request, "basket", CHANGES)
    put = again.put(order)
    told = {
        _("Not to be had any more: %(names)s."): put.gone,
        _("Saved for later, for the basket is full: %(names)s."): put.aside,
    }
    between = "、" if request.LANGUAGE_CODE == "zh-hans" else ", "
    for words, names in told.items():
        if names:
            messages.warning(request, words % {"names": between.join(names)})
    return badge.note(redirect("orders:basket"), request, put.lines)


def _act(request, sku, before):
    """Return what a form wants done with a line.

    Raises: InvalidLines, NotOffered, NotForSale, TierNeeded.
    """
    sent = request.POST
    if sent.get("do") == "remove" or sent.get("to") == "0":
        return lambda lines: contents.remove(lines, sku)
    if before is None:
        offered(sku, _member(request))
    if sent.get("do") in ("later", "now") and before is not None:
        is_saved, quantity = sent["do"] == "later", before.quantity
        return lambda lines: contents.put(lines, sku, quantity, is_saved=is_saved)
    quantity = read_whole(sent.get("to", sent.get("quantity", ""))) or 0
    if not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidLines
    is_saved = sent["do"] == "later" if sent.get("do") in ("later", "now") else None
    return lambda lines: contents.put(lines, sku, quantity, is_saved=is_saved)


def _member(request):
    return request.user if request.user.is_authenticated else None


def _shown(request, lines, asked):
    member = _member(request)
    stands = standing.look(member, lines)
    available, tier = request.purse.available, audience.tier_of(request)
    missing = max(0, stands.quote.points - available) if member and stands.quote else 0
    context = {
        "basket": stands,
        "undo": _undo(request, lines, asked),
        "proposal": member
        and proposals.of(member, stands.quoted, available=available, carriage=stands.carriage),
        "missing": missing,
        "checkins": request.purse.checkins_for(missing) if missing else None,
        "picks": [] if lines else storefront.picks(available, PICKS, tier=tier),
        "seen": seen.goods_of(request, available=available, tier=tier),
        "is_member": member is not None,
    }
    page = "orders/basket/_basket.html" if request.htmx else "orders/basket/basket.html"
    pieces_now = {"basket_pieces": str(contents.pieces(lines))}
    return badge.note(render(request, page, {**context, **pieces_now}), request, lines)


def _undo(request, lines, asked) -> dict | None:
    """Return what was taken out a moment ago and may come back: nothing that is not on offer, for
    anybody may write the address.
    """
    sku, quantity = (read_whole(str(asked.get(name, ""))) for name in ("removed", "n"))
    if sku is None or sku in lines or not 1 <= (quantity or 0) <= MAX_QUANTITY:
        return None
    try:
        found = offered(sku, _member(request))
    except DomainError:
        return None
    is_saved = str(asked.get("later")) == "1"
    return {"sku": found, "quantity": quantity, "do": "later" if is_saved else "now"}
