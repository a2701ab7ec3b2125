"""What a coupon takes off, of which goods, for how long, how many there are. Amounts are yuan with
two places, prices are whole points. Once a template has been issued its terms stand: a member's
coupon keeps what it promised.
"""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.core import clock
from mall.core.money import ZERO

NOT_BELOW_ZERO = MinValueValidator(Decimal(0))


class CouponTemplateQuerySet(models.QuerySet):
    def open(self, as_of):
        """Templates of which new coupons may be given at an instant."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=as_of), status=CouponTemplate.Status.ACTIVE
        )

    def for_sale(self, as_of):
        """Open templates that members may buy with points."""
        return self.open(as_of).filter(price_points__gt=0)


class CouponTemplate(models.Model):
    """What a kind of coupon takes off, from which total, for which goods, how often and how
    long.
    """

    class Kind(models.TextChoices):
        AMOUNT = "amount", _("Amount off")
        PERCENT = "percent", _("Percent off")

    class Scope(models.TextChoices):
        ALL = "all", _("Everything")
        CATEGORIES = "categories", _("These categories")
        PRODUCTS = "products", _("These products")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", pgettext_lazy("rule", "Active")
        PAUSED = "paused", _("Paused: nothing new is given out")
        ENDED = "ended", _("Ended")

    name = models.CharField(_("name"), max_length=60)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.DRAFT)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.AMOUNT)
    amount = models.DecimalField(
        _("yuan off"),
        max_digits=12,
        decimal_places=2,
        default=ZERO,
        validators=[NOT_BELOW_ZERO],
        help_text=_("For an amount off."),
    )
    percent = models.PositiveSmallIntegerField(
        _("percent off"),
        default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("For percent off: 20 takes a fifth off."),
    )
    cap = models.DecimalField(
        _("yuan off at most"),
        max_digits=12,
        decimal_places=2,
        default=ZERO,
        validators=[NOT_BELOW_ZERO],
        help_text=_("For percent off; always set, so that no order becomes a surprise."),
    )
    threshold = models.DecimalField(
        _("from yuan"),
        max_digits=12,
        decimal_places=2,
        default=ZERO,
        validators=[NOT_BELOW_ZERO],
        help_text=_("Counted on the goods it is for."),
    )
    scope = models.CharField(_("for"), max_length=10, choices=Scope, default=Scope.ALL)
    categories = models.ManyToManyField(
        "catalog.Category",
        blank=True,
        related_name="+",
        verbose_name=_("categories"),
        help_text=_("Categories inside these count too."),
    )
    products = models.ManyToManyField(
        "catalog.Product", blank=True, related_name="+", verbose_name=_("products")
    )
    total = models.PositiveIntegerField(
        _("how many in all"), default=0, help_text=_("0 = no limit")
    )
    per_person = models.PositiveIntegerField(
        _("per person"),
        default=1,
        help_text=_("How many one member may buy or be handed; 0 = no limit."),
    )
    issued = models.PositiveIntegerField(_("given out"), default=0, editable=False)
    price_points = models.PositiveIntegerField(
        _("price in points"), default=0, help_text=_("0 = not for sale")
    )
    starts_at = models.DateTimeField(_("usable from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("usable until"), null=True, blank=True)
    valid_days = models.PositiveSmallIntegerField(
        _("days after it is given"),
        default=0,
        help_text=_(
            "Good until the end of that day, counted from the beginning of its window where that "
            "is later; 0 = until the end of the window."
        ),
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)

    objects = CouponTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("coupon template")
        verbose_name_plural = _("coupon templates")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status", "price_points"], name="template_for_sale")]
        constraints = [
            models.CheckConstraint(
                name="template_kind_known", condition=Q(kind__in=["amount", "percent"])
            ),
            models.CheckConstraint(
                name="template_scope_known",
                condition=Q(scope__in=["all", "categories", "products"]),
            ),
            models.CheckConstraint(
                name="template_status_known",
                condition=Q(status__in=["draft", "active", "paused", "ended"]),
            ),
            models.CheckConstraint(
                name="template_takes_something_off",
                condition=Q(kind="amount", amount__gt=0)
                | Q(kind="percent", percent__gte=1, percent__lte=100, cap__gt=0),
            ),
            models.CheckConstraint(
                name="template_threshold_not_negative", condition=Q(threshold__gte=0)
            ),
            models.CheckConstraint(
                name="template_within_total", condition=Q(total=0) | Q(issued__lte=F("total"))
            ),
            models.CheckConstraint(
                name="template_ends", condition=Q(ends_at__isnull=False) | Q(valid_days__gte=1)
            ),
        ]

    def is_open(self, as_of) -> bool:
        """Whether new coupons of it may be given at an instant, as ``objects.open`` asks."""
        return self.status == self.Status.ACTIVE and (self.ends_at is None or as_of < self.ends_at)

    def __str__(self):
        return self.name or f"#{self.pk}"

    def clean(self):
        """Refuse a template that takes nothing off, never ends, or ends before it starts."""
        wrong = {}
        if self.kind == self.Kind.AMOUNT and not self.amount:
            wrong["amount"] = _("Say how many yuan it takes off.")
        if self.kind == self.Kind.PERCENT and not self.percent:
            wrong["percent"] = _("Say how many percent it takes off.")
        if self.kind == self.Kind.PERCENT and not self.cap:
            wrong["cap"] = _("Percent off needs a most in yuan.")
        if not self.ends_at and not self.valid_days:
            wrong["valid_days"] = _("Say how many days it is good for, or until when.")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            wrong["ends_at"] = _("It must end after it starts.")
        is_over = self.ends_at and self.ends_at <= clock.now()
        if is_over and self.status == self.Status.ACTIVE and "ends_at" not in wrong:
            wrong["ends_at"] = _("That is over: nobody could use one any more.")
        if self.total and self.total < self.issued:
            wrong["total"] = _("That many have been given out already.")
        if wrong:
            raise ValidationError(wrong)
