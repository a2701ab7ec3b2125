"""A file of an earlier shop's orders on its way in: looked over, imported by the clock, and what
came of it.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core.versions import version_of


class HistoryImport(models.Model):
    """A file that an operator brought, how it is read, and how far its import is.

    ``content`` (packed) goes with the import; ``findings`` are packed lines of JSON, one for each
    row that was left out and each order that was put right. Counts are those of the look until the
    import runs.
    """

    class Status(models.TextChoices):
        CHECKED = "checked", _("Looked over, not imported")
        QUEUED = "queued", _("Waiting for its turn")
        RUNNING = "running", _("Being imported")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Stopped by an error")

    name = models.CharField(_("File"), max_length=120)
    content = models.BinaryField(editable=False, default=b"")
    reading = models.JSONField(default=dict, editable=False)
    encoding = models.CharField(max_length=20, blank=True, editable=False)
    replaces = models.BooleanField(_("Takes the file's version"), default=False)
    titles = models.JSONField(default=list, editable=False)
    words = models.JSONField(default=dict, editable=False)
    sample = models.JSONField(default=list, editable=False)
    problem = models.CharField(max_length=1_000, blank=True, editable=False)
    findings = models.BinaryField(editable=False, default=b"")
    rows = models.PositiveIntegerField(_("Lines"), default=0)
    orders = models.PositiveIntegerField(_("Orders"), default=0)
    people = models.PositiveIntegerField(_("Customers"), default=0)
    new = models.PositiveIntegerField(_("New orders"), default=0)
    replaced = models.PositiveIntegerField(_("Replaced orders"), default=0)
    known = models.PositiveIntegerField(_("Already there"), default=0)
    refused = models.PositiveIntegerField(_("Refused"), default=0)
    dropped = models.PositiveIntegerField(_("Lines left out"), default=0)
    remarks = models.PositiveIntegerField(_("Remarks"), default=0)
    status = models.CharField(_("Status"), max_length=7, choices=Status, default=Status.CHECKED)
    language = models.CharField(max_length=10, blank=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        verbose_name=_("By"),
    )
    made_at = models.DateTimeField(_("Uploaded"))
    finished_at = models.DateTimeField(_("Finished"), null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("File of earlier orders")
        verbose_name_plural = _("Files of earlier orders")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status"], name="history_import_status")]

    def __str__(self):
        return self.name

    @property
    def version(self) -> str:
        """The mark of how the file is read; another one once somebody has it read otherwise."""
        return version_of(self.reading, self.encoding, self.replaces)
