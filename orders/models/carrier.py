"""Carriers: who brings parcels, and where a parcel is followed."""

from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core.kept import KeptRow

PLACE = "{number}"


def check_tracking_url(address: str) -> None:
    """Raises: ValidationError unless a tracking number makes a safe address of it."""
    if not address.startswith("https://") or address.count(PLACE) != 1 or " " in address:
        raise ValidationError(
            _("Write an address that begins with https:// and has {number} in it once."),
            code="invalid_tracking_url",
        )


class Carrier(KeptRow):
    """One carrier; ``code`` is what parcels, files and the API know it by."""

    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z0-9-]+\Z", _("Small letters, digits and hyphens, such as sf."))
        ],
        help_text=_("What files and programs name it by. Parcels keep it, so it stays as it is."),
    )
    name = models.CharField(_("name"), max_length=40)
    tracking_url = models.CharField(
        _("address to follow a parcel"),
        max_length=300,
        blank=True,
        default="",
        validators=[check_tracking_url],
        help_text=_("{number} stands for the tracking number; empty: nothing to follow."),
    )
    is_active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name or self.code

    def tracking_of(self, number: str) -> str:
        """Return the address where a parcel is followed; empty where there is none."""
        number = quote(number, safe="")
        return self.tracking_url.replace(PLACE, number) if self.tracking_url and number else ""
