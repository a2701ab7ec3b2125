"""Long work that an operator asks for and the clock carries out."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

PROBLEM_LENGTH = 1_000


class ClockJob(models.Model):
    """What such work is at; mall/core/file_jobs.py claims and ends it."""

    class Status(models.TextChoices):
        CHECKED = "checked", _("Looked over, nothing done")
        QUEUED = "queued", _("Waiting for its turn")
        RUNNING = "running", _("Being carried out")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped by an error")

    # what is forgotten once it is done
    EMPTIED: dict = {}

    problem = models.CharField(max_length=PROBLEM_LENGTH, blank=True, editable=False)
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

    @property
    def is_under_way(self) -> bool:
        """Whether somebody has still to do something about it by the clock."""
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)
