"""Tiers: from how many points in twelve months on, and where each member stands."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mall.core.kept import KeptRow
from points.models.books import PointAccount

LEVELS = 5


class TierLevel(KeptRow):
    """One of the five tiers: its name, and from how many points credited in twelve months on a
    member has it.
    """

    level = models.PositiveSmallIntegerField(_("Tier"), unique=True)
    name = models.CharField(_("Name"), max_length=40)
    threshold = models.PositiveIntegerField(
        _("From points on"),
        help_text=_("Points earned within twelve months; more than the tier below asks for."),
    )
    changed_at = models.DateTimeField(_("Changed"))

    class Meta:
        verbose_name = _("Tier")
        verbose_name_plural = _("Tiers")
        ordering = ["level"]
        constraints = [
            models.CheckConstraint(
                name="points_tier_known", condition=Q(level__gte=1, level__lte=LEVELS)
            ),
            # Everybody is somewhere: the first tier begins at nothing, and no other does.
            models.CheckConstraint(
                name="points_tier_first_at_nothing",
                condition=Q(level=1, threshold=0) | Q(level__gt=1, threshold__gt=0),
            ),
        ]

    def __str__(self):
        return f"V{self.level} {self.name}"

    def get_absolute_url(self):
        """Return where an operator reads it."""
        return reverse("admin:points_tierlevel_change", args=[self.pk])


class MemberTier(models.Model):
    """Where a member stands. Written under the member's lock by points/tiers.py alone.

    ``earned`` is what rules credited in a lifetime, less what was taken back of it. Before it
    reaches ``rises_at`` no sum need be drawn: the points of twelve months cannot have grown by more
    than it has.
    """

    account = models.OneToOneField(
        PointAccount,
        models.PROTECT,
        primary_key=True,
        related_name="tier",
        verbose_name=_("Member"),
    )
    level = models.PositiveSmallIntegerField(_("Tier"), default=1, db_index=True)
    since = models.DateField(_("Since"))
    grace_until = models.DateField(_("Kept until"), null=True, blank=True)
    due_on = models.DateField(_("Looked at again on"), null=True, blank=True, db_index=True)
    earned = models.BigIntegerField(_("Earned so far"), default=0, db_index=True)
    rises_at = models.BigIntegerField(_("Rises at the earliest when so many are earned"), default=0)
    ladder_of = models.DateTimeField(_("By the tiers as of"))
    # points of an earlier shop, which count as those of a day (points/moving_in/)
    brought = models.BigIntegerField(_("Brought along"), default=0, db_default=0)
    brought_on = models.DateField(_("Brought on"), null=True, blank=True)

    class Meta:
        verbose_name = _("Member's tier")
        verbose_name_plural = _("Members' tiers")
        constraints = [
            models.CheckConstraint(
                name="points_member_tier_known", condition=Q(level__gte=1, level__lte=LEVELS)
            )
        ]

    def __str__(self):
        return f"V{self.level}"
