"""What was tried or told while the shop was set up, where no other row shows it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock


class SetupStep(models.Model):
    """One step that was done: a mail that arrived at the server, a certificate that was good, a
    backup somebody made. Written by mall/setup/.
    """

    class Name(models.TextChoices):
        OPERATOR = "operator", _("First operator")
        MAIL = "mail", _("Mail")
        CERTIFICATE = "certificate", _("Certificate")
        BACKUP = "backup", _("Backup")
        OVER = "over", _("List put away")

    name = models.CharField(_("step"), max_length=12, choices=Name, primary_key=True)
    done_at = models.DateTimeField(_("done"), default=clock.now)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("by"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("step of setting up")
        verbose_name_plural = _("steps of setting up")
        default_permissions = ("view",)

    def __str__(self):
        return self.get_name_display()
