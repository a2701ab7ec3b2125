"""Filters every template may use without loading them."""

from django import template

from mall.core import actors, moments, phones
from mall.core.money import yuan as to_yuan

register = template.Library()


@register.filter
def points(amount):
    """Write whole points with thousands separators: 1,250."""
    return f"{int(amount):,}"


@register.filter
def signed_points(amount):
    """Write a change of points with its sign, a true minus included: +20, −100."""
    return ("+" if amount > 0 else "−" if amount < 0 else "") + points(abs(int(amount)))


@register.filter
def yuan(amount):
    """Write yuan with two places: ¥12.50."""
    return f"¥{to_yuan(amount):,.2f}"


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
