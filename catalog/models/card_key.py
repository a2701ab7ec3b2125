"""Card keys: secrets sold one by one. Written by catalog/codes.py only."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models.sku import Sku
from mall.core import clock
from mall.core.append_only import AppendOnly
from mall.core.encryption import EncryptedTextField


class CardKey(models.Model):
    """One secret of a SKU, encrypted; a keyed fingerprint tells whether it is known already.

    An issued key names the order line by number, because the shelves know no orders. Free keys have
    neither line nor position: several NULLs are no duplicates to any of our databases, so (line, n)
    is unique plainly.
    """

    class State(models.TextChoices):
        FREE = "free", pgettext_lazy("card key", "Free")
        ISSUED = "issued", _("Issued")
        VOID = "void", _("Void")

    sku = models.ForeignKey(
        Sku,
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="keys",
        verbose_name=_("SKU"),
    )
    secret = EncryptedTextField(_("key"))
    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=6, choices=State.choices, default=State.FREE)
    batch = models.CharField(_("import"), max_length=64, db_index=True)
    reference = models.CharField(_("reference"), max_length=80, blank=True, default="")
    line = models.BigIntegerField(_("order line"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("piece"), null=True, blank=True)
    imported_at = models.DateTimeField(_("imported"), default=clock.now)
    issued_at = models.DateTimeField(_("issued"), null=True, blank=True)
    revealed_at = models.DateTimeField(_("revealed"), null=True, blank=True)

    class Meta:
        verbose_name = _("card key")
        verbose_name_plural = _("card keys")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["line", "position"], name="card_key_piece_once"),
            models.CheckConstraint(
                condition=Q(state__in=["free", "issued", "void"]), name="card_key_state_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    state="free", line__isnull=True, position__isnull=True, revealed_at__isnull=True
                )
                | Q(state="issued", line__isnull=False, position__isnull=False)
                | Q(state="void"),
                name="card_key_issued_to_a_piece",
            ),
        ]
        indexes = [
            models.Index(fields=["sku", "state", "id"], name="card_key_free"),
            models.Index(fields=["reference"], name="card_key_reference"),
        ]
        permissions = [("import_cardkey", _("Can import card keys"))]

    def __str__(self):
        return f"#{self.pk}"


class CardKeyEvent(AppendOnly):
    """What happened to a key, and who did it: revealing a secret leaves a line."""

    class Kind(models.TextChoices):
        ISSUED = "issued", _("Issued")
        REVEALED = "revealed", _("Revealed")
        RETURNED = "returned", _("Returned unseen")
        VOIDED = "voided", _("Made void")

    key = models.ForeignKey(
        CardKey, on_delete=models.PROTECT, related_name="events", verbose_name=_("card key")
    )
    kind = models.CharField(_("what happened"), max_length=8, choices=Kind.choices)
    actor = models.CharField(_("by"), max_length=80)
    reference = models.CharField(_("reference"), max_length=80, blank=True, default="")
    at = models.DateTimeField(_("at"), default=clock.now)

    class Meta:
        verbose_name = _("card key event")
        verbose_name_plural = _("card key events")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.key_id} {self.kind}"
