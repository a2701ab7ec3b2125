"""A file on its way in by the back office: looked over, let in, and carried out by the clock."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core.models.clock_job import ClockJob


class FileJob(ClockJob):
    """What every such file is at. ``content`` (packed) goes when it is done; ``findings`` are
    packed lines of JSON.
    """

    EMPTIED = {"content": b""}

    name = models.CharField(_("File"), max_length=120)
    content = models.BinaryField(editable=False, default=b"")
    findings = models.BinaryField(editable=False, default=b"")
    rows = models.PositiveIntegerField(_("Lines"), default=0)
    new = models.PositiveIntegerField(_("New"), default=0)
    known = models.PositiveIntegerField(_("Already there"), default=0)
    refused = models.PositiveIntegerField(_("Refused"), default=0)

    class Meta(ClockJob.Meta):
        abstract = True

    def __str__(self):
        return self.name
