"""What the shop's other systems told about a member by signed call."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.append_only import AppendOnly


class CustomEvent(AppendOnly):
    """One fact of another system; (event, key) makes it one however often it is told."""

    event = models.CharField(_("event"), max_length=32)
    key = models.CharField(_("key"), max_length=64)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        related_name="custom_events",
        verbose_name=_("member"),
    )
    occurred_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"), default=clock.now)
    points = models.PositiveIntegerField(_("points"), default=0)
    content = models.JSONField(_("content"), default=dict)
    # Of the content as it was told: a database may give numbers back in another shape (1e30 for
    # 10³⁰).
    digest = models.CharField(max_length=64, default="", editable=False)

    class Meta:
        verbose_name = _("custom event")
        verbose_name_plural = _("custom events")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["event", "key"], name="one_custom_event")]

    def __str__(self):
        return f"{self.event} {self.key}"
