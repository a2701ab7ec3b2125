"""The page that asks a member about terms that changed; it stands in nobody's way."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import consent
from accounts.models import Consent
from mall.core import face
from mall.core.links import next_of


@require_http_methods(["GET", "HEAD", "POST"])
def show(request):
    """Show what there is to agree to, and note that the member does."""
    onwards = next_of(request) or "/"
    refusal = ""
    if request.method == "POST":
        try:
            seen = consent.read(request.POST.get("agreed", "")) or consent.published()
            consent.agree(request.user, seen, door=Consent.Door.PAGE)
            messages.success(request, _("Thank you. Your consent is noted."))
            return redirect(onwards)
        except consent.OtherVersion as error:
            refusal = str(error)
    facts = {
        "pages": [face.page_of(kind) for kind in ("terms", "privacy")],
        "agreed": consent.published(),
        "is_needed": consent.is_needed(request.user),
        "given": request.user.consents.first(),
        "next": onwards,
        "refusal": refusal,
    }
    return render(request, "accounts/consent.html", facts, status=400 if refusal else 200)
