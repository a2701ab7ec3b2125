"""What brings members back: check-ins, notices in the inbox, and the days counted up for reports."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall import clock
from marketing.wording import Wording, worded


class CheckIn(models.Model):
    """One member's check-in of one shop day; the row itself refuses a second one.

    The streak stands in the row: yesterday's plus one, or one. There is no counter that
    something would have to set back. The member is named without a database constraint:
    inserting a child row would otherwise wait for whoever is just updating the member.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_constraint=False, related_name="check_ins", verbose_name=_("member")
    )
    on = models.DateField(_("shop day"))
    streak = models.PositiveIntegerField(_("days in a row"))
    points = models.PositiveIntegerField(_("points"), default=0)
    created_at = models.DateTimeField(_("time"), default=clock.now)

    class Meta:
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        ordering = ["-on", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "on"], name="one_check_in_a_day")]
        indexes = [models.Index(fields=["on", "streak"], name="check_in_day")]

    def __str__(self):
        return f"{self.on}: {self.streak}"


class NotificationQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """A notice in a member's inbox, kept as kind and numbers and worded in the reader's language."""

    class Kind(models.TextChoices):
        STREAK_AT_RISK = "streak_at_risk", _("Streak at risk")
        ORDER_PAID = "order_paid", _("Order paid")
        ORDER_SHIPPED = "order_shipped", _("Order shipped")
        ORDER_COMPLETED = "order_completed", _("Order completed")
        ORDER_CANCELLED = "order_cancelled", _("Order cancelled")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_constraint=False, related_name="notifications", verbose_name=_("member")
    )
    kind = models.CharField(_("kind"), max_length=32, choices=Kind.choices)
    params = models.JSONField(_("numbers"), default=dict)
    url = models.CharField(_("leads to"), max_length=200, blank=True)
    key = models.CharField(_("key"), max_length=100)
    created_at = models.DateTimeField(_("time"), default=clock.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_notification_a_fact")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_inbox"),
            models.Index(fields=["user", "read_at"], name="notification_unread"),
        ]

    def __str__(self):
        return f"{self.kind} {self.key}"

    @property
    def wording(self) -> Wording:
        return worded(self.kind, self.params)


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
