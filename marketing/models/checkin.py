"""One check-in a member and shop day."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock


class CheckIn(models.Model):
    """One member's check-in of one shop day; the row itself refuses a second one.

    The streak stands in the row: yesterday's plus one, or one. There is no counter that
    something would have to set back. The member is named without a database constraint:
    inserting a child row would otherwise wait for whoever is just updating the member.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        related_name="check_ins",
        verbose_name=_("member"),
    )
    on = models.DateField(_("shop day"))
    streak = models.PositiveIntegerField(_("days in a row"))
    points = models.PositiveIntegerField(_("points"), default=0)
    created_at = models.DateTimeField(_("time"), default=clock.now)

    available = None  # points to spend after it, set on an instance just written

    class Meta:
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        ordering = ["-on", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "on"], name="one_check_in_a_day")]
        indexes = [models.Index(fields=["on", "streak"], name="check_in_day")]

    def __str__(self):
        return f"{self.on}: {self.streak}"
