"""What members can set out to do."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.core import clock
from mall.core.kept import KeptQuerySet, KeptRow
from mall.core.temporal import Temporal

MOST_POINTS = 100_000
MOST_TICKETS = 20
LONGEST_TARGET = 1_000_000
OWN_PAGE = RegexValidator(
    r"^/(?!/)[A-Za-z0-9/_.?=&%-]*\Z",
    _("Name a page of this shop, such as /products/."),
    code="foreign_page",
)
EVENT_NAME = RegexValidator(
    r"^(?:[a-z][a-z_]*|event:[a-z0-9][a-z0-9_.-]*)\Z",
    _("Name an event of the shop, or event:name for one of your own."),
    code="invalid",
)


class MissionQuerySet(KeptQuerySet):
    def with_followers(self):
        """Missions that say whether another one comes after them (``has_followers``)."""
        followers = Mission.objects.filter(prerequisite=OuterRef("pk"))
        return self.annotate(has_followers=Exists(followers))


class Mission(KeptRow, Temporal):
    """Something to do ``target`` times for a reward.

    A change never pays backwards: how much was to be done, and for what, is copied into a member's
    progress with its first fact, and facts of before the mission opened are not counted at all.
    """

    REMEMBERED = (
        "status",
        "target",
        "points",
        "coupon_id",
        "tickets",
        "ticket_draw_id",
        "is_automatic",
        "newcomer_days",
        "prerequisite_id",
        "starts_at",
        "ends_at",
    )

    class Kind(models.TextChoices):
        NEWCOMER = "newcomer", _("For newcomers")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every week")
        ONCE = "once", _("Once")
        CHAIN = "chain", _("Step of a chain")

    class Event(models.TextChoices):
        REGISTER = "register", _("Sign up")
        PROFILE = "profile", _("Complete the profile")
        LOGIN = "login", _("Sign in (once a day)")
        CHECKIN = "checkin", _("Check in")
        ORDER_PAID = "order_paid", _("Pay for an order")
        ORDER_COMPLETED = "order_completed", _("Receive an order")
        REDEEM = "redeem", _("Redeem something with points")
        SPEND_CASH = "spend_cash", _("Spend yuan (whole yuan of each paid order)")
        REVIEW = "review", _("Have a review published")
        SHARE = "share", _("Bring a visitor through a shared link")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", pgettext_lazy("rule", "Active")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=60)
    text = models.CharField(_("text"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.ONCE)
    event = models.CharField(
        _("event"),
        max_length=60,
        validators=[EVENT_NAME],
        help_text=_("What the shop must see; event:name for a signed event of your own."),
    )
    target = models.PositiveIntegerField(
        _("how often"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TARGET)],
    )
    points = models.PositiveIntegerField(
        _("reward in points"), default=0, validators=[MaxValueValidator(MOST_POINTS)]
    )
    coupon = models.ForeignKey(
        "orders.CouponTemplate",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reward: coupon"),
    )
    tickets = models.PositiveSmallIntegerField(
        _("reward: draw tickets"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(MOST_TICKETS)],
    )
    ticket_draw = models.ForeignKey(
        "marketing.Draw",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("of the draw"),
    )
    is_automatic = models.BooleanField(
        _("rewarded by itself"),
        default=False,
        help_text=_("Otherwise members collect the reward with a tap."),
    )
    newcomer_days = models.PositiveSmallIntegerField(
        _("days for newcomers"),
        default=30,
        help_text=_("Newcomer missions count this long after signing up."),
    )
    prerequisite = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="following",
        verbose_name=_("only after"),
    )
    starts_at = models.DateTimeField(pgettext_lazy("time", "from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    icon = models.CharField(
        _("icon"),
        max_length=40,
        default="flag",
        validators=[RegexValidator(r"^[a-z0-9-]+\Z")],
        help_text=_("Name of a Bootstrap icon."),
    )
    link = models.CharField(
        _("leads to"),
        max_length=200,
        blank=True,
        default="",
        validators=[OWN_PAGE],
        help_text=_("The page where one does it."),
    )
    position = models.PositiveIntegerField(_("position"), default=100)
    status = models.CharField(
        _("status"), max_length=6, choices=Status.choices, default=Status.DRAFT
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)

    objects = MissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("mission")
        verbose_name_plural = _("missions")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="mission_kind_known",
                condition=Q(kind__in=["newcomer", "daily", "weekly", "once", "chain"]),
            ),
            models.CheckConstraint(
                name="mission_status_known",
                condition=Q(status__in=["draft", "active", "paused", "ended"]),
            ),
            models.CheckConstraint(name="mission_target_positive", condition=Q(target__gte=1)),
            models.CheckConstraint(
                name="mission_points_bounded", condition=Q(points__gte=0, points__lte=MOST_POINTS)
            ),
            models.CheckConstraint(
                name="mission_window_forward",
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
            ),
        ]

    def __str__(self):
        return self.title or self.code

    def clean(self):
        """Refuse a window that ends before it starts, an unknown event, a draft of what members
        have begun, and a chain that bites its own tail.
        """
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("The end must come after the beginning.")})
        if (
            self.event
            and not self.event.startswith("event:")
            and self.event not in self.Event.values
        ):
            raise ValidationError({"event": _("The shop knows no such event.")})
        if self.status == self.Status.DRAFT and self.pk and self.progress.exists():
            words = _(
                "Members have begun it, and some may have a reward to collect: end it instead."
            )
            raise ValidationError({"status": words})
        self.tickets = self.tickets or 0  # a form may leave it empty
        if self.tickets and self.ticket_draw_id is None:
            raise ValidationError({"ticket_draw": _("Say of which draw the tickets are.")})
        above, seen = self.prerequisite, set()
        while above is not None and above.pk not in seen:
            if above.pk == self.pk:
                raise ValidationError({"prerequisite": _("A mission cannot come after itself.")})
            seen.add(above.pk)
            above = above.prerequisite

    def is_open(self, as_of=None) -> bool:
        """Whether it counts facts at an instant (default: now)."""
        now = as_of or clock.now()
        started = self.starts_at is None or self.starts_at <= now
        return (
            self.status == self.Status.ACTIVE
            and started
            and (self.ends_at is None or now < self.ends_at)
        )
