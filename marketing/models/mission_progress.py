"""How far members are with missions, and which facts were counted."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from marketing.models.mission import Mission


class MissionProgress(models.Model):
    """How far one member is with one mission in one period (a shop day, an ISO week, or once and
    for all).

    ``target`` and ``points`` are the mission's numbers when the member began. Written by
    marketing/missions/counting.py under the member's lock; the unique key is the second line.
    """

    mission = models.ForeignKey(
        Mission, on_delete=models.PROTECT, related_name="progress", verbose_name=_("mission")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="mission_progress",
        verbose_name=_("member"),
    )
    period = models.CharField(
        _("period"), max_length=10, help_text=_("2026-11-21, 2026-W47, or once.")
    )
    count = models.PositiveIntegerField(_("done so far"), default=0)
    target = models.PositiveIntegerField(_("how often"))
    points = models.PositiveIntegerField(_("reward in points"), default=0)
    paid = models.PositiveIntegerField(_("points paid"), default=0)
    turn = models.PositiveSmallIntegerField(
        _("turn"),
        default=1,
        help_text=_("Grows when a reward was taken back, so that it can be earned anew."),
    )
    started_at = models.DateTimeField(_("begun"), default=clock.now)
    # when the youngest fact happened that moved it; an older one has it drawn anew
    moved_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    rewarded_at = models.DateTimeField(_("rewarded"), null=True, blank=True)

    class Meta:
        verbose_name = _("mission progress")
        verbose_name_plural = _("mission progress")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "mission", "period"], name="one_progress_a_period"
            ),
            models.CheckConstraint(
                name="progress_rewarded_when_completed",
                condition=Q(rewarded_at__isnull=True) | Q(completed_at__isnull=False),
            ),
        ]
        # the figures of missions are read off it alone
        indexes = [
            models.Index(fields=["mission", "completed_at", "paid"], name="progress_figures")
        ]

    def __str__(self):
        return f"{self.mission_id} {self.period}: {self.count}/{self.target}"


class MissionFact(models.Model):
    """A fact that moved a member's missions; the row refuses to count it twice."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    event = models.CharField(_("event"), max_length=60)
    key = models.CharField(_("fact"), max_length=100)
    amount = models.PositiveIntegerField(_("amount"), default=1)
    # [[progress, by how much]]: what goes back when the fact turns out not to be one; 0 where it
    # came too late to move it.
    moved = models.JSONField(_("moved"), default=list)
    on = models.DateField(_("shop day"))
    at = models.DateTimeField(_("time"), null=True)  # empty: counted by an earlier release

    class Meta:
        verbose_name = _("counted fact")
        verbose_name_plural = _("counted facts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "event", "key"], name="one_mission_fact")
        ]

    def __str__(self):
        return f"{self.event} {self.key}"
