"""A flash session whose pieces are drawn by lot: what was promised, and who registered."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.encryption import EncryptedTextField
from orders.models.flash import FlashItem, FlashSession
from orders.models.order import Order


class Lottery(models.Model):
    """The promise of a session that is drawn by lot, and how far it is: ``drawn_at`` once the ranks
    stand and the seed is revealed, ``finished_at`` once everybody has goods or points.

    Its row is the lock under which registrations get their numbers and ranks are drawn.
    """

    session = models.OneToOneField(
        FlashSession,
        models.CASCADE,
        primary_key=True,
        related_name="lottery",
        verbose_name=_("session"),
    )
    seed = EncryptedTextField(_("seed"), editable=False)
    table = models.TextField(_("table"), editable=False)
    commitment = models.CharField(_("commitment"), max_length=64, editable=False)
    registered = models.PositiveIntegerField(_("registrations"), default=0, editable=False)
    drawn_at = models.DateTimeField(_("drawn at"), null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("lots of a flash session")
        verbose_name_plural = _("lots of flash sessions")
        indexes = [models.Index(fields=["finished_at"], name="lottery_unfinished")]

    def __str__(self):
        return f"{self.session_id}: {self.registered}"


class Registration(models.Model):
    """One member's lot for one piece of an item; the points are held until lots are drawn.

    Numbers are those of the session. Written by orders/flash/ under the member's lock.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Registered")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        WON = "won", _("Won")
        LOST = "lost", _("No luck this time")
        LAPSED = "lapsed", _("Won, and could not be sent")

    item = models.ForeignKey(
        FlashItem,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="registrations",
        verbose_name=_("flash item"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    session = models.ForeignKey(
        FlashSession,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="registrations",
        verbose_name=_("session"),
    )
    number = models.PositiveIntegerField(_("number"))
    # the number once it is withdrawn: one that lives a member and item, any number that do not
    withdrawn = models.PositiveIntegerField(default=0, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    points = models.PositiveBigIntegerField(_("points held"))
    address = models.PositiveBigIntegerField(_("number of the address"), null=True, blank=True)
    rank = models.PositiveIntegerField(_("rank"), null=True, blank=True)
    registered_at = models.DateTimeField(_("registered at"), default=clock.now)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    order = models.ForeignKey(
        Order,
        models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("order"),
    )

    replayed = False  # set on an instance that answers a repeated request

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="registration_number_once"),
            models.UniqueConstraint(
                fields=["user", "item", "withdrawn"], name="registration_lives_once"
            ),
            models.CheckConstraint(
                name="registration_state_known",
                condition=Q(state__in=["waiting", "withdrawn", "won", "lost", "lapsed"]),
            ),
        ]
        indexes = [
            models.Index(fields=["session", "state", "number"], name="registration_waiting"),
            models.Index(fields=["item", "state"], name="registration_of_item"),
        ]

    def __str__(self):
        return f"{self.session_id}: {self.number}"

    @property
    def reference(self) -> str:
        """The name under which the ledger knows it."""
        return f"lot:{self.session_id}:{self.number}"

    @property
    def hold_key(self) -> str:
        """The key of the entry that holds its points."""
        return f"{self.reference}:hold"
