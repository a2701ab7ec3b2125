"""A file of an earlier shop's orders on its way in: looked over, imported by the clock, and what
came of it.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core.models.file_job import FileJob
from mall.core.versions import version_of


class HistoryImport(FileJob):
    """A file that an operator brought, how it is read, and how far its import is.

    Something is told of each row that was left out and each order that was put right. Counts are
    those of the look until the import runs.
    """

    class Status(models.TextChoices):
        LOOKING = "looking", _("Being looked over")
        CHECKED = "checked", _("Looked over, not imported")
        QUEUED = "queued", _("Waiting for its turn")
        RUNNING = "running", _("Being imported")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Stopped by an error")

    EMPTIED = {**FileJob.EMPTIED, "sample": []}

    reading = models.JSONField(default=dict, editable=False)
    encoding = models.CharField(max_length=20, blank=True, editable=False)
    replaces = models.BooleanField(_("Takes the file's version"), default=False)
    titles = models.JSONField(default=list, editable=False)
    words = models.JSONField(default=dict, editable=False)
    sample = models.JSONField(default=list, editable=False)
    orders = models.PositiveIntegerField(_("Orders"), default=0)
    people = models.PositiveIntegerField(_("Customers"), default=0)
    new = models.PositiveIntegerField(_("New orders"), default=0)
    replaced = models.PositiveIntegerField(_("Replaced orders"), default=0)
    dropped = models.PositiveIntegerField(_("Lines left out"), default=0)
    remarks = models.PositiveIntegerField(_("Remarks"), default=0)
    status = models.CharField(_("Status"), max_length=7, choices=Status, default=Status.LOOKING)

    class Meta(FileJob.Meta):
        verbose_name = _("File of earlier orders")
        verbose_name_plural = _("Files of earlier orders")
        indexes = [models.Index(fields=["status"], name="history_import_status")]

    @property
    def version(self) -> str:
        """The mark of how the file is read; another one once somebody has it read otherwise."""
        return version_of(self.reading, self.encoding, self.replaces)
