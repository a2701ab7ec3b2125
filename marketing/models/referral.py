"""Who invited whom, and what became of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.versions import version_of
from orders.numbers import NUMBER_LENGTH


class Referral(models.Model):
    """A member who came by another one's invitation; bound once, when they signed up. Written by
    marketing/referral/ only.

    What is on the way (ordered, waiting) stands in the invitee's orders; here stands the end.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("On the way")
        HELD = "held", _("Held for a review")
        PAID = "paid", _("Paid")
        VOID = "void", _("Not counted")

    class Reason(models.TextChoices):
        KNOWN = "known", _("Was a member before")
        MONTH = "month", _("All of this month are paid already")
        CLOSED = "closed", _("The account was deleted")
        NO_RULE = "no_rule", _("Invitations were not rewarded then")
        REFUSED = "refused", _("Refused after a review")
        RING = "ring", _("Looks like one person or one household")
        BUDGET = "budget", _("The budget for invitations is spent")

    inviter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="invitations",
        verbose_name=_("invited by"),
    )
    invitee = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        related_name="referral",
        verbose_name=_("member"),
    )
    status = models.CharField(_("status"), max_length=5, choices=Status, default=Status.OPEN)
    reason = models.CharField(_("why"), max_length=8, choices=Reason, blank=True, default="")
    signs = models.JSONField(
        _("what was seen"), default=list, help_text=_("Codes and counts of what is the same.")
    )
    is_cleared = models.BooleanField(_("released by a person"), default=False)
    joined_at = models.DateTimeField(_("joined"))
    due_at = models.DateTimeField(_("can be paid from"), null=True, blank=True)
    order_no = models.CharField(_("order"), max_length=NUMBER_LENGTH, blank=True, default="")
    inviter_points = models.PositiveIntegerField(_("points of the inviter"), default=0)
    invitee_points = models.PositiveIntegerField(_("points of the new member"), default=0)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision_note = models.CharField(_("reason of the decision"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("time"), default=clock.now)

    class Meta:
        verbose_name = _("invited member")
        verbose_name_plural = _("invited members")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("decide_referral", _("Can decide about invitations"))]
        constraints = [
            models.CheckConstraint(name="referral_of_another", condition=~Q(inviter=F("invitee")))
        ]
        indexes = [
            models.Index(fields=["inviter", "-id"], name="referral_of_inviter"),
            models.Index(fields=["status", "due_at"], name="referral_due"),
        ]

    def __str__(self):
        return f"#{self.inviter_id} → #{self.invitee_id}"

    @property
    def version(self) -> str:
        """The mark of what an operator reads before deciding."""
        return version_of(self.status, self.reason)
