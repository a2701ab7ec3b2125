"""Filters every template may use without loading them."""

from django import template

from mall.core import actors, moments, phones
from mall.core.money import yuan as to_yuan

register = template.Library()
MINUS = "−"  # a true one: a hyphen may end a line, and is read as a dash


def figure(amount, places=0) -> str:
    """Write a number with thousands separators and so many places: 1,250, −65.8."""
    return f"{amount:,.{places}f}".replace("-", MINUS)


def signed(amount, places=0, unit="") -> str:
    """Write a change with its sign: +20, −65.8, −¥3.40; what rounds to nothing has none."""
    size = f"{abs(amount):,.{places}f}"
    sign = "" if not size.strip("0.,") else "+" if amount > 0 else MINUS
    return f"{sign}{unit}{size}"


@register.filter
def points(amount):
    """Write whole points: 1,250, −100."""
    return figure(int(amount))


@register.filter
def signed_points(amount):
    """Write a change of points with its sign: +20, −100."""
    return signed(int(amount))


@register.filter
def yuan(amount):
    """Write yuan with two places: ¥12.50, −¥12.50."""
    exact = to_yuan(amount)
    return f"{MINUS if exact < 0 else ''}¥{abs(exact):,.2f}"


@register.filter
def moment(at, beside=None) -> str:
    """Write a moment of today, or of the day of the one beside it, as its time, 20:00, and any
    other with its day before it.
    """
    return moments.said(at, beside)


@register.filter
def phone(kept) -> str:
    """Write a kept phone number as people read it: 138 1234 5678."""
    return phones.shown(kept)


@register.simple_tag(takes_context=True)
def query_with(context, **changes):
    """Return the present query string with some parameters changed; None removes one."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return "?" + query.urlencode() if query else "?"


@register.filter
def actor(value) -> str:
    """Return who did it by name: ``staff:7`` as the back office says it."""
    return actors.in_words(value)
