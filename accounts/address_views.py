"""The address book as pages: list, add (also a whole address that was pasted), edit, delete."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import addresses
from accounts.address_forms import AddressForm, WholeAddressForm
from accounts.models import ADDRESSES_PER_MEMBER
from mall.core import phones, unsent
from mall.core.links import next_of

FIELDS = ("recipient", "territory", "phone", "region", "detail", "is_default")


@require_safe
def address_list(request):
    """Show the address book."""
    kept = list(addresses.book_of(request.user))
    facts = {
        "addresses": kept,
        "may_add": len(kept) < ADDRESSES_PER_MEMBER,
        "limit": ADDRESSES_PER_MEMBER,
    }
    return render(request, "accounts/addresses.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def address_new(request):
    """Add an address; ``next`` leads back to the order that asked for one."""
    form = _form(request)
    if _is_sent(request) and form.is_valid():
        addresses.add_once(request.user, **form.cleaned_data)
        messages.success(request, _("Address saved."))
        return redirect(next_of(request) or "accounts:addresses")
    return _address_page(request, form, title=_("Add an address"), whole=WholeAddressForm())


@require_http_methods(["GET", "HEAD", "POST"])
def address_edit(request, pk):
    """Change an address."""
    address = _own(request, pk)
    kept = {name: getattr(address, name) for name in FIELDS}
    form = _form(request, {**kept, "phone": phones.typed(address.phone, address.territory)})
    if _is_sent(request) and form.is_valid():
        addresses.change(address, **form.cleaned_data)
        messages.success(request, _("Address saved."))
        return redirect("accounts:addresses")
    return _address_page(request, form, title=_("Edit address"))


@require_http_methods(["GET", "HEAD", "POST"])
def address_read(request):
    """Fill the form in from a whole address that was pasted, to be looked at; nothing is saved."""
    whole, form = WholeAddressForm(unsent.fields(request)), AddressForm()
    if whole.is_bound and whole.is_valid():
        form = AddressForm(initial=whole.initial_of_parts, notes=whole.parts.notes)
    title = _("Add an address")
    is_read = whole.is_bound and not whole.errors
    return _address_page(
        request, form, title=title, whole=whole, is_read=is_read, status=400 * bool(whole.errors)
    )


@require_safe
def region_choice(request):
    """Answer the part of the form that names the region, for the boxes chosen so far."""
    form = AddressForm.at(request.GET.getlist("place"))
    return render(request, "accounts/_region.html", {"form": form})


@require_POST
def address_default(request, pk):
    """Make an address the default."""
    addresses.change(_own(request, pk), is_default=True)
    messages.success(request, _("Goods go there by default now."))
    return redirect("accounts:addresses")


@require_POST
def address_delete(request, pk):
    """Delete an address."""
    addresses.remove(_own(request, pk))
    messages.success(request, _("Address deleted."))
    return redirect("accounts:addresses")


def _own(request, pk):
    address = addresses.owned(request.user, pk)
    if address is None:
        raise Http404
    return address


def _is_sent(request) -> bool:
    """Whether the form is to be saved, and not only its boxes looked at (without a script)."""
    return request.method == "POST" and "look" not in request.POST


def _form(request, initial=None) -> AddressForm:
    """Return the form as it was sent, or with the region of the boxes where these were sent to be
    looked at.
    """
    if request.method == "POST" and not _is_sent(request):
        return AddressForm.at(request.POST.getlist("place"), request.POST.dict())
    return AddressForm(unsent.fields(request), initial=initial)


def _address_page(request, form, *, title, whole=None, is_read=False, status=0):
    back_url = next_of(request) or reverse("accounts:addresses")
    is_new = whole is not None
    facts = {
        "form": form,
        "title": title,
        "back_url": back_url,
        "next": next_of(request),
        "whole": whole,
        "is_read": is_read,
        "action": reverse("accounts:address_new") if is_new else request.path,
    }
    usual = unsent.status_of(request) if form.is_bound else 200
    return render(request, "accounts/address_form.html", facts, status=status or usual)
