"""What the packing room keeps: files of tracking numbers, notes among colleagues, and the columns
each operator takes along.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core.models.file_job import FileJob
from orders.models.order import Order


class DispatchFile(FileJob):
    """A file that says which orders were sent under which numbers (orders/dispatch/files.py).
    ``carrier`` is the code for rows that name none.
    """

    carrier = models.CharField(
        _("carrier"), max_length=20, blank=True, default="", db_default="", editable=False
    )

    class Meta(FileJob.Meta):
        verbose_name = _("file of tracking numbers")
        verbose_name_plural = _("files of tracking numbers")
        indexes = [models.Index(fields=["status"], name="dispatch_file_status")]
        default_permissions = ("view",)


class OrderNote(models.Model):
    """What colleagues tell each other about an order; its member never reads it. Written by
    orders/dispatch/notes.py, gone when the member leaves.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="notes", verbose_name=_("order"))
    text = models.CharField(_("note"), max_length=500)
    actor = models.CharField(_("by"), max_length=60)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")
        ordering = ["pk"]
        default_permissions = ("add", "view")

    def __str__(self):
        return self.text


class ExportChoice(models.Model):
    """The columns of orders an operator took along last time."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("operator"),
    )
    columns = models.JSONField(_("columns"), default=list)

    class Meta:
        verbose_name = _("choice of columns")
        verbose_name_plural = _("choices of columns")
        default_permissions = ()

    def __str__(self):
        return ", ".join(self.columns)
