"""Leaderboards: one board a shop week and month, and how many points each member earned in it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Board(models.Model):
    """One shop week (from Monday) or month; once it is frozen its points change no more."""

    class Period(models.TextChoices):
        WEEK = "week", _("Week")
        MONTH = "month", _("Month")

    period = models.CharField(_("Period"), max_length=5, choices=Period)
    starts_on = models.DateField(_("First day"))
    ends_on = models.DateField(_("Last day"))
    frozen_at = models.DateTimeField(_("Frozen"), null=True, blank=True)

    class Meta:
        verbose_name = _("Leaderboard")
        verbose_name_plural = _("Leaderboards")
        ordering = ["-starts_on", "period"]
        constraints = [
            models.UniqueConstraint(fields=["period", "starts_on"], name="one_board_a_period")
        ]
        # few are open: the sweep asks for those
        indexes = [models.Index(fields=["frozen_at", "ends_on"], name="board_open")]

    def __str__(self):
        return f"{self.get_period_display()} {self.starts_on:%Y-%m-%d}"

    @property
    def is_frozen(self) -> bool:
        """Whether its points change no more."""
        return self.frozen_at is not None


class BoardScore(models.Model):
    """What a member earned by activity in a board's days; drawn from the entries by
    marketing/leaderboard/counting.py alone. Members without points, or who do not take part, have
    no row, so a rank is the number of rows with more points, plus one.
    """

    board = models.ForeignKey(
        Board, models.CASCADE, related_name="scores", db_index=False, verbose_name=_("Leaderboard")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        related_name="board_scores",
        verbose_name=_("member"),
    )
    points = models.PositiveBigIntegerField(_("points"))

    class Meta:
        verbose_name = _("Score on a leaderboard")
        verbose_name_plural = _("Scores on leaderboards")
        ordering = ["-points", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["board", "user"], name="one_score_a_member"),
            models.CheckConstraint(name="score_of_something", condition=models.Q(points__gte=1)),
        ]
        indexes = [models.Index(fields=["board", "points", "user"], name="score_by_rank")]

    def __str__(self):
        return f"{self.points}"


class Contestant(models.Model):
    """How far a member's entries are counted for the open boards, and whether they take part;
    written under the member's lock.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        db_constraint=False,
        related_name="contestant",
        verbose_name=_("member"),
    )
    counted_seq = models.PositiveIntegerField(_("Entries counted"), default=0)
    is_shown = models.BooleanField(_("Takes part"), default=True)

    class Meta:
        verbose_name = _("Contestant")
        verbose_name_plural = _("Contestants")

    def __str__(self):
        return f"#{self.pk}"
