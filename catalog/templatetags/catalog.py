"""What pages ask about goods."""

from django import template

from catalog import payable

register = template.Library()


@register.filter
def is_payable(pay_mode: str) -> bool:
    """Whether goods that are paid in this way can be had at present."""
    return payable.is_payable(pay_mode)
