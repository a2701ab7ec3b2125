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
from catalog.models import most_pieces
from mall.core import unsent
from mall.core.errors import Busy, DomainError
from mall.core.limits import ACTIONS_PER_MEMBER, TooOften, limit
from orders import just_placed, pricing, proposals
from orders.basket import badge
from orders.checkout import place_order
from orders.coupons import offers, wallet
from orders.coupons.errors import CouponNotUsable
from orders.coupons.guesses import count_try
from orders.coupons.wallet import LONGEST_TYPED
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
        choice = _choose_coupon(request, asked, wishes)
        quote = _quote_with(request.user, wishes, read_points(asked), choice)
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
    addresses = list(address_book.book_of(request.user)) if quote.is_physical else []
    available = request.purse.available or 0
    missing = max(0, quote.points - available)
    proposal = proposals.propose(wishes, choice.options, available=available)
    from_basket = "basket" in asked
    context = {
        "quote": quote,
        "placed_before": just_placed.of(request, [line.sku.pk for line in quote.lines]),
        "refusal": refusal,
        "short": short,
        "rest": _way_on(request, asked) if short else None,
        "missing": missing,
        "available": available,
        "remaining": max(0, available - quote.points),
        "choices": _discount_choices(quote, available),
        "coupons": _coupon_choices(quote, choice),
        "coupon": _named(quote),
        "proposal": proposal if proposal and proposal.quote.cash < quote.cash else None,
        "best": proposal and f"{request.path}?{_query(proposal.quote, from_basket)}",
        "from_basket": from_basket,
        "addresses": addresses,
        "chosen_address": address_book.chosen(addresses, asked.get("address", "")),
        "needs_address": quote.is_physical and not addresses,
        "can_place": not short and not missing and not (quote.is_physical and not addresses),
        "quantity_line": first if len(quote.lines) == 1 else None,
        "quantity_max": max(
            first.quantity, most_pieces(first.sku.product.limit_per_order, left[first.sku.pk])
        ),
        "here": f"{request.path}?{_query(quote, from_basket)}",
        "key": uuid4().hex,
    }
    return render(request, "orders/new.html", context, status=refusal.status if refusal else 200)


def _way_on(request, asked) -> dict | None:
    """Return the address of this page with what can still be had, all that was chosen kept, and
    what it does without; None where there is no such way.
    """
    try:
        rest = rest_of(request.user, read_lines(asked))
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
class CouponChoice:
    """What a member may choose from, what was chosen (None: none), and why a choice does not
    count.
    """

    options: list
    chosen: int | str | None = None
    typed: str = ""
    refusal: DomainError | None = None


def _choose_coupon(request, asked, wishes) -> CouponChoice:
    """Find the coupon to use: the code typed in, else the one chosen, else the best that fits; an
    empty choice is none.

    Every new code is counted before it is looked up.
    """
    if not any(wish.sku.cash_price for wish in wishes):
        return CouponChoice([])
    options = wallet.options(request.user, wishes)
    typed = asked.get("code", "").strip()[:LONGEST_TYPED]
    named = typed or asked.get("coupon")
    if named is None:
        best = wallet.propose(options)
        return CouponChoice(options, best and best.in_hand.coupon.pk)
    choice = CouponChoice(options, wallet.normalise(named[:LONGEST_TYPED]), typed)
    try:
        count_try(request, choice.chosen)
    except TooOften as refusal:
        choice.chosen, choice.refusal = None, refusal
    return choice


def _quote_with(user, wishes, points_to_use, choice):
    """Quote with the coupon chosen, or without it when it does not fit; the choice remembers
    why.
    """
    lines = [(wish.sku.pk, wish.quantity) for wish in wishes]
    try:
        return _closest_quote(user, lines, points_to_use, choice.chosen)
    except CouponNotUsable as refusal:
        choice.refusal = refusal
        return _closest_quote(user, lines, points_to_use, None)


def _closest_quote(user, lines, points_to_use, coupon):
    """Quote with the points asked for, or the nearest number that may be used here."""
    try:
        return pricing.quote(user, lines, points_to_use=points_to_use, coupon=coupon)
    except PointsNotUsable as refusal:
        usable = pricing.DiscountRange(
            refusal.numbers["min"], refusal.numbers["step"], refusal.numbers["max"]
        )
        return pricing.quote(
            user, lines, points_to_use=usable.closest(points_to_use), coupon=coupon
        )


def _named(quote) -> int | str:
    """Return how the form names the coupon of a quote: the id of an own one, a public code; nothing
    without.
    """
    if quote.coupon is None:
        return ""
    return quote.coupon.coupon.pk if quote.coupon.coupon else quote.coupon.code


def _coupon_choices(quote, choice) -> dict | None:
    """Return what the page offers: coupons that fit with what they save, a code in use, and the
    others with their reason.

    None where nothing costs yuan: there is nothing a coupon could do.
    """
    if not quote.goods_cash:
        return None
    chosen = _named(quote)
    fitting = [
        {
            "value": option.in_hand.coupon.pk,
            "name": option.in_hand.template.name,
            "terms": offers.describe(option.in_hand.template),
            "until": wallet.last_day(option.in_hand.expires_at),
            "saves": option.discount,
            "is_chosen": option.in_hand.coupon.pk == chosen,
        }
        for option in choice.options
        if option.fits
    ]
    if quote.coupon and not any(row["is_chosen"] for row in fitting):
        template = quote.coupon.template
        row = {
            "value": chosen,
            "name": template.name,
            "terms": offers.describe(template),
            "code": quote.coupon.code,
        }
        until = wallet.last_day(quote.coupon.expires_at)
        fitting.insert(
            0, {**row, "until": until, "saves": quote.coupon_discount, "is_chosen": True}
        )
    return {
        "fitting": fitting,
        "others": [
            {"name": option.in_hand.template.name, "reason": option.reason}
            for option in choice.options
            if not option.fits
        ],
        "typed": choice.typed if choice.refusal else "",
        "refusal": choice.refusal,
    }


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
        "coupon": _named(quote),
        **({"basket": "on"} if from_basket else {}),
    }
    return urlencode(asked, doseq=True)
