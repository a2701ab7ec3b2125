"""The pages of a year in points: one's own, and what others see through its link."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.privacy import mask_name
from mall.core import clock
from mall.core.limits import limit
from mall.core.templatetags.mall import points
from marketing.errors import NoSuchLink
from marketing.years import picture, sharing, summary

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


@require_safe
def own_picture(request, year):
    """Answer a year of one's own as a picture."""
    _known(request, year)
    return _png(summary.of(request.user, year))


@login_not_required
@never_cache
@require_safe
def shared(request, token):
    """Show a year to whoever has its link: numbers, and a name under a mask."""
    found = _shared(token)
    year, name = summary.of(found.member, found.year), mask_name(found.member.display_name)
    facts = {"summary": year, "card": _card(token, year, name)}
    return _unlisted(render(request, "marketing/year_shared.html", facts))


@login_not_required
@never_cache
@require_safe
def shared_picture(request, token):
    """Answer a year as a picture to whoever has its link."""
    found = _shared(token)
    return _unlisted(_png(summary.of(found.member, found.year)))


def _shared(token) -> sharing.Shared:
    try:
        return sharing.read(token)
    except NoSuchLink:
        raise Http404 from None


def _card(token, year, name) -> dict:
    """Return what the link looks like where it is shown."""
    told = ngettext(
        "%(points)s point earned, best streak %(days)s days",
        "%(points)s points earned, best streak %(days)s days",
        year.earned,
    )
    return {
        "title": _("%(name)s: %(year)s in points") % {"name": name, "year": year.year},
        "description": told % {"points": points(year.earned), "days": year.best_streak},
        "image": reverse("marketing:year_shared_picture", args=[token]),
        "is_wide": True,
    }


def _png(year) -> HttpResponse:
    return HttpResponse(picture.of(year), content_type="image/png")


def _unlisted(response):
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
