"""Numbers nobody can guess: a shop day and 65 random bits, readable aloud (no I, L, O, U)."""

import secrets
from functools import cache

from django.urls import get_script_prefix, reverse

from mall.core import clock

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 13  # 13 × 5 = 65 bits
ANY = "ANY-NUMBER"  # stands for one in the address of a page
NUMBER_LENGTH = 8 + 1 + RANDOM_CHARACTERS


def new_number() -> str:
    """Return a fresh number for an order, a payment or a refund: 20261120-7KQ2M9XW4TB0C."""
    random_part = _random_characters(RANDOM_CHARACTERS)
    return f"{clock.today():%Y%m%d}-{random_part}"


def page_of(no: str) -> str:
    """Return the address of an order's page. Each notice names one, and to have it reversed each
    time was an eighth of what follows an order.
    """
    return _page_of_any(get_script_prefix()).replace(ANY, no)


@cache
def _page_of_any(_prefix) -> str:
    return reverse("orders:detail", args=[ANY])


def new_coupon_code() -> str:
    """Return a fresh number for a coupon or a public code: 80 bits, never digits only, readable
    aloud.
    """
    return "C" + _random_characters(16)


def _random_characters(count) -> str:
    # 256 is eight times the alphabet, so every character is as likely as any other
    return "".join([ALPHABET[byte % 32] for byte in secrets.token_bytes(count)])
