"""What goes with a product: a page of its own, and the piece a product page fetches from it."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog import audience, storefront
from marketing import recommendations

SHOWN = 4


@login_not_required
@require_safe
def together(request, product_id):
    """Show what the same people had; htmx gets the section alone."""
    available, tier = request.purse.available, audience.tier_of(request)
    product = storefront.detail(product_id, available=available, tier=tier)
    if product is None:
        raise Http404
    found = recommendations.with_product(product_id, available=available, limit=SHOWN, tier=tier)
    page = "_together.html" if request.htmx else "together.html"
    return render(request, f"marketing/{page}", {"product": product, "found": found})
