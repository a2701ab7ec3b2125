"""``{% shared %}``: a part of a page that is the same for all who are shown the same, rendered once
in a process.

Most of a page is: the bar above it, the menu below, every icon. Django's ``{% cache %}`` asks the
cache for each part, which costs more than rendering it.
"""

from functools import lru_cache
from math import inf

from django import template
from django.template.base import token_kwargs
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from mall.core.memory import Memory

register = template.Library()
MARK = "\x00"  # around the name of a reader's word; no text of a page holds it
MOST_LETTERS = 4 * 1024 * 1024  # of all parts, one or two bytes each; the longest unused go first
ROOM_LETTERS = 500  # of a part beside its text
ALWAYS = 0  # what a part shows is all in its key

# rendered parts by what they show: texts, and every second one the name of a reader's word
_parts = Memory(MOST_LETTERS)


@register.filter
def values_of(rows, names) -> tuple:
    """Return what some facts ({name: value}) say under these names, as a value that ``shared`` can
    go by: ``{% shared categories|values_of:"slug name" %}``.
    """
    wanted = _split(names)
    return tuple(tuple(map(row.get, wanted)) for row in rows)


@lru_cache
def _split(names) -> list[str]:
    return names.split()


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
        part = _parts.get(key, None, ALWAYS)
        if part is None:
            text = self._rendered(context, has_token=bool(token))
            part = text.split(MARK)
            _parts.put(key, None, ALWAYS, inf, part, size=len(text) + ROOM_LETTERS)
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
