"""What a link to a page looks like where it is shared, and what search engines read of it.

JSON-LD is data, not a script: the Content-Security-Policy asks nothing of it.
"""

import json
from functools import lru_cache

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from mall.core.links import whole

register = template.Library()
# what would end the script's element, or open a comment in it
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
KNOWN = 500  # pages: most are asked for again and again
LOCALES = {"zh-hans": "zh_CN", "en": "en_US"}


@register.simple_tag(takes_context=True)
def share_card(context):
    """Write description, canonical address, card and JSON-LD of a page. Of the context it reads
    ``card`` ({title, description, image, is_wide, address, type, data}), all of it optional.
    """
    face, request = context.get("face"), context.get("request")
    if face is None or request is None:
        return ""
    card = context.get("card") or {}
    image = card.get("image") or face.logo or f"{settings.STATIC_URL}icons/icon-512.png"
    lines = _told(
        is_wide=bool(card.get("is_wide")),
        type=card.get("type", "website"),
        site_name=face.name,
        title=card.get("title") or face.name,
        description=card.get("description") or face.description,
        url=whole(card.get("address") or request.path),
        image=whole(image),
        locale=LOCALES.get(get_language(), "zh_CN"),
    )
    return mark_safe("\n  ".join([lines, *(_linked(data) for data in card.get("data", ()))]))


@lru_cache(KNOWN)
def _told(is_wide, **told) -> str:
    lines = [
        format_html('<meta name="description" content="{}">', told["description"]),
        format_html('<link rel="canonical" href="{}">', told["url"]),
    ]
    lines += [
        format_html('<meta property="og:{}" content="{}">', name, value)
        for name, value in told.items()
    ]
    size = "summary_large_image" if is_wide else "summary"
    lines.append(format_html('<meta name="twitter:card" content="{}">', size))
    return "\n  ".join(lines)


def _linked(data: dict):
    text = json.dumps({"@context": "https://schema.org", **data}, ensure_ascii=False)
    return mark_safe(f'<script type="application/ld+json">{text.translate(ESCAPES)}</script>')
