"""Notices in a member's inbox, what leaves the shop by mail, and what a member wants to hear of."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from marketing.notices.wording import Wording, worded


class NotificationQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """A notice in a member's inbox, kept as kind and numbers and worded in the reader's
    language.
    """

    class Kind(models.TextChoices):
        ORDER_PAID = "order_paid", _("Order paid")
        ORDER_SHIPPED = "order_shipped", _("Order shipped")
        ORDER_COMPLETED = "order_completed", _("Order completed")
        ORDER_CANCELLED = "order_cancelled", _("Order cancelled")
        ORDER_NOTE = "order_note", _("Note about an order")
        REFUND_REQUESTED = "refund_requested", _("Refund asked for")
        REFUND_APPROVED = "refund_approved", _("Refund approved")
        REFUND_REJECTED = "refund_rejected", _("Refund rejected")
        ORDER_REFUNDED = "order_refunded", _("Order refunded")
        POINTS_EARNED = "points_earned", _("Points earned")
        POINTS_SPENT = "points_spent", _("Points spent")
        POINTS_EXPIRING = "points_expiring", _("Points expire soon")
        POINTS_ADJUSTED = "points_adjusted", _("Points corrected by the shop")
        STREAK_AT_RISK = "streak_at_risk", _("Streak at risk")
        MISSION_COMPLETED = "mission_completed", _("Mission completed")
        PROFILE_COMPLETED = "profile_completed", _("Profile completed")
        BIRTHDAY = "birthday", _("Happy birthday")
        TIER_RISEN = "tier_risen", _("New tier")
        BADGE_EARNED = "badge_earned", _("New badge")
        REVIEW_PUBLISHED = "review_published", _("Review published")
        REVIEW_REJECTED = "review_rejected", _("Review not published")
        COUPON_GRANTED = "coupon_granted", _("New coupon")
        COUPON_EXPIRING = "coupon_expiring", _("Coupon expires soon")
        FLASH_STARTING = "flash_starting", _("Flash redemption starts")
        LOT_LOST = "lot_lost", _("No luck with a lot")
        PRIZE_WAITING = "prize_waiting", _("Prize waits for an address")
        BACK_IN_STOCK = "back_in_stock", _("Back in stock")
        EARNING_PAUSED = "earning_paused", _("Earning paused for a review")
        EARNING_RESUMED = "earning_resumed", _("Earning goes on")
        REFERRAL_JOINED = "referral_joined", _("Somebody came by your invitation")
        REFERRAL_HELD = "referral_held", _("Invitation held for a review")
        REFERRAL_NOT_COUNTED = "referral_not_counted", _("Invitation not counted")
        NEW_SIGN_IN = "new_sign_in", _("Sign-in on a new device")
        CAMPAIGN = "campaign", _("Offer for you")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        related_name="notifications",
        verbose_name=_("member"),
    )
    kind = models.CharField(_("kind"), max_length=32, choices=Kind.choices)
    params = models.JSONField(_("numbers"), default=dict)
    url = models.CharField(_("leads to"), max_length=200, blank=True)
    key = models.CharField(_("key"), max_length=100)
    # A member may want a kind by mail only: the row is still the fact the mail is made from.
    in_inbox = models.BooleanField(_("in the inbox"), default=True)
    created_at = models.DateTimeField(_("time"), default=clock.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_notification_a_fact")
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_inbox"),
            models.Index(fields=["user", "read_at"], name="notification_unread"),
        ]

    def __str__(self):
        return str(self.get_kind_display())

    @property
    def wording(self) -> Wording:
        return worded(self.kind, self.params)


class DeliveryQuerySet(models.QuerySet):
    def due(self, as_of):
        return self.filter(state=Delivery.State.WAITING, next_try_at__lte=as_of)

    def abandoned(self, as_of):
        """Those whose sender died: its lease is over and nobody said how it went."""
        return self.filter(state=Delivery.State.SENDING, claimed_until__lte=as_of)


class Delivery(models.Model):
    """One notice on its way out of the shop by one channel; the row is the queue.

    It knows no address: the mail goes to what the member's e-mail is when it is sent.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not wanted any more")
        DEAD = "dead", _("Given up")

    notification = models.ForeignKey(
        Notification, models.CASCADE, related_name="deliveries", verbose_name=_("notification")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        related_name="deliveries",
        verbose_name=_("member"),
    )
    channel = models.CharField(
        _("channel"), max_length=16, choices=Channel.choices, default=Channel.EMAIL
    )
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.WAITING
    )
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=clock.now)
    claimed_by = models.CharField(_("claimed by"), max_length=32, blank=True)
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    handed_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    # the shop day it was counted on as a message about offers (marketing/channels/reach.py)
    counted_on = models.DateField(null=True, editable=False)
    error = models.CharField(_("error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("time"), default=clock.now)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["notification", "channel"], name="one_delivery_a_channel"
            )
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"], name="delivery_due"),
            models.Index(fields=["state"], name="delivery_state"),
            models.Index(fields=["user", "sent_at"], name="delivery_of_member"),
        ]

    def __str__(self):
        return f"{self.get_channel_display()} #{self.pk} · {self.get_state_display()}"


class Preference(models.Model):
    """What a member chose for one kind of notice; without a row the shop's own choice holds."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        related_name="preferences",
        verbose_name=_("member"),
    )
    kind = models.CharField(_("kind"), max_length=32, choices=Notification.Kind.choices)
    inbox = models.BooleanField(_("in the inbox"))
    email = models.BooleanField(_("by e-mail"))

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        ordering = ["user_id", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_preference_a_kind")
        ]

    def __str__(self):
        return f"{self.kind}: {self.inbox} {self.email}"
