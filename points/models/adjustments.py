"""Operators' corrections: each one a row with its reason, alone, with a second person, or from a
file.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core.versions import version_of
from points.models.books import PointAccount


class AdjustmentBatch(models.Model):
    """A file of corrections: looked over first, then posted once, and undone by entries the other
    way.
    """

    class Status(models.TextChoices):
        CHECKED = "checked", _("Looked over, not posted")
        POSTED = "posted", _("Posted")
        UNDONE = "undone", _("Undone")

    name = models.CharField(_("File"), max_length=120)
    digest = models.CharField(_("Fingerprint of the file"), max_length=64, unique=True)
    note = models.CharField(_("Reason"), max_length=500)
    rows = models.JSONField(_("Lines"), default=list)
    status = models.CharField(_("Status"), max_length=7, choices=Status, default=Status.CHECKED)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("By")
    )
    made_at = models.DateTimeField(_("Uploaded"))
    posted_at = models.DateTimeField(_("Posted"), null=True, blank=True)
    undone_at = models.DateTimeField(_("Undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("File of adjustments")
        verbose_name_plural = _("Files of adjustments")
        ordering = ["-pk"]

    def __str__(self):
        return self.name

    @property
    def version(self) -> str:
        """The mark of what is read before posting; another one once the file was uploaded again."""
        return version_of(self.note, self.made_by_id, self.rows)


class Adjustment(models.Model):
    """One correction of one member's points, asked for by one person and, above the limit, decided
    by another.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for a second person")
        POSTED = "posted", _("Posted")
        REJECTED = "rejected", _("Rejected")

    ticket = models.CharField(_("Ticket"), max_length=64, unique=True)
    account = models.ForeignKey(
        PointAccount, models.PROTECT, related_name="adjustments", verbose_name=_("Member")
    )
    points = models.IntegerField(_("Points"))
    description = models.CharField(_("What the member reads"), max_length=200, blank=True)
    note = models.CharField(_("Reason"), max_length=500)
    status = models.CharField(_("Status"), max_length=8, choices=Status)
    batch = models.ForeignKey(
        AdjustmentBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="adjustments",
        verbose_name=_("File of adjustments"),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Asked by")
    )
    requested_at = models.DateTimeField(_("Asked"))
    on = models.DateField(_("Shop day"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Decided by"),
    )
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decision_note = models.CharField(_("Reason of the decision"), max_length=500, blank=True)
    entry_seq = models.PositiveIntegerField(_("Entry no."), null=True, blank=True)
    undo_seq = models.PositiveIntegerField(_("Undone by entry no."), null=True, blank=True)

    class Meta:
        verbose_name = _("Adjustment")
        verbose_name_plural = _("Adjustments")
        ordering = ["-pk"]
        permissions = [("approve_adjustment", _("Can approve or reject adjustments of colleagues"))]
        indexes = [
            models.Index(name="points_adjustment_alone", fields=["account", "requested_by", "on"]),
            models.Index(name="points_adjustment_clerk_day", fields=["requested_by", "on"]),
            models.Index(name="points_adjustment_status", fields=["status"]),
        ]

    def __str__(self):
        return _("%(points)+d points for member no. %(member)s") % {
            "points": self.points,
            "member": self.account_id,
        }
