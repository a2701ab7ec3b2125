"""The pages about a member's own data: take it along, or leave."""

from django.contrib import messages
from django.contrib.auth import logout
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import closing, export
from accounts.forms import DeletionForm, ExportForm
from mall.core.export import download
from mall.core.limits import EXPORTS, PASSWORD_AGAIN, guard

SHAPES = {
    "json": (export.as_json, "application/json; charset=utf-8", "points-mall.json"),
    "page": (export.as_page, "text/html; charset=utf-8", "points-mall.html"),
}


@require_safe
def privacy(request):
    """Offer the export, and the way out."""
    return _privacy_page(request, ExportForm(member=request.user))


@sensitive_post_parameters("password")
@require_POST
def take_along(request):
    """Send everything the shop keeps about the member."""
    guard(request, "export", EXPORTS)
    form = ExportForm(request.POST, member=request.user)
    if not form.is_valid():
        return _privacy_page(request, form)
    pieces, kind, name = SHAPES[form.cleaned_data["shape"]]
    return download(name, pieces(request.user), kind)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request):
    """Say what leaving means; a POST with the password closes the account for good."""
    form = DeletionForm(request.POST if request.method == "POST" else None, member=request.user)
    if request.method == "POST":
        guard(request, "delete-account", PASSWORD_AGAIN)
        if form.is_valid():
            closing.close(request.user)
            logout(request)
            messages.success(request, _("Your account is deleted. Take care!"))
            return redirect("marketing:home")
    told = closing.consequences(request.user)
    facts = {
        "form": form,
        "told": told,
        "is_possible": not any(consequence.blocks for consequence in told),
    }
    return render(request, "accounts/delete.html", facts, status=400 if form.is_bound else 200)


def _privacy_page(request, form):
    return render(
        request, "accounts/privacy.html", {"form": form}, status=400 if form.is_bound else 200
    )
