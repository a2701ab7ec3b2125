"""The pages of a year in points: one's own, and what others see through its link."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.privacy import mask_name
from mall.core import clock
from mall.core.limits import limit
from marketing.errors import NoSuchLink
from marketing.years import sharing, summary

SHARES_PER_MEMBER = "10/h"


@require_safe
def newest(request):
    """Lead to this year's page."""
    return redirect("marketing:year", clock.today().year)


@require_safe
def show(request, year):
    """Show a year of one's own, with its link where it is shared."""
    years = _known(request, year)
    shared = sharing.share_of(request.user, year)
    facts = {
        "summary": summary.of(request.user, year),
        "years": years,
        "is_over": year < clock.today().year,
        "url": shared and _address(request, shared),
    }
    return render(request, "marketing/year.html", facts)


@require_POST
def share(request, year):
    """Share a year, or take that back."""
    _known(request, year)
    if request.POST.get("wanted") == "no":
        sharing.revoke(request.user, year)
        messages.success(request, _("The link is dead: nobody sees your year any more."))
    else:
        limit(request, "year", SHARES_PER_MEMBER)
        sharing.share(request.user, year)
        messages.success(request, _("Your year has a link now. You can take it back at any time."))
    return redirect("marketing:year", year)


@login_not_required
@never_cache
@require_safe
def shared(request, token):
    """Show a year to whoever has its link: numbers, and a name under a mask."""
    try:
        found = sharing.read(token)
    except NoSuchLink:
        raise Http404 from None
    facts = {
        "summary": summary.of(found.member, found.year),
        "name": mask_name(found.member.display_name),
        "here": request.build_absolute_uri(),
    }
    response = render(request, "marketing/year_shared.html", facts)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _known(request, year) -> list[int]:
    years = summary.years_of(request.user)
    if year not in years:
        raise Http404
    return years


def _address(request, share):
    token = sharing.token_of(share)
    return request.build_absolute_uri(reverse("marketing:year_shared", args=[token]))
