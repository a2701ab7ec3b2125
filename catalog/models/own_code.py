"""The shop's own codes of goods, by which its tables name them."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

CODE_LENGTH = 40
BY_NUMBER = "#"  # in a table, "#12" is the product or SKU with that number


def validate_code(code: str) -> None:
    """Refuse what a table could not name."""
    if code.startswith(BY_NUMBER) or not code.isprintable():
        raise ValidationError(_("A code is of printable signs, without # in front."))


def code_field(label) -> models.CharField:
    """Return the column of such a code; rows without one have NULL, of which there may be many."""
    return models.CharField(
        label,
        max_length=CODE_LENGTH,
        unique=True,
        null=True,
        blank=True,
        validators=[validate_code],
        help_text=_("The shop's own number; tables of goods go by it."),
    )
