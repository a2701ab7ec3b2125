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
MARK = "\x00"  # around the name of a reader's word; no text of a page holds it
MOST_PARTS = 2000  # a few hundred bytes each; the longest unused go first


class Parts:
    """Rendered parts by what they show: text, and every second one the name of a reader's word."""

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

    def render(self, context):
        token = context.get("csrf_token")
        key = (self, get_language(), bool(token), *(value.resolve(context) for value in self.told))
        part = _parts.get(key)
        if part is None:
            part = self._rendered(context, has_token=bool(token)).split(MARK)
            _parts.put(key, part)
        if len(part) == 1:
            return part[0]
        words = [self._word(name, context) for name in part[1::2]]
        whole = [*part]
        whole[1::2] = words
        return mark_safe("".join(whole))

    def _rendered(self, context, *, has_token):
        names = [*self.own, "csrf_token"] if has_token else [*self.own]
        with context.push(**{name: mark_safe(f"{MARK}{name}{MARK}") for name in names}):
            return self.nodelist.render(context)

    def _word(self, name, context):
        if name == "csrf_token":
            return str(context["csrf_token"])
        return conditional_escape(self.own[name].resolve(context))
