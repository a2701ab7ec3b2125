"""The checkout page: what the wanted goods cost now, with which coupon and points, and the one
button that places the order.
"""

from uuid import uuid4

from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import traces
from catalog import stock
from catalog.models import most_pieces
from mall.core import unsent
from mall.core.errors import Busy, DomainError
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from orders import address_choice, coupon_choice, freight, just_placed, pricing, proposals
from orders.basket import badge
from orders.checkout import place_order
from orders.coupons.errors import CouponNotUsable
from orders.coupons.guesses import count_try
from orders.errors import InvalidCheckout, PointsNotUsable
from orders.forms import PlaceForm, read_lines, read_points
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
        just_placed.tell(request, order, _("Redeemed. We are getting it ready for you."))
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
    address_choice.check_seen(request.user, request.POST)
    return place_order(
        request.user,
        lines=lines,
        key=sent["key"],
        points_to_use=sent["points_to_use"],
        coupon=sent["coupon"] or None,
        address=sent["address"],
        expect=form.expect,
        from_basket=sent["basket"],
        trace=traces.of(request),
    )


def _checkout_page(request, asked, *, refusal=None):
    """Quote what is asked for; say what stands in the way when it cannot be placed."""
    try:
        wishes = pricing.wishes_of(read_lines(asked))
        choice = coupon_choice.choose(request, asked, wishes)
        way = address_choice.choose(
            request.user, asked.get("address", ""), is_needed=bool(freight.posted(wishes))
        )
        quote = _quote_with(request.user, wishes, read_points(asked), choice, way.to)
    except DomainError as unable:
        return render(
            request,
            "orders/unable.html",
            {"refusal": refusal or unable, "rest": _way_on(request, asked)},
            status=(refusal or unable).status,
        )
    context = _facts(request, asked, quote, choice, way) | {"refusal": refusal}
    return render(request, "orders/new.html", context, status=refusal.status if refusal else 200)


def _facts(request, asked, quote, choice, way) -> dict:
    """Return what the page tells of a quote, and what stands in the way of placing it."""
    first, left = quote.lines[0], stock.available([line.sku.pk for line in quote.lines])
    short = [
        {"name": line.sku.product.name, "left": left[line.sku.pk]}
        for line in quote.lines
        if left[line.sku.pk] < line.quantity
    ]
    available = request.purse.available or 0
    missing = max(0, quote.points - available)
    proposal = proposals.propose(
        quote.lines, choice.options, available=available, carriage=quote.carriage
    )
    from_basket = "basket" in asked
    return {
        **way.facts(quote.carriage),
        "quote": quote,
        "placed_before": just_placed.of(request, [line.sku.pk for line in quote.lines]),
        "short": short,
        "rest": _way_on(request, asked, way.to) if short or quote.carriage.refused else None,
        "missing": missing,
        "available": available,
        "remaining": max(0, available - quote.points),
        "choices": _discount_choices(quote, available),
        "coupons": coupon_choice.offered(quote, choice),
        "coupon": coupon_choice.named(quote),
        "proposal": proposal if proposal and proposal.quote.cash < quote.cash else None,
        "best": proposal and f"{request.path}?{_query(proposal.quote, from_basket)}",
        "from_basket": from_basket,
        "can_place": not short and not missing and way.may_go(quote.carriage),
        "quantity_line": first if len(quote.lines) == 1 else None,
        "quantity_max": max(
            first.quantity, most_pieces(first.sku.product.limit_per_order, left[first.sku.pk])
        ),
        "here": f"{request.path}?{_query(quote, from_basket)}",
        "key": uuid4().hex,
    }


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


def _quote_with(user, wishes, points_to_use, choice, to):
    """Quote with the coupon chosen, or without it when it does not fit; the choice remembers
    why.
    """
    try:
        return _closest_quote(user, wishes, points_to_use, coupon=choice.chosen, to=to)
    except CouponNotUsable as refusal:
        choice.refusal = refusal
        return _closest_quote(user, wishes, points_to_use, coupon=None, to=to)


def _closest_quote(user, wishes, points_to_use, **words):
    """Quote with the points asked for, or the nearest number that may be used here."""
    try:
        return pricing.quote_wishes(user, wishes, points_to_use=points_to_use, **words)
    except PointsNotUsable as refusal:
        usable = pricing.DiscountRange(
            refusal.numbers["min"], refusal.numbers["step"], refusal.numbers["max"]
        )
        closest = usable.closest(points_to_use)
        return pricing.quote_wishes(user, wishes, points_to_use=closest, **words)


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
