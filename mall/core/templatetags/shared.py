"""``{% shared %}``: a part of a page that is the same for all who are shown the same, rendered once
in a process.

Most of a page is: the bar above it, the menu below, every icon. Django's ``{% cache %}`` asks the
cache for each part, which costs more than rendering it.
"""

from collections import OrderedDict
from threading import Lock

from django import template
from django.template.base import token_kwargs
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

register = template.Library()
MOST_PARTS = 2000  # a few hundred bytes each; the longest unused go first


class Parts:
    """Rendered parts by what they show."""

    def __init__(self, most: int):
        self._most, self._parts, self._lock = most, OrderedDict(), Lock()

    def get(self, key):
        """Return a part, or None."""
        with self._lock:
            if key in self._parts:
                self._parts.move_to_end(key)
            return self._parts.get(key)

    def put(self, key, part):
        """Keep a part."""
        with self._lock:
            self._parts[key] = part
            if len(self._parts) > self._most:
                self._parts.popitem(last=False)


_parts = Parts(MOST_PARTS)


@register.tag
def shared(parser, token):
    """Render what stands inside once for each language and combination of the values named, and
    nothing else may decide what stands there: ``{% shared tab theme %}…{% endshared %}``.

    ``name=value`` is not among them: a word of this reader alone, put in its place afterwards and
    therefore only to be written, never asked about. The token of forms is put in so by itself.
    """
    words = token.split_contents()[1:]
    named = [word for word in words if "=" in word]
    told = [parser.compile_filter(word) for word in words if "=" not in word]
    own = token_kwargs(list(named), parser)
    nodelist = parser.parse(("endshared",))
    parser.delete_first_token()
    return SharedNode(nodelist, told, own)


class SharedNode(template.Node):
    """See ``shared``."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist, told, own):
        self.nodelist, self.told, self.own = nodelist, told, own
        # no text of a page holds these
        self.places = {name: f"\x00{at}\x00" for at, name in enumerate(["csrf_token", *own])}

    def render(self, context):
        has_token = bool(context.get("csrf_token"))
        key = (self, get_language(), has_token, *(value.resolve(context) for value in self.told))
        part = _parts.get(key)
        if part is None:
            part = self._rendered(context, has_token)
            _parts.put(key, part)
        for name, value in self.own.items():
            part = part.replace(self.places[name], conditional_escape(value.resolve(context)))
        token = self.places["csrf_token"]
        if token in part:
            part = part.replace(token, str(context["csrf_token"]))
        return mark_safe(part)

    def _rendered(self, context, has_token):
        places = {name: mark_safe(place) for name, place in self.places.items()}
        if not has_token:
            places.pop("csrf_token")
        with context.push(**places):
            return self.nodelist.render(context)
