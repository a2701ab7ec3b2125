"""Rich text that operators write and every shopper reads."""

import nh3
from django.utils.safestring import SafeString, mark_safe

TEXT = {
    "p",
    "div",
    "br",
    "hr",
    "strong",
    "b",
    "em",
    "i",
    "u",
    "del",
    "pre",
    "blockquote",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "a",
}
TABLES = {"table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"a": {"href", "title"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
SCHEMES = {"https", "http", "mailto", "tel"}


def clean(html: str) -> str:
    """Return HTML with only the harmless tags, attributes and links left; scripts and styles lose
    their content too.
    """
    # The editor writes headings as h1, and a page has only one: its title.
    html = (html or "").replace("<h1>", "<h3>").replace("</h1>", "</h3>")
    return nh3.clean(
        html,
        tags=TEXT | TABLES,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="nofollow noopener",
    )


def safe(html: str) -> SafeString:
    """Return HTML a template may print as it is: cleaned again, since a row may come from elsewhere
    than our form.
    """
    return mark_safe(clean(html))  # noqa: S308 - cleaned by the line above
