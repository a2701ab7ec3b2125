"""Who came through a member's shared link, and which devices are the member's own."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock


class ShareLanding(models.Model):
    """One visitor of one shop day who came through a member's link; names nobody, only keyed
    digests.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="share_landings",
        verbose_name=_("member"),
    )
    on = models.DateField(_("shop day"))
    visitor = models.CharField(_("visitor"), max_length=32)
    page = models.CharField(_("page"), max_length=24)
    points = models.PositiveIntegerField(_("points"), default=0)
    created_at = models.DateTimeField(_("time"), default=clock.now)

    class Meta:
        verbose_name = _("visitor through a link")
        verbose_name_plural = _("visitors through links")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "on", "visitor"], name="one_landing_a_day")
        ]
        indexes = [models.Index(fields=["on"], name="landing_day")]

    def __str__(self):
        return f"{self.on}: {self.page}"


class ShareDevice(models.Model):
    """A device on which a member made links: whoever lands from it is no other person."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="share_devices",
        verbose_name=_("member"),
    )
    digest = models.CharField(_("device"), max_length=32)
    on = models.DateField(_("shop day"))

    class Meta:
        verbose_name = _("own device")
        verbose_name_plural = _("own devices")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="one_share_device")]
        indexes = [models.Index(fields=["on"], name="share_device_day")]

    def __str__(self):
        return f"{self.on}"
