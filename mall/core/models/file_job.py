"""A file on its way in by the back office: looked over, let in, and carried out by the clock."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class FileJob(models.Model):
    """What every such file is at; mall/core/file_jobs.py claims and ends them. ``content`` (packed)
    goes when it is done; ``findings`` are packed lines of JSON.
    """

    class Status(models.TextChoices):
        CHECKED = "checked", _("Looked over, nothing done")
        QUEUED = "queued", _("Waiting for its turn")
        RUNNING = "running", _("Being carried out")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped by an error")

    name = models.CharField(_("File"), max_length=120)
    content = models.BinaryField(editable=False, default=b"")
    problem = models.CharField(max_length=1_000, blank=True, editable=False)
    findings = models.BinaryField(editable=False, default=b"")
    rows = models.PositiveIntegerField(_("Lines"), default=0)
    new = models.PositiveIntegerField(_("New"), default=0)
    known = models.PositiveIntegerField(_("Already there"), default=0)
    refused = models.PositiveIntegerField(_("Refused"), default=0)
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
        abstract = True
        ordering = ["-pk"]

    def __str__(self):
        return self.name

    @property
    def is_under_way(self) -> bool:
        """Whether somebody has still to do something about it by the clock."""
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)
