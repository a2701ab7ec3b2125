"""What the reader looked at lately, as a page: looked through, cleared, and switched off."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog import audience
from mall.core import unsent
from mall.core.limits import limit
from orders.basket import seen

CHANGES = "20/m"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def recently_seen(request):
    """Show it; a POST clears it, or has nothing noted any more, or again."""
    if request.method != "POST":
        tier = audience.tier_of(request)
        goods = seen.goods_of(request, available=request.purse.available, tier=tier)
        return render(
            request, "orders/basket/seen.html", {"goods": goods, "is_off": seen.is_off(request)}
        )
    if unsent.has_ended(request):
        return unsent.sign_in_first(request)
    limit(request, "seen", CHANGES)
    response, asked = redirect("orders:seen"), request.POST.get("do")
    if asked == "clear":
        messages.success(request, _("Forgotten."))
        return seen.clear(request, response)
    if asked in ("off", "on"):
        return seen.switch(request, response, is_off=asked == "off")
    return response
