"""The two shelves as a page, and what goes with a product: pages of their own, and the pieces other
pages fetch from them.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog import audience, storefront
from marketing.recommendations import companions, impressions, shelves

SHOWN = 12
SHOWN_TOGETHER = SHOWN_ELSEWHERE = 4


@require_safe
def both(request):
    """Show both shelves; htmx gets a few goods of *new for you* alone."""
    limits = {shelves.NEW: SHOWN, shelves.AGAIN: SHOWN}
    if request.htmx:
        limits = {shelves.NEW: SHOWN_ELSEWHERE}
    context = cards_of(request, limits)
    page = "_new_for_you.html" if request.htmx else "recommendations.html"
    return render(request, f"marketing/{page}", context)


def cards_of(request, limits: dict[str, int]) -> dict[str, list[dict]]:
    """Return the shelves as cards, {"new_goods": …, "own_goods": …}, and count them as shown."""
    found = shelves.of_member(
        request.user,
        available=request.purse.available,
        limits=limits,
        tier=audience.tier_of(request),
    )
    for shown in found.values():
        impressions.note_shown(shown)
    new, again = (list(map(impressions.linked, found[shelf])) for shelf in shelves.SHELVES)
    return {"new_goods": new, "own_goods": again}


@login_not_required
@require_safe
def together(request, product_id):
    """Show what the same people had; htmx gets the section alone."""
    available, tier = request.purse.available, audience.tier_of(request)
    product = storefront.detail(product_id, available=available, tier=tier)
    if product is None:
        raise Http404
    found = companions.of_product(product_id, available=available, limit=SHOWN_TOGETHER, tier=tier)
    page = "_together.html" if request.htmx else "together.html"
    return render(request, f"marketing/{page}", {"product": product, "found": found})
