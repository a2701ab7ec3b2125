"""Tiers: from how many points in twelve months on, and where each member stands."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mall.core.kept import KeptRow
from mall.core.temporal import Temporal
from points.models.books import PointAccount

LEVELS = 5
PLAIN_PERCENT = 100  # points as the rules say them
PERCENT_MAX = 1_000
SHIELDS_MAX = 31  # a day of a month each
GIFT_MAX_POINTS = 1_000_000
EARLY_MAX_MINUTES = 24 * 60


class TierLevel(KeptRow, Temporal):
    """One of the five tiers: its name, and from how many points credited in twelve months on a
    member has it; and what it gives, as it is and as it was.
    """

    REMEMBERED = ("earn_percent",)

    level = models.PositiveSmallIntegerField(_("Tier"), unique=True)
    name = models.CharField(_("Name"), max_length=40)
    threshold = models.PositiveIntegerField(
        _("From points on"),
        help_text=_("Points earned within twelve months; more than the tier below asks for."),
    )
    earn_percent = models.PositiveSmallIntegerField(
        _("Earns, in percent"),
        default=PLAIN_PERCENT,
        db_default=PLAIN_PERCENT,
        validators=[MinValueValidator(PLAIN_PERCENT), MaxValueValidator(PERCENT_MAX)],
        help_text=_("100: as the rules say. 120: a fifth more."),
    )
    shields_a_month = models.PositiveSmallIntegerField(
        _("Shields a month"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(SHIELDS_MAX)],
        help_text=_("Missed days a month that do not end a streak of check-ins."),
    )
    birthday_points = models.PositiveIntegerField(
        _("Birthday gift in points"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(GIFT_MAX_POINTS)],
        help_text=_("Never less than the birthday rule says; empty: just that."),
    )
    early_access_minutes = models.PositiveSmallIntegerField(
        _("Minutes ahead at flash sessions"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(EARLY_MAX_MINUTES)],
        help_text=_("Members of this tier may redeem so long before the session begins."),
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
            models.CheckConstraint(
                name="points_tier_perks_known",
                condition=Q(
                    earn_percent__gte=PLAIN_PERCENT,
                    earn_percent__lte=PERCENT_MAX,
                    shields_a_month__lte=SHIELDS_MAX,
                    early_access_minutes__lte=EARLY_MAX_MINUTES,
                )
                & (
                    Q(birthday_points__isnull=True)
                    | Q(birthday_points__gte=1, birthday_points__lte=GIFT_MAX_POINTS)
                ),
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
