"""The pages of sharing: the member's link with its code to scan, and where a visitor lands."""

import qrcode
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import traces
from mall.core.errors import DomainError
from mall.core.limits import limit
from mall.core.links import id_in
from marketing import shared_links
from marketing.errors import NoSuchLink
from marketing.referral import invitations

LINKS_PER_MEMBER = "10/h"
LANDINGS_PER_ADDRESS = "30/m"
QUIET_MODULES = 4  # the white border a camera needs


@require_safe
def share(request):
    """Show the member's link to the shop or to a product, to copy, to send and to scan."""
    product = _product(request)
    link = shared_links.Link(request.user.pk, product.pk if product else None)
    limit(request, "share", LINKS_PER_MEMBER, once=link.page)
    shared_links.own_device(request.user, visitor_of(request, device=traces.device_of(request)))
    url = request.build_absolute_uri(reverse("marketing:landing", args=[link.token]))
    facts = {
        "link": link,
        "url": url,
        "product": product,
        "today": shared_links.today(request.user),
        "code": squares(url),
    }
    response = render(request, "marketing/share.html", facts)
    traces.keep_device(request, response)
    return response


def _product(request):
    asked = request.GET.get("product", "")
    if not asked:
        return None
    product = shared_links.shared_product(id_in(asked))
    if product is None:
        raise Http404
    return product


@login_not_required
@never_cache
@require_safe
def landing(request, token):
    """Lead a visitor to the page that was shared; whether somebody earns by it is decided on the
    way, and never seen here.
    """
    try:
        link = shared_links.read(token)
    except NoSuchLink:
        raise Http404 from None
    if is_visit(request):
        try:
            limit(request, "landing", LANDINGS_PER_ADDRESS)
            shared_links.land(link, visitor_of(request))
        except DomainError:
            pass  # too many, or the shop is busy: the visitor sees the page all the same
    is_there = link.product_id is None or shared_links.shared_product(link.product_id) is not None
    response = redirect(link.url if is_there else "catalog:list")
    response.headers["X-Robots-Tag"] = "noindex"
    if link.invites and is_visit(request):
        invitations.remember(request, response, link)
    return response


def is_visit(request) -> bool:
    """Whether a browser opened the address as a page: no HEAD, no prefetch, no picture or frame
    inside another page.
    """
    purpose = " ".join(
        request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    ).lower()
    opened_as = request.headers.get("Sec-Fetch-Dest", "document")
    return (
        request.method == "GET"
        and "prefetch" not in purpose
        and "preview" not in purpose
        and opened_as == "document"
    )


def visitor_of(request, *, device=None) -> shared_links.Visitor:
    """Return who knocks, as far as it can be told; nothing of it is kept in the open."""
    user_id = request.user.pk if request.user.is_authenticated else None
    if device is None:
        device = request.COOKIES.get(traces.DEVICE_COOKIE, "")[: traces.LONGEST_DEVICE]
    return shared_links.Visitor(
        request.META.get("REMOTE_ADDR", ""), request.headers.get("User-Agent", ""), device, user_id
    )


def squares(url: str) -> dict:
    """Return a code to scan as the path of an SVG: one unit a square, dark ones drawn."""
    code = qrcode.QRCode(border=QUIET_MODULES, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(url)
    matrix = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return {"path": path, "side": len(matrix)}
