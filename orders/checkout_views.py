"""The checkout page: what the wanted goods cost now, with which coupon and points, and the one
button that places the order.
"""

from dataclasses import dataclass
from uuid import uuid4

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import addresses as address_book
from catalog import stock
from catalog.models import Product, most_pieces
from mall.core import unsent
from mall.core.errors import Busy, DomainError
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from orders import coupon_choice, just_placed, pricing, proposals
from orders.basket import badge
from orders.checkout import place_order
from orders.coupons.errors import CouponNotUsable
from orders.coupons.guesses import count_try
from orders.errors import InvalidCheckout, PointsNotUsable
from orders.forms import PlaceForm, read_lines, read_points
from orders.freight import Destination
from orders.models import Order
from orders.obtainable import rest_of

DISCOUNT_CHOICES = 4
CHOSEN = ("points_to_use", "coupon", "code", "address", "basket")  # besides the goods


@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """Show what the wanted goods cost now; a POST places the order once, however often it is
    sent.
    """
    if request.method != "POST":
        return _checkout_page(request, unsent.take(request, about="sku") or request.GET)
    try:
        order = _place(request)
    except Busy:
        raise
    except DomainError as refusal:
        return _checkout_page(request, request.POST, refusal=refusal)
    if order.status == Order.Status.PENDING:
        response = redirect("orders:pay", order.no)
    else:
        messages.success(request, _("Redeemed. We are getting it ready for you."))
        response = redirect(order)
    if "basket" in request.POST:
        badge.doubt(response)
    return just_placed.note(response, order, [sku for sku, _number in read_lines(request.POST)])


def _place(request):
    form = PlaceForm(request.POST)
    lines = read_lines(request.POST)
    if not form.is_valid():
        raise InvalidCheckout
    sent = form.cleaned_data
    limit(request, "redeem", ACTIONS_PER_MEMBER, once=sent["key"])
    count_try(request, sent["coupon"])
    return place_order(
        request.user,
        lines=lines,
        key=sent["key"],
        points_to_use=sent["points_to_use"],
        coupon=sent["coupon"] or None,
        address=sent["address"],
        expect=form.expect,
        from_basket=sent["basket"],
    )


def _checkout_page(request, asked, *, refusal=None):
    """Quote what is asked for; say what stands in the way when it cannot be placed."""
    try:
        wishes = pricing.wishes_of(read_lines(asked))
        choice = coupon_choice.choose(request, asked, wishes)
        book = _book(request, asked, wishes)
        quote = _quote_with(request.user, wishes, read_points(asked), choice, book.to)
    except DomainError as unable:
        return render(
            request,
            "orders/unable.html",
            {"refusal": refusal or unable, "rest": _way_on(request, asked)},
            status=(refusal or unable).status,
        )
    first, left = quote.lines[0], stock.available([line.sku.pk for line in quote.lines])
    short = [
        {"name": line.sku.product.name, "left": left[line.sku.pk]}
        for line in quote.lines
        if left[line.sku.pk] < line.quantity
    ]
    available = request.purse.available or 0
    missing = max(0, quote.points - available)
    proposal = proposals.propose(
        wishes, choice.options, available=available, carriage=quote.carriage
    )
    undelivered = quote.carriage.refused or quote.carriage.is_unclear
    from_basket, needs_address = "basket" in asked, quote.is_physical and not book.addresses
    context = {
        "quote": quote,
        "placed_before": just_placed.of(request, [line.sku.pk for line in quote.lines]),
        "refusal": refusal,
        "short": short,
        "rest": _way_on(request, asked, book.to) if short or quote.carriage.refused else None,
        "undelivered": list(quote.carriage.refusals.values()),
        "unclear_address": book.chosen if quote.carriage.is_unclear else None,
        "missing": missing,
        "available": available,
        "remaining": max(0, available - quote.points),
        "choices": _discount_choices(quote, available),
        "coupons": coupon_choice.offered(quote, choice),
        "coupon": coupon_choice.named(quote),
        "proposal": proposal if proposal and proposal.quote.cash < quote.cash else None,
        "best": proposal and f"{request.path}?{_query(proposal.quote, from_basket)}",
        "from_basket": from_basket,
        "addresses": book.addresses,
        "chosen_address": book.chosen,
        "needs_address": needs_address,
        "can_place": not (short or missing or needs_address or undelivered),
        "quantity_line": first if len(quote.lines) == 1 else None,
        "quantity_max": max(
            first.quantity, most_pieces(first.sku.product.limit_per_order, left[first.sku.pk])
        ),
        "here": f"{request.path}?{_query(quote, from_basket)}",
        "key": uuid4().hex,
    }
    return render(request, "orders/new.html", context, status=refusal.status if refusal else 200)


