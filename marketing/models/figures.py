"""The days counted up for reports, and the own actions they are counted from."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall import clock


class DailyActivity(models.Model):
    """One kind of own action of one member on one shop day; the ground of every retention figure.

    What the shop posts by itself (expiry, a sign-up bonus) is no action of the member.
    """

    class Action(models.TextChoices):
        SIGN_IN = "sign_in", _("Sign-in")
        CHECK_IN = "check_in", _("Check-in")
        ORDER = "order", _("Order")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_constraint=False, related_name="activity", verbose_name=_("member")
    )
    on = models.DateField(_("shop day"))
    action = models.CharField(_("action"), max_length=16, choices=Action.choices)

    class Meta:
        verbose_name = _("daily activity")
        verbose_name_plural = _("daily activity")
        ordering = ["-on", "user_id"]
        constraints = [models.UniqueConstraint(fields=["user", "on", "action"], name="one_activity_a_day")]
        indexes = [models.Index(fields=["on", "user"], name="activity_day")]

    def __str__(self):
        return f"{self.on}: {self.action}"


class DailyRollup(models.Model):
    """The shop's figures of one shop day, rebuilt from the facts as often as one likes."""

    on = models.DateField(_("shop day"), primary_key=True)
    dau = models.PositiveIntegerField(_("active members"), default=0)
    new_members = models.PositiveIntegerField(_("new members"), default=0)
    check_ins = models.PositiveIntegerField(_("check-ins"), default=0)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    points_issued = models.PositiveBigIntegerField(_("points issued"), default=0)
    points_spent = models.PositiveBigIntegerField(_("points spent"), default=0)
    points_expired = models.PositiveBigIntegerField(_("points expired"), default=0)
    rolled_up_at = models.DateTimeField(_("counted at"), default=clock.now)

    class Meta:
        verbose_name = _("daily figures")
        verbose_name_plural = _("daily figures")
        ordering = ["-on"]

    def __str__(self):
        return str(self.on)
