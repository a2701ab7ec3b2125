"""Who outside hears of facts, and what is on its way to them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.encryption import EncryptedTextField
from mall.core.kept import KeptRow

URL_LENGTH = 500


class WebhookEndpoint(KeptRow):
    """A server of somebody else's that hears of facts. Written by marketing/webhooks/endpoints.py
    only.
    """

    class Reason(models.TextChoices):
        SILENT = "silent", _("It failed for days")
        GONE = "gone", _("It said that it is gone (410)")

    url = models.CharField(_("address"), max_length=URL_LENGTH, unique=True)
    note = models.CharField(_("what it is for"), max_length=100, blank=True)
    kinds = models.JSONField(_("facts"), default=list, blank=True, help_text=_("None: all."))
    is_active = models.BooleanField(_("switched on"), default=True)
    secret = EncryptedTextField(_("secret"), editable=False)
    # signs beside the new one until then, so that nobody has to change both ends in one moment
    old_secret = EncryptedTextField(null=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    switched_off = models.CharField(
        _("switched off because"), max_length=8, choices=Reason, blank=True, editable=False
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_constraint=False,
        verbose_name=_("By"),
    )
    created_at = models.DateTimeField(_("time"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ["pk"]

    def __str__(self):
        return self.url


class WebhookDeliveryQuerySet(models.QuerySet):
    """Rows of the queue."""

    def due(self, as_of):
        """What is to be sent by now to those who listen, also what a sender that died had taken."""
        waiting = self.filter(state=WebhookDelivery.State.WAITING, next_try_at__lte=as_of)
        return waiting.filter(endpoint__is_active=True)


class WebhookDelivery(models.Model):
    """One fact on its way to one endpoint. Its body is what was signed and sent, byte for byte, so
    that each try says the same; it names people by their numbers only.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Taken")
        DEAD = "dead", _("Given up")

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        models.CASCADE,
        related_name="deliveries",
        verbose_name=_("webhook endpoint"),
    )
    message = models.CharField(_("message id"), max_length=64)
    kind = models.CharField(_("fact"), max_length=32)
    member = models.BigIntegerField(_("member number"), default=0)
    body = models.TextField(_("what is sent"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=clock.now)
    status = models.PositiveSmallIntegerField(_("answer"), null=True)
    answer = models.CharField(_("what it answered"), max_length=300, blank=True)
    took_ms = models.PositiveIntegerField(_("milliseconds"), null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    created_at = models.DateTimeField(_("time"), default=clock.now)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["message", "endpoint"], name="one_webhook_a_fact")
        ]
        indexes = [
            # by endpoint: what one that is switched off left waiting stands in nobody's way
            models.Index(fields=["endpoint", "state", "next_try_at"], name="webhook_next"),
            models.Index(fields=["created_at"], name="webhook_by_age"),
            models.Index(fields=["kind"], name="webhook_by_kind"),
            models.Index(fields=["member"], name="webhook_of_member"),
        ]

    def __str__(self):
        return f"{self.kind} #{self.pk}"
