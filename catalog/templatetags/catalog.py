"""What pages ask about goods."""

from django import template
from django.utils.translation import gettext as _

from catalog import payable

register = template.Library()


@register.filter
def is_payable(pay_mode: str) -> bool:
    """Whether goods that are paid in this way can be had at present."""
    return payable.is_payable(pay_mode)


@register.filter
def tier_words(tier: int) -> str:
    """Say for whom goods are that begin at a tier."""
    return _("For members") if tier == 1 else _("From V%(tier)s on") % {"tier": tier}
