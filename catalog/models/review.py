"""What members say about goods they received, and how the shop deals with it."""

from django.conf import settings
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
)
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Product
from mall.core import clock
from mall.core.versions import version_of

SHORTEST_REVIEW, LONGEST_REVIEW = 15, 1000  # characters
REASON_LENGTH, ANSWER_LENGTH = 200, 1000
MOST_STARS = 5


class ReviewQuerySet(models.QuerySet):
    def published(self):
        return self.filter(status=Review.Status.PUBLISHED)

    def waiting(self):
        return self.filter(status=Review.Status.WAITING)

    def of(self, user):
        """The reviews of one member."""
        return self.filter(user=user)


class Review(models.Model):
    """One member's words about one delivered order line; shown once the shop has published them.

    The line is a plain number: goods know no orders. ``author`` is the name as the page shows it,
    masked when the review was written, so that it survives its account without naming anybody.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        PUBLISHED = "published", _("Published")
        REJECTED = "rejected", _("Rejected")

    product = models.ForeignKey(
        Product,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="reviews",
        verbose_name=_("product"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        related_name="reviews",
        verbose_name=_("member"),
    )
    line = models.BigIntegerField(_("order line"), unique=True)
    author = models.CharField(_("shown as"), max_length=40)
    choice = models.JSONField(
        _("choice"),
        default=dict,
        blank=True,
        help_text=_("Name of the SKU in every language, as it was."),
    )
    stars = models.PositiveSmallIntegerField(
        _("stars"), validators=[MinValueValidator(1), MaxValueValidator(MOST_STARS)]
    )
    text = models.TextField(
        _("text"),
        validators=[MinLengthValidator(SHORTEST_REVIEW), MaxLengthValidator(LONGEST_REVIEW)],
    )
    status = models.CharField(
        _("status"), max_length=9, choices=Status.choices, default=Status.WAITING
    )
    reason = models.CharField(
        _("reason of the rejection"), max_length=REASON_LENGTH, blank=True, default=""
    )
    answer = models.TextField(
        _("the shop's answer"),
        blank=True,
        default="",
        validators=[MaxLengthValidator(ANSWER_LENGTH)],
    )
    created_at = models.DateTimeField(_("written"), default=clock.now)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True, default="")
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="review_stars_1_to_5", condition=Q(stars__gte=1, stars__lte=5)
            ),
            models.CheckConstraint(
                name="review_status_known",
                condition=Q(status__in=["waiting", "published", "rejected"]),
            ),
        ]
        indexes = [
            models.Index(fields=["product", "status", "stars"], name="review_stars"),
            models.Index(fields=["status"], name="review_status"),
        ]
        permissions = [("moderate_review", _("Can publish, reject and answer reviews"))]

    def __str__(self):
        return f"{self.stars}/{MOST_STARS} {self.author}"

    @property
    def version(self) -> str:
        """The mark of what the member says; another one as soon as stars or text change."""
        return version_of(self.stars, self.text)

    @property
    def choice_name(self) -> str:
        """The SKU that was bought, in the reader's language."""
        return (
            self.choice.get(get_language() or "") or self.choice.get(settings.LANGUAGE_CODE) or ""
        )

    @property
    def can_be_edited(self) -> bool:
        return self.status != self.Status.PUBLISHED

    @property
    def tone(self) -> str:
        """How the state looks on a page."""
        return {self.Status.PUBLISHED: "ok", self.Status.REJECTED: "error"}.get(self.status, "info")


class ReviewPolicy(models.Model):
    """How the shop deals with new reviews; one row, defaults when it is missing."""

    publishes_at_once = models.BooleanField(
        _("publish without looking"),
        default=False,
        help_text=_("Otherwise every review waits for somebody of the shop."),
    )

    class Meta:
        verbose_name = _("review policy")
        verbose_name_plural = _("review policy")

    def __str__(self):
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls):
        """Return the policy in force."""
        return cls.objects.first() or cls()
