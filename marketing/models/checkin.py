"""A member's days of checking in, the days the shop was away, and what a missed day costs."""

import copy

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.kept import KeptRow, kept

MAKE_UP_MAX_DAYS = 31


class CheckIn(models.Model):
    """One member's shop day: checked in, made up later, or covered by a shield; the row itself
    refuses a second one.

    The streak stands in the row: that of the day before plus one, or one. Days of an outage stand
    between without breaking it; a shielded day carries it on unchanged. There is no counter that
    something would have to set back, and where a day is filled in later the rows after it are
    drawn anew (marketing/checkin/runs.py). The member is named without a database constraint:
    inserting a child row would otherwise wait for whoever is just updating the member.
    """

    class Kind(models.TextChoices):
        CHECKED = "checked", _("checked in")
        MADE_UP = "made_up", _("made up")
        SHIELDED = "shielded", _("covered by a shield")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        related_name="check_ins",
        verbose_name=_("member"),
    )
    on = models.DateField(_("shop day"))
    kind = models.CharField(
        _("kind"),
        max_length=8,
        choices=Kind,
        default=Kind.CHECKED,
        db_default=Kind.CHECKED,  # an earlier release beside us names no kind
    )
    streak = models.PositiveIntegerField(_("days in a row"))
    points = models.PositiveIntegerField(_("points"), default=0)
    created_at = models.DateTimeField(_("time"), default=clock.now)

    # set on an instance just written: points to spend after it, those that were set aside or paid
    # for it, milestones it reached, missions it moved and those it completed, and the missed days
    # that shields covered for it
    available, set_aside, price = None, 0, 0
    milestones, moved, missions, shielded = (), (), (), ()

    class Meta:
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        ordering = ["-on", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "on"], name="one_check_in_a_day")]
        indexes = [models.Index(fields=["on", "streak"], name="check_in_day")]

    def __str__(self):
        return f"{self.on}: {self.streak}"

    @property
    def adds(self) -> int:
        """How much the day adds to a streak: a shielded one only keeps it."""
        return int(self.kind != self.Kind.SHIELDED)


class OutageDay(KeptRow):
    """A shop day on which members could not check in: it breaks nobody's streak.

    Declared by an operator, also for days before; ``drawn_at`` is when the streaks of those who
    have checked in since were last drawn anew.
    """

    on = models.DateField(_("shop day"), unique=True)
    reason = models.CharField(
        _("reason"), max_length=200, help_text=_("For colleagues and auditors.")
    )
    declared_by = models.CharField(_("by"), max_length=80, default="", blank=True)
    declared_at = models.DateTimeField(_("declared"), default=clock.now)
    drawn_at = models.DateTimeField(_("streaks drawn anew"), null=True, editable=False)
    members = models.PositiveIntegerField(
        _("members whose streak it mended"), default=0, editable=False
    )

    class Meta:
        verbose_name = _("outage day")
        verbose_name_plural = _("outage days")
        ordering = ["-on"]

    def __str__(self):
        return f"{self.on}"

    def get_absolute_url(self):
        """Return where an operator reads it."""
        return reverse("admin:marketing_outageday_change", args=[self.pk])


class CheckInPolicy(KeptRow):
    """What making up a missed day costs, and how far back; one row, defaults when it is missing."""

    make_up_days = models.PositiveSmallIntegerField(
        _("how many days back a day may be made up"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(MAKE_UP_MAX_DAYS)],
    )
    make_up_prices = models.JSONField(
        _("points the first, second, third … made-up day costs"),
        default=list,
        blank=True,
        help_text=_(
            "With commas: 20, 40, 80. As many days as prices may be made up within that time; "
            "none: nobody makes up a day."
        ),
    )

    class Meta:
        verbose_name = _("check-in policy")
        verbose_name_plural = _("check-in policy")
        constraints = [
            models.CheckConstraint(
                name="check_in_policy_days",
                condition=Q(make_up_days__gte=1, make_up_days__lte=MAKE_UP_MAX_DAYS),
            )
        ]

    def __str__(self):
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls):
        """Return the policy in force, a copy of one's own."""
        return copy.copy(_policy())


MAKE_UP_PRICES = (20, 40, 80)


@kept
def _policy() -> CheckInPolicy:
    found = CheckInPolicy.objects.order_by("pk").first()
    return found or CheckInPolicy(make_up_prices=list(MAKE_UP_PRICES))
