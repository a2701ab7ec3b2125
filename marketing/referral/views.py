"""The page of invitations: one's link and its picture, and how far those are who came by it."""

import io

import qrcode
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import traces
from mall.core.limits import limit
from marketing import shared_links
from marketing.referral import board, invitations
from marketing.share_views import squares, visitor_of

PAGE = 20
PICTURES_PER_MEMBER = "60/h"
PIXELS = 12  # a square of the picture


@require_safe
def show(request):
    """Show a member's invitation, what it brings, and where the invited stand."""
    url = _url(request)
    page = Paginator(board.of(request.user), PAGE).get_page(request.GET.get("page"))
    # what lands from here is no friend of theirs
    shared_links.own_device(request.user, visitor_of(request, device=traces.device_of(request)))
    facts = {
        "url": url,
        "code": squares(url),
        "terms": board.terms(),
        "sums": board.sums(request.user),
        "page": page,
        "invited": board.shown(list(page)),
        "days": invitations.DAYS_REMEMBERED,
    }
    response = render(request, "marketing/referral.html", facts)
    traces.keep_device(request, response)
    return response


@require_safe
def picture(request):
    """Return the code of a member's invitation as a picture to keep and to send."""
    limit(request, "referral_picture", PICTURES_PER_MEMBER)
    code = qrcode.QRCode(
        border=4, box_size=PIXELS, error_correction=qrcode.constants.ERROR_CORRECT_M
    )
    code.add_data(_url(request))
    file = io.BytesIO()
    code.make_image().save(file, "PNG")
    response = HttpResponse(file.getvalue(), content_type="image/png")
    response.headers["Content-Disposition"] = 'attachment; filename="invitation.png"'
    return response


def _url(request) -> str:
    link = invitations.link_of(request.user.pk)
    return request.build_absolute_uri(reverse("marketing:landing", args=[link.token]))
