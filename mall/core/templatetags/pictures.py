"""``{% picture %}``: a picture of goods or of the shop, at a size that fits its place.

``sizes`` says how wide the place is, in the browser's words, for phones first looked at (390 px),
tablets and desks; static/css/ says the same of the boxes. Side lengths are told in the page, so
that nothing moves when a picture comes.
"""

from dataclasses import dataclass

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from mall.core.renditions import srcset

register = template.Library()
SEEN_AT_ONCE = 2  # cards of a phone's first row; the first of them is fetched before all else


@dataclass(frozen=True)
class Place:
    """Where a picture stands: the class of its element, how wide it is there, and its box."""

    name: str
    sizes: str
    box: tuple[int, int]


PLACES = {
    "logo": Place("", "36px", (36, 36)),
    "mark": Place("", "24px", (24, 24)),
    "stamp": Place("", "40px", (40, 40)),
    "shelf": Place("object-contain rounded", "40px", (40, 40)),
    "thumb": Place("thumb", "4rem", (64, 64)),
    "flash": Place("", "7rem", (112, 112)),
    "card": Place(
        "",
        "(min-width: 1216px) 260px, (min-width: 992px) 23vw, (min-width: 576px) 31vw, 45vw",
        (256, 256),
    ),
    "gallery": Place("", "(min-width: 992px) 31rem, 90vw", (496, 496)),
    "banner": Place("banner__picture", "(min-width: 1216px) 1088px, 92vw", (1088, 408)),
}

HURRY = {"first": ' fetchpriority="high"', "soon": "", "": ' loading="lazy"'}


@register.filter
def sight(counter: int) -> str:
    """Return whether the picture at a place of a list is seen at once ("first", "soon", "")."""
    if counter == 1:
        return "first"
    return "soon" if counter <= SEEN_AT_ONCE else ""


@register.simple_tag
def picture(address, place, alt="", sight="", box=None):
    """Write the element of a picture. ``place`` is a name among PLACES, ``box`` its own width and
    height where they are known, ``sight`` as the filter says it: what is not seen at once waits
    until somebody scrolls to it.
    """
    here = PLACES[place]
    width, height = box or here.box
    widths = srcset(address)
    return format_html(
        '<img{} src="{}"{} alt="{}" width="{}" height="{}"{} decoding="async">',
        format_html(' class="{}"', here.name) if here.name else "",
        address,
        format_html(' srcset="{}" sizes="{}"', widths, here.sizes) if widths else "",
        alt or "",
        width,
        height,
        mark_safe(HURRY[sight]),
    )
