"""A file on its way in by the back office: looked over by the clock, let in, and carried out by the
clock.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core.models.clock_job import ClockJob


class FileJob(ClockJob):
    """What every such file is at. ``content`` (packed) goes when it is done; ``findings`` are
    packed lines of JSON. Counts are those of the look until the file is carried out.
    """

    class Status(models.TextChoices):
        LOOKING = "looking", _("Being looked over")
        CHECKED = "checked", _("Looked over, nothing done")
        QUEUED = "queued", _("Waiting for its turn")
        RUNNING = "running", _("Being carried out")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped by an error")

    EMPTIED = {"content": b""}

    name = models.CharField(_("File"), max_length=120)
    content = models.BinaryField(editable=False, default=b"")
    findings = models.BinaryField(editable=False, default=b"")
    rows = models.PositiveIntegerField(_("Lines"), default=0)
    new = models.PositiveIntegerField(_("New"), default=0)
    known = models.PositiveIntegerField(_("Already there"), default=0)
    refused = models.PositiveIntegerField(_("Refused"), default=0)
    status = models.CharField(_("Status"), max_length=7, choices=Status, default=Status.LOOKING)

    class Meta(ClockJob.Meta):
        abstract = True

    def __str__(self):
        return self.name

    @property
    def is_under_way(self) -> bool:
        """Whether the clock has still to look it over or to carry it out."""
        return self.status == self.Status.LOOKING or super().is_under_way

    @property
    def is_taken(self) -> bool:
        """Whether a sweep has it at this moment, or had it when it broke off."""
        return self.claimed_until is not None
