"""Coupons: who has one, codes for anybody, and hand-outs to a segment; what one takes off is its
template's (coupon_template.py).

Rows are written by orders/coupons/lifecycle.py and orders/coupons/handouts.py only.
"""

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from orders.models.coupon_template import CouponTemplate
from orders.models.order import Order
from orders.numbers import new_coupon_code

CODE_LENGTH = 32


class CouponCode(models.Model):
    """A code that anybody may type in at checkout, so many times in all and so many per member."""

    template = models.ForeignKey(
        CouponTemplate, models.PROTECT, related_name="codes", verbose_name=_("coupon template")
    )
    code = models.CharField(
        _("code"),
        max_length=CODE_LENGTH,
        unique=True,
        default=new_coupon_code,
        validators=[
            RegexValidator(
                r"^(?=.*[A-Z])[0-9A-Z]{4,32}\Z",
                _("4 to 32 capital letters and digits, at least one of them a letter."),
            )
        ],
        help_text=_(
            "What members type in; made up for you so that nobody can guess it. Write your own "
            "when it is meant for everybody."
        ),
    )
    max_uses = models.PositiveIntegerField(
        _("uses in all"), default=100, validators=[MinValueValidator(1)]
    )
    per_person = models.PositiveIntegerField(
        _("uses per person"), default=1, validators=[MinValueValidator(1)]
    )
    uses = models.PositiveIntegerField(_("used"), default=0, editable=False)
    is_active = models.BooleanField(_("can be used"), default=True)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("coupon code")
        verbose_name_plural = _("coupon codes")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="code_uses_within", condition=Q(uses__lte=F("max_uses"))),
            models.CheckConstraint(
                name="code_limits_positive", condition=Q(max_uses__gte=1, per_person__gte=1)
            ),
        ]

    def __str__(self):
        return self.code


class CouponGrant(models.Model):
    """A hand-out of one template to a segment: a row a sweep carries on, batch by batch, until all
    have theirs.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being handed out")
        DONE = "done", _("Handed out")
        UNDONE = "undone", _("Taken back")

    template = models.ForeignKey(
        CouponTemplate, models.PROTECT, related_name="grants", verbose_name=_("coupon template")
    )
    segment = models.CharField(_("segment"), max_length=20)
    numbers = models.JSONField(_("numbers of the segment"), default=dict, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.QUEUED)
    expected = models.PositiveIntegerField(_("members counted before"), default=0)
    granted = models.PositiveIntegerField(_("given"), default=0)
    skipped = models.PositiveIntegerField(
        _("left out"),
        default=0,
        help_text=_("Had as many as one person may have, or none were left."),
    )
    last_user = models.PositiveBigIntegerField(_("last member seen"), default=0, editable=False)
    up_to_user = models.PositiveBigIntegerField(_("members up to"), default=0, editable=False)
    actor = models.CharField(_("by"), max_length=60)
    key = models.CharField(_("one-time key"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("coupon hand-out")
        verbose_name_plural = _("coupon hand-outs")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status", "id"], name="coupon_grant_open")]
        constraints = [
            models.CheckConstraint(
                name="coupon_grant_status_known",
                condition=Q(status__in=["queued", "running", "done", "undone"]),
            ),
        ]

    def __str__(self):
        return f"{self.template} #{self.pk}"


class CouponQuerySet(models.QuerySet):
    def of(self, user):
        """The coupons of one member."""
        return self.filter(user=user)

    def usable(self, as_of):
        """Coupons that may be used at an instant, goods and threshold aside."""
        return self.filter(state=Coupon.State.GRANTED, expires_at__gt=as_of)

    def over(self, as_of):
        """Coupons whose day has passed unused, whether or not the sweep came by."""
        return self.filter(
            Q(state=Coupon.State.EXPIRED) | Q(state=Coupon.State.GRANTED, expires_at__lte=as_of)
        )

    def counted(self):
        """Coupons that count towards what one person may have."""
        return self.exclude(state=Coupon.State.REVOKED)


class Coupon(models.Model):
    """One member's coupon; a use of a public code is one too, made when the order is placed."""

    class State(models.TextChoices):
        GRANTED = "granted", _("Usable")
        LOCKED = "locked", _("Kept for an order")
        USED = "used", _("Used")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Taken back")

    class Source(models.TextChoices):
        GIVEN = "given", _("Given")
        HANDED_OUT = "handed_out", _("Handed out")
        BOUGHT = "bought", _("Bought with points")
        CODE = "code", _("Code")
        GOODS = "goods", _("Bought as goods")

    # No constraints: inserting a child would share-lock rows that sign-ins, hand-outs and sales
    # want for themselves.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        related_name="coupons",
        verbose_name=_("member"),
    )
    template = models.ForeignKey(
        CouponTemplate,
        models.PROTECT,
        db_constraint=False,
        related_name="coupons",
        verbose_name=_("coupon template"),
    )
    public_code = models.ForeignKey(
        CouponCode,
        models.PROTECT,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="coupons",
        verbose_name=_("coupon code"),
    )
    grant = models.ForeignKey(
        CouponGrant,
        models.PROTECT,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="coupons",
        verbose_name=_("coupon hand-out"),
    )
    order = models.OneToOneField(
        Order, models.PROTECT, null=True, blank=True, related_name="coupon", verbose_name=_("order")
    )
    code = models.CharField(
        _("number"), max_length=CODE_LENGTH, unique=True, default=new_coupon_code
    )
    key = models.CharField(
        _("key"),
        max_length=80,
        help_text=_("Names the fact it was given for, so that it is given once."),
    )
    source = models.CharField(_("came by"), max_length=10, choices=Source)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.GRANTED)
    price_points = models.PositiveIntegerField(_("points paid"), default=0)
    granted_at = models.DateTimeField(_("given at"))
    expires_at = models.DateTimeField(_("good until"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    objects = CouponQuerySet.as_manager()
    replayed = False  # set on an instance that answers a repeated request (coupons.purchase)

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["granted_at"], name="coupon_by_day"),
            models.Index(fields=["template", "state"], name="coupon_of_template"),
            models.Index(fields=["user", "state", "expires_at"], name="coupon_of_member"),
            models.Index(fields=["state", "expires_at"], name="coupon_due"),
            models.Index(fields=["state"], name="coupon_state"),
            models.Index(fields=["grant", "state"], name="coupon_of_grant"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="coupon_key_once"),
            models.CheckConstraint(
                name="coupon_state_known",
                condition=Q(state__in=["granted", "locked", "used", "expired", "revoked"]),
            ),
            models.CheckConstraint(
                name="coupon_kept_for_an_order",
                condition=Q(order__isnull=False) | ~Q(state__in=["locked", "used"]),
            ),
        ]
        permissions = [("revoke_coupon", _("Can take coupons back"))]

    def __str__(self):
        return self.code

    def get_absolute_url(self):
        return reverse("orders:coupons")

    @property
    def state_now(self) -> str:
        """The state as it is this minute: a day that has passed counts before the sweep comes
        by.
        """
        if self.state == self.State.GRANTED and self.expires_at <= clock.now():
            return self.State.EXPIRED
        return self.state
