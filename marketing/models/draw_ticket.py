"""Tickets of lucky draws: what a member may draw with, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from marketing.models.draw import Draw, DrawPrize


class DrawTicket(models.Model):
    """One member's ticket of one draw; drawn once it has a number.

    ``key`` names what it was given for, ``once`` the request that drew it. ``misses`` and ``gone``
    are what the result depends on besides the seed: how many tickets without a prize the member
    had before it, and which prizes (by position) were gone. Written by marketing/draws/ under the
    member's lock; numbers are given under the draw's.
    """

    class Source(models.TextChoices):
        FREE = "free", _("Free")
        MISSION = "mission", _("Mission")
        GOODS = "goods", _("Bought as goods")
        BOUGHT = "bought", _("Bought with points")

    draw = models.ForeignKey(
        Draw,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="tickets",
        verbose_name=_("lucky draw"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    source = models.CharField(_("came by"), max_length=7, choices=Source.choices)
    key = models.CharField(_("fact"), max_length=100)
    granted_at = models.DateTimeField(_("given at"), default=clock.now)
    revoked_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    once = models.CharField(  # noqa: DJ001 - unique, and most have none
        _("one-time key"), max_length=64, null=True, blank=True
    )
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    drawn_at = models.DateTimeField(_("drawn at"), null=True, blank=True)
    on = models.DateField(_("shop day"), null=True, blank=True)
    price_points = models.PositiveIntegerField(_("points paid"), default=0)
    misses = models.PositiveSmallIntegerField(_("tickets without a prize before it"), default=0)
    gone = models.JSONField(_("prizes that were gone"), default=list)
    prize = models.ForeignKey(
        DrawPrize,
        models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="tickets",
        verbose_name=_("prize"),
    )
    order = models.ForeignKey(
        "orders.Order",
        models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("order"),
    )

    replayed = False  # set on an instance that answers a repeated request

    class Meta:
        verbose_name = _("draw ticket")
        verbose_name_plural = _("draw tickets")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user", "draw", "number"], name="draw_ticket_of_member"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="draw_ticket_once"),
            models.UniqueConstraint(fields=["user", "once"], name="draw_ticket_drawn_once"),
            models.UniqueConstraint(fields=["draw", "number"], name="draw_number_once"),
            models.CheckConstraint(
                name="draw_ticket_whole",
                condition=Q(
                    number__isnull=True, drawn_at__isnull=True, on__isnull=True, prize__isnull=True
                )
                | Q(
                    number__isnull=False,
                    drawn_at__isnull=False,
                    on__isnull=False,
                    prize__isnull=False,
                    revoked_at__isnull=True,
                ),
            ),
        ]

    def __str__(self):
        return f"{self.draw_id}: {self.number or '–'}"

    @property
    def reference(self) -> str:
        """The name under which ledger, coupons and orders know it; only once it is drawn."""
        return f"{self.draw.reference}:{self.number}"

    @property
    def waits_for_address(self) -> bool:
        """Whether the member has won goods and has not said where to."""
        return self.prize_id is not None and self.prize.is_goods and self.order_id is None


class DrawGoods(models.Model):
    """Which draw a piece of a product of the kind ``ticket`` gives a ticket of."""

    product = models.OneToOneField(
        "catalog.Product",
        models.CASCADE,
        primary_key=True,
        db_constraint=False,
        related_name="draw_goods",
        verbose_name=_("product"),
    )
    draw = models.ForeignKey(
        Draw, models.PROTECT, related_name="goods", verbose_name=_("lucky draw")
    )

    class Meta:
        verbose_name = _("draw whose tickets goods are")
        verbose_name_plural = _("draws whose tickets goods are")

    def __str__(self):
        return f"{self.product_id} → {self.draw}"