def _way_on(request, asked, to=None) -> dict | None:
    """Return the address of this page with what can still be had, all that was chosen kept, and
    what it does without; None where there is no such way.
    """
    try:
        rest = rest_of(request.user, read_lines(asked), to=to)
    except DomainError:
        return None
    if rest is None:
        return None
    query = {name: asked.getlist(name) for name in CHOSEN if name in asked}
    query |= {"sku": [sku for sku, _pieces in rest.lines]}
    query |= {"quantity": [pieces for _sku, pieces in rest.lines]}
    names = ", ".join(f"“{name}”" for name in rest.without)
    return {"url": f"{request.path}?{urlencode(query, doseq=True)}", "without": names}


@dataclass(slots=True)
class Book:
    """The member's addresses where one is needed, the one chosen (its id), and the way there."""

    addresses: list
    chosen: int | None
    to: Destination


def _book(request, asked, wishes) -> Book:
    is_physical = any(wish.sku.product.kind == Product.Kind.PHYSICAL for wish in wishes)
    own = list(address_book.book_of(request.user)) if is_physical else []
    chosen = address_book.chosen(own, asked.get("address", ""))
    named = next((address for address in own if address.pk == chosen), None)
    return Book(own, chosen, Destination(request.user, named) if named else Destination(None))


def _quote_with(user, wishes, points_to_use, choice, to):
    """Quote with the coupon chosen, or without it when it does not fit; the choice remembers
    why.
    """
    lines = [(wish.sku.pk, wish.quantity) for wish in wishes]
    try:
        return _closest_quote(user, lines, points_to_use, choice.chosen, to)
    except CouponNotUsable as refusal:
        choice.refusal = refusal
        return _closest_quote(user, lines, points_to_use, None, to)


def _closest_quote(user, lines, points_to_use, coupon, to):
    """Quote with the points asked for, or the nearest number that may be used here."""
    try:
        return pricing.quote(user, lines, points_to_use=points_to_use, coupon=coupon, to=to)
    except PointsNotUsable as refusal:
        usable = pricing.DiscountRange(
            refusal.numbers["min"], refusal.numbers["step"], refusal.numbers["max"]
        )
        return pricing.quote(
            user, lines, points_to_use=usable.closest(points_to_use), coupon=coupon, to=to
        )


def _discount_choices(quote, available) -> list[dict]:
    """Offer none, the most the member can use, and a few numbers between; what was chosen is always
    there.
    """
    usable = quote.usable
    spare = available - (quote.points - quote.points_for_discount)
    most = usable.closest(min(usable.most, max(spare, 0)))
    numbers = {0, most, quote.points_for_discount}
    if numbers == {0}:
        return []
    numbers |= {
        usable.closest(most * part // DISCOUNT_CHOICES) for part in range(1, DISCOUNT_CHOICES)
    }
    return [
        {
            "points": points,
            "worth": pricing.worth(points, quote.rate),
            "is_chosen": points == quote.points_for_discount,
        }
        for points in sorted(numbers)
    ]


def _query(quote, from_basket) -> str:
    """Return what asks for the checkout of a quote again."""
    asked = {
        "sku": [line.sku.pk for line in quote.lines],
        "quantity": [line.quantity for line in quote.lines],
        "points_to_use": quote.points_for_discount,
        "coupon": coupon_choice.named(quote),
        **({"basket": "on"} if from_basket else {}),
    }
    return urlencode(asked, doseq=True)
