"""The years that members showed to others."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock


class YearShare(models.Model):
    """A member's year that whoever has the link may see; without the row the link is dead."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="year_shares",
        verbose_name=_("member"),
    )
    year = models.PositiveSmallIntegerField(_("Year"))
    created_at = models.DateTimeField(_("Shared"), default=clock.now)

    class Meta:
        verbose_name = _("Shared year")
        verbose_name_plural = _("Shared years")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "year"], name="one_share_a_year")]

    def __str__(self):
        return f"{self.year}"
