"""Notices in a member's inbox."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall import clock
from marketing.wording import Wording, worded


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
