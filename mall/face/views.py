"""The shop's own pages, and the files that are made of its face."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from catalog.forms import FilterForm
from mall.core import face
from mall.core.face import colours
from mall.core.links import whole
from mall.core.models.face import HEX_COLOUR
from mall.face import icons, sitemap

A_DAY, A_YEAR = 86400, 365 * 86400
SHELVES = ("category", "page")  # of what a list may be asked for: where else goods are found
# No page for anybody to find, or one whose address is a key. What asks to sign in is not here: that
# keeps it out by itself (decision 0113).
CLOSED = (
    "/accounts/confirm-email/",
    "/accounts/password/reset/key/",
    "/admin/",
    "/api/",
    "/language/",
    "/products/suggestions/",
    "/setup/",
    "/theme/",
    "/unsubscribe/",
    "/welcome/",
    "/*?*next=",  # signing in, once for every page that asks for it
    *(f"/products/?*{name}=" for name in FilterForm.base_fields if name not in SHELVES),
)


@login_not_required
@require_safe
def page(request, kind):
    """Show a page of the shop's words, as it is published."""
    return show(request, face.page_of(kind))


def show(request, words: face.Page, **more):
    """Return a page of words; with more for a preview."""
    facts = {"words": words, "fallback": f"face/{words.kind}.html", **more}
    facts["card"] = {"title": words.title, "description": ""}
    return render(request, "face/page.html", facts)


@login_not_required
@require_safe
@cache_control(public=True, max_age=A_YEAR, immutable=True)
def style(request):
    """Return the shop's colours as a style sheet: nothing but the two colours it is asked for, so a
    browser keeps it for good. Colours that cannot be read are none of ours: 404.
    """
    found = {}
    for theme in ("light", "dark"):
        colour = f"#{request.GET.get(theme, '')}"
        if not HEX_COLOUR.regex.match(colour) or not colours.passes(colour, theme):
            raise Http404
        found[theme] = colour
    return HttpResponse(colours.style_sheet(**found), content_type="text/css; charset=utf-8")


@login_not_required
@require_safe
@cache_control(public=True, max_age=A_DAY)
def icon(request, name):
    """Return one of the icons made from the shop's logo; our own where it has none."""
    if name not in icons.SIDES:
        raise Http404
    if face.current().logo_name:
        body = icons.made(face.current().logo_name, name)
        if body is not None:
            return HttpResponse(body, content_type="image/png")
    return HttpResponseRedirect(static(f"icons/{name}"))


@login_not_required
@require_safe
@cache_control(public=True, max_age=A_DAY)
def favicon(request):
    """Return the small picture that browsers ask for by themselves."""
    return HttpResponse(icons.favicon(face.current().logo_name), content_type="image/x-icon")


@login_not_required
@require_safe
@cache_control(private=True, max_age=3600)  # in the reader's language
def manifest(request):
    """Return what a phone needs to put the shop among its apps."""
    shop = face.current()
    own = [
        {
            "src": icons.address(shop, f"icon-{side}.png"),
            "sizes": f"{side}x{side}",
            "type": "image/png",
            "purpose": purpose,
        }
        for side, purpose in ((192, "any"), (512, "any"), (512, "maskable"))
    ]
    told = {
        "id": "/",
        "name": shop.name,
        "short_name": shop.name[:12],
        "description": shop.description,
        "lang": request.LANGUAGE_CODE,
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf6ee",
        "theme_color": "#faf6ee",
        "categories": ["shopping"],
        "icons": own,
        "shortcuts": [
            {"name": str(name), "url": url}
            for name, url in (
                (_("Check in"), "/checkin/"),
                (_("Goods"), "/products/"),
                (_("Orders"), "/orders/"),
            )
        ],
    }
    return JsonResponse(
        told,
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@login_not_required
@require_safe
@cache_control(public=True, max_age=A_DAY)
def robots(request):
    """Return what search engines may read."""
    lines = ["User-agent: *", *(f"Disallow: {place}" for place in CLOSED)]
    lines += ["", f"Sitemap: {whole('/sitemap.xml')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def site_map(request):
    """Return every address a search engine may know."""
    return HttpResponse(sitemap.document(), content_type="application/xml; charset=utf-8")
