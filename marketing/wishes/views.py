"""The wish list as a page, the goal as a piece of other pages, and what a member can wish of one
product.
"""

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from catalog import audience, storefront
from mall.core.limits import limit
from mall.core.links import id_in
from marketing.wishes import goal
from orders.basket import alerts, seen, wishes

CHANGES = "60/m"
PICKS = 4
WISHES = {"wish": wishes.wish, "forget": wishes.forget, "aim": wishes.aim}


@require_safe
def wishlist(request):
    """Show what the member wishes for, and how far the goal is."""
    available, tier = request.purse.available, audience.tier_of(request)
    wanted = wishes.ids_of(request.user)
    goods = storefront.named(wanted, available=available, tier=tier)
    goal_id = wishes.goal_of(request.user)
    context = {
        "goods": goods,
        "gone": len(wanted) - len(goods),
        "goal": goal_id and goal.to(request, goal_id),
        "goal_id": goal_id,
        "picks": [] if wanted else storefront.picks(available, PICKS, tier=tier),
        "seen": seen.goods_of(request, available=available, tier=tier),
    }
    return render(request, "marketing/wishes/wishlist.html", context)


@require_safe
def goal_piece(request):
    """Show the member's goal alone, for pages that fetch it."""
    page = "_goal.html" if request.htmx else "goal.html"
    return render(request, f"marketing/wishes/{page}", {"goal": goal.of(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def of_product(request, product_id):
    """Show what a member can wish of a product; a POST wishes, aims, or waits for it, or no
    longer.
    """
    if request.method == "POST":
        limit(request, "wish", CHANGES)
        _act(request, product_id)
        if not request.htmx:
            if request.POST.get("then") == "list":
                return redirect("marketing:wishlist")
            return redirect("marketing:wish", product_id)
    way = goal.to(request, product_id, items=[])
    if way is None:
        if request.POST.get("do") == "forget":
            return redirect("marketing:wishlist")
        raise Http404
    awaited = alerts.skus_of(request.user)
    context = {
        "product": way.product,
        "missing": way.missing,
        "checkins": way.checkins,
        "is_wished": product_id in wishes.ids_of(request.user),
        "is_goal": wishes.goal_of(request.user) == product_id,
        "sold_out": [
            {**sku, "is_awaited": sku["id"] in awaited}
            for sku in way.product["skus"]
            if not sku["stock"]
        ],
    }
    page = "_wish.html" if request.htmx else "wish.html"
    return render(request, f"marketing/wishes/{page}", context)


def _act(request, product_id):
    """Do what a button asks for. Raises: what the verb refuses."""
    sent = request.POST
    for name, verb in (("tell", alerts.ask), ("withdraw", alerts.withdraw)):
        if sku := id_in(sent.get(name, "")):
            verb(request.user, sku)
    verb = WISHES.get(sent.get("do"))
    if verb is not None:
        verb(request.user, product_id)
    elif sent.get("do") == "rest":
        wishes.rest(request.user)
