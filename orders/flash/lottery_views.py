"""On the page of a flash item that is drawn by lot: registering, withdrawing, and what to check the
lots with.
"""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mall.core.errors import Busy, DomainError
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from orders import address_choice
from orders.errors import InvalidCheckout, NoSuchFlashItem
from orders.flash import lots_proof, registration
from orders.flash.lottery_errors import NotDrawnByLot
from orders.flash.views import item_page
from orders.pricing import LARGEST_ID


class RegisterForm(forms.Form):
    """Where the piece goes if it is won."""

    address = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)


@require_POST
def register(request, item_id):
    """Register for one piece; the points are held until lots are drawn."""
    form = RegisterForm(request.POST)
    try:
        if not form.is_valid():
            raise InvalidCheckout
        limit(request, "redeem", ACTIONS_PER_MEMBER)
        address_choice.check_seen(request.user, request.POST)
        registration.register(request.user, item=item_id, address=form.cleaned_data["address"])
    except Busy:
        raise
    except NoSuchFlashItem:
        raise Http404 from None
    except DomainError as refusal:
        return item_page(request, item_id, asked=request.POST, refusal=refusal)
    messages.success(request, _("You are in. The lots are drawn at the end of the session."))
    return redirect("orders:flash_item", item_id)


@require_POST
def withdraw(request, item_id):
    """Take the registration back."""
    try:
        registration.withdraw(request.user, item=item_id)
    except Busy:
        raise
    except NoSuchFlashItem:
        raise Http404 from None
    except DomainError as refusal:
        return item_page(request, item_id, refusal=refusal)
    messages.info(request, _("Withdrawn. Your points are free again."))
    return redirect("orders:flash_item", item_id)


@login_not_required
@require_safe
def lots_file(request, item_id):
    """Answer what anybody checks the lots with."""
    try:
        item = registration.find(item_id)
    except (NoSuchFlashItem, NotDrawnByLot):
        raise Http404 from None
    member = request.user if request.user.is_authenticated else None
    answer = JsonResponse(lots_proof.of(item, member))
    answer["Content-Disposition"] = f'attachment; filename="lots-{item_id}.json"'
    return answer
