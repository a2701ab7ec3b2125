"""The days counted up for reports, and the own actions they are counted from."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.money import ZERO


class DailyActivity(models.Model):
    """One kind of own action of one member on one shop day; the ground of every retention figure.

    What the shop posts by itself (expiry, a sign-up bonus) is no action of the member.
    """

    class Action(models.TextChoices):
        SIGN_IN = "sign_in", _("Sign-in")
        CHECK_IN = "check_in", _("Check-in")
        ORDER = "order", _("Order")
        REVIEW = "review", _("Review")
        MISSION = "mission", _("Mission")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        related_name="activity",
        verbose_name=_("member"),
    )
    on = models.DateField(_("shop day"))
    action = models.CharField(_("action"), max_length=16, choices=Action.choices)

    class Meta:
        verbose_name = _("daily activity")
        verbose_name_plural = _("daily activity")
        ordering = ["-on", "user_id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "on", "action"], name="one_activity_a_day")
        ]
        indexes = [models.Index(fields=["on", "user"], name="activity_day")]

    def __str__(self):
        return f"{self.on}: {self.action}"


class DailyRollup(models.Model):
    """The shop's figures of one shop day, rebuilt from the facts as often as one likes."""

    on = models.DateField(_("shop day"), primary_key=True)
    dau = models.PositiveIntegerField(_("active members"), default=0)
    wau = models.PositiveIntegerField(_("active in 7 days"), default=0)
    mau = models.PositiveIntegerField(_("active in 30 days"), default=0)
    new_members = models.PositiveIntegerField(_("new members"), default=0)
    check_ins = models.PositiveIntegerField(_("check-ins"), default=0)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    orders_paid = models.PositiveIntegerField(_("of them paid"), default=0)
    orders_completed = models.PositiveIntegerField(_("of them completed"), default=0)
    cash = models.DecimalField(
        _("yuan of paid orders"), max_digits=14, decimal_places=2, default=ZERO
    )
    points_issued = models.PositiveBigIntegerField(_("points issued"), default=0)
    points_spent = models.PositiveBigIntegerField(_("points spent"), default=0)
    points_returned = models.PositiveBigIntegerField(_("points returned"), default=0)
    points_expired = models.PositiveBigIntegerField(_("points expired"), default=0)
    points_clawed_back = models.PositiveBigIntegerField(_("points taken back"), default=0)
    points_adjusted = models.BigIntegerField(_("points adjusted"), default=0)
    points_opening = models.BigIntegerField(_("opening balances"), default=0, db_default=0)
    points_net = models.BigIntegerField(_("change of all balances"), default=0)
    points_pending = models.PositiveBigIntegerField(_("points on the way"), null=True)
    rate = models.PositiveIntegerField(_("points for one yuan"), null=True)
    rolled_up_at = models.DateTimeField(_("counted at"), default=clock.now)

    class Meta:
        verbose_name = _("daily figures")
        verbose_name_plural = _("daily figures")
        ordering = ["-on"]

    def __str__(self):
        return str(self.on)
