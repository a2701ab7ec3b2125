"""The shelves as pages: what there is, and one product."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from catalog import audience, cards, facts, freight, reviews, searches, storefront, suggestions
from catalog.forms import FilterForm
from catalog.looked import LOOKED
from catalog.models import Product, most_pieces
from catalog.payable import is_payable
from mall.core.limits import TooOften, limit, who


@login_not_required
@require_safe
@vary_on_headers("HX-Request")
def product_list(request):
    """Show a page of products; htmx gets only the part that changes."""
    available = request.purse.available
    form = FilterForm(request.GET)
    filters = form.filters(available, audience.tier_of(request))
    here = storefront.category(filters.category) if filters.category else None
    shelf = storefront.listing(filters, available=available)
    is_search = bool(filters.search.strip())
    if is_search and not request.htmx and shelf.object_list and not shelf.is_guess:
        searches.note(filters.search, by=who("search", request))
    context = {
        "form": form,
        "shelf": shelf,
        "hot_words": searches.hot() if is_search and not shelf.object_list else [],
        "chips": _chips(here),
        "category": here,
        "is_filtered": any(
            value for name, value in request.GET.items() if name not in ("page", "ordering")
        ),
        "narrowings": _narrowings(form),
        "is_member": available is not None,
        "card": cards.of_shelf(here),
    }
    if not request.htmx or request.htmx.history_restore_request:
        return render(request, "catalog/list.html", context)
    part = render(request, "catalog/_shelf.html", context)
    part["HX-Push-Url"] = _address(request)
    return part


@login_not_required
@require_safe
def product_suggestions(request):
    """Answer the search box while somebody types, in JSON: {suggestions: [{text, url}]}."""
    try:
        limit(request, "suggest", suggestions.PER_CALLER)
    except TooOften as refusal:  # said in JSON, and in no message: nobody asked for anything
        wait = {"Retry-After": refusal.retry_after_seconds}
        return JsonResponse({"suggestions": []}, status=refusal.status, headers=wait)
    lines = suggestions.suggest(request.GET.get("search", "")[:60], tier=audience.tier_of(request))
    return JsonResponse({"suggestions": [{"text": one.text, "url": one.url} for one in lines]})


@login_not_required
@require_safe
def product_detail(request, product_id):
    """Show one product with its choices, and how far away it is for the reader."""
    available = request.purse.available
    product = storefront.detail(product_id, available=available, tier=audience.tier_of(request))
    if product is None:
        raise Http404
    left = [sku for sku in product["skus"] if sku["stock"]]
    within_reach = [sku for sku in left if not sku["missing"]]
    nearest = min(left or product["skus"], key=lambda sku: sku["missing"])
    said = reviews.summary(product_id)
    pictures = facts.gallery(product)
    context = {
        "product": product,
        "card": cards.of_product(product, pictures, said),
        "review_sum": said,
        "reviews": reviews.page_of(product_id, request.GET.get("page"), count=said.count)
        if said.count
        else None,
        "pictures": pictures,
        "chosen": (within_reach or left or product["skus"])[0]["id"],
        "can_redeem": bool(within_reach)
        and not product["locked_until"]
        and is_payable(product["pay_mode"]),
        "deed": _("Buy now")
        if product["pay_mode"] in (Product.PayMode.CASH, Product.PayMode.CASH_POINTS)
        else _("Redeem"),
        "is_sold_out": not left,
        "is_posted": product["kind"] == Product.Kind.PHYSICAL,
        "freight": _freight(request, product),
        "quantity_max": most_pieces(
            product["limit_per_order"], max((sku["stock"] for sku in left), default=1)
        ),
        "missing": nearest["missing"],
        "checkins": request.purse.checkins_for(nearest["missing"]) if nearest["missing"] else None,
    }
    response = render(request, "catalog/detail.html", context)
    LOOKED.ask(request, response, product["id"])
    return response


def _freight(request, product) -> dict | None:
    """What carrying one piece costs the reader, as the rooms above know it."""
    member = request.user if request.user.is_authenticated else None
    return next((told for told in freight.TOLD.ask(member, product) if told), None)


def _chips(here) -> list[dict]:
    """The shelves to choose from: the top ones, and under the chosen one those inside it."""
    tree = storefront.tree()
    trail = _trail(tree, here)
    open_to = {None, *(shelf["id"] for shelf in trail)}
    return [{**shelf, "is_here": shelf in trail} for shelf in tree if shelf["parent"] in open_to]


def _trail(tree, here) -> list[dict]:
    return [shelf for shelf in tree if here and here["id"] in shelf["beneath"]]


def _address(request) -> str:
    """This page's address without the fields left empty."""
    asked = urlencode([(name, value) for name, value in request.GET.items() if value])
    return f"{request.path}?{asked}" if asked else request.path


def _narrowings(form) -> int:
    """How many filters of the drawer are at work."""
    return sum(
        1
        for name in ("pay_mode", "min_points", "max_points", "affordable")
        if form.cleaned_data.get(name) not in (None, "", False)
    )
