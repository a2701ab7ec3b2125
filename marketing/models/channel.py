"""The ways a notice reaches a member outside the shop beside mail: what they allow, by which device
or grant, and what is on its way.
"""

import copy

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.encryption import EncryptedTextField
from mall.core.kept import KeptRow, kept
from marketing.models.notification import Notification


class Channel(models.TextChoices):
    SMS = "sms", _("Text message")
    WECHAT = "wechat", _("WeChat")
    PUSH = "push", _("Notice in the browser")


def _member(related_name):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        related_name=related_name,
        verbose_name=_("member"),
    )


class ChannelChoice(models.Model):
    """That a member wants a topic by a channel, or does not; without a row: not."""

    user = _member("channel_choices")
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    topic = models.CharField(_("topic"), max_length=16)
    is_on = models.BooleanField(_("wanted"))

    class Meta:
        verbose_name = _("channel preference")
        verbose_name_plural = _("channel preferences")
        ordering = ["user_id", "channel", "topic"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "channel", "topic"], name="one_choice_a_channel"
            )
        ]

    def __str__(self):
        return f"{self.channel} {self.topic}: {self.is_on}"


class PushDevice(models.Model):
    """A browser that lets us show notices: whoever has its address and keys may, so they are
    encrypted; found by the mark of the address.
    """

    user = _member("push_devices")
    mark = models.CharField(max_length=64, unique=True, editable=False)
    address = EncryptedTextField(_("address"), editable=False)
    public_key = EncryptedTextField(editable=False)
    auth = EncryptedTextField(editable=False)
    name = models.CharField(_("device"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("time"), default=clock.now)

    class Meta:
        verbose_name = _("push device")
        verbose_name_plural = _("push devices")
        ordering = ["-pk"]

    def __str__(self):
        return self.name or f"#{self.pk}"


class WeChatGrant(models.Model):
    """How many times WeChat lets us write to a member by one template: each "allow" is one."""

    user = _member("wechat_grants")
    template = models.CharField(_("template"), max_length=64)
    left = models.PositiveSmallIntegerField(_("left"), default=0)

    class Meta:
        verbose_name = _("WeChat subscription")
        verbose_name_plural = _("WeChat subscriptions")
        ordering = ["user_id", "template"]
        constraints = [
            models.UniqueConstraint(fields=["user", "template"], name="one_grant_a_template")
        ]

    def __str__(self):
        return f"{self.template}: {self.left}"


class ContactPolicy(KeptRow):
    """How often a member is written to about offers, over all channels; one row, defaults when it
    is missing.
    """

    per_day = models.PositiveSmallIntegerField(
        _("messages about offers per member and day"), default=1, validators=[MinValueValidator(1)]
    )
    per_week = models.PositiveSmallIntegerField(
        _("messages about offers per member and seven days"),
        default=3,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Mail, text message, WeChat and browser together. What is too much waits for another "
            "day; orders, money and safety are never counted."
        ),
    )
    # a release before these columns writes none of them
    daily_digest = models.BooleanField(
        _("one digest a day"),
        default=False,
        db_default=False,
        help_text=_(
            "What is not urgent gathers until the hour below and leaves as one message. Members "
            "choose for themselves; this holds for those who chose nothing."
        ),
    )
    digest_hour = models.PositiveSmallIntegerField(
        _("hour of the digest"),
        default=9,
        db_default=9,
        validators=[MinValueValidator(8), MaxValueValidator(21)],
        help_text=_("8 to 21, shop time."),
    )

    class Meta:
        verbose_name = _("contact policy")
        verbose_name_plural = _("contact policy")

    def __str__(self):
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls):
        """Return the policy in force, a copy of one's own."""
        return copy.copy(_policy())


@kept
def _policy() -> ContactPolicy:
    return ContactPolicy.objects.first() or ContactPolicy()


class DigestChoice(models.Model):
    """That a member wants one digest a day, or single messages; without a row the shop's choice
    holds.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        primary_key=True,
        related_name="digest_choice",
        verbose_name=_("member"),
    )
    is_on = models.BooleanField(_("one digest a day"))

    class Meta:
        verbose_name = _("digest preference")
        verbose_name_plural = _("digest preferences")

    def __str__(self):
        return f"#{self.pk}: {self.is_on}"


class Reach(models.Model):
    """On which shop days of the last week a member was written to about offers, over all channels,
    one entry a message. The row is their lock while the next one is decided.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        primary_key=True,
        related_name="+",
        verbose_name=_("member"),
    )
    days = models.JSONField(_("days"), default=list)

    class Meta:
        verbose_name = _("contact count")
        verbose_name_plural = _("contact counts")

    def __str__(self):
        return f"#{self.pk}: {len(self.days)}"


class MessageQuerySet(models.QuerySet):
    """Rows of the queue."""

    def due(self, as_of):
        """What is to leave by now, also what a sender that died had taken before it spoke."""
        return self.filter(state=Message.State.WAITING, next_try_at__lte=as_of)


class Message(models.Model):
    """Notices on their way to a member by one channel but mail: the row carries one notice, and
    leaves together with the others of its member that are due.

    A table of its own, for a release that knows mails only would send these as mails.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not wanted any more")
        DEAD = "dead", _("Given up")

    notification = models.ForeignKey(
        Notification, models.CASCADE, related_name="messages", verbose_name=_("notification")
    )
    user = _member("messages")
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=clock.now)
    claimed_by = models.CharField(max_length=32, blank=True, default="")
    claimed_until = models.DateTimeField(null=True)
    # the shop day it was counted on as a message about offers
    counted_on = models.DateField(null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("time"), default=clock.now)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["notification", "channel"], name="one_message_a_channel"
            )
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"], name="message_due"),
            models.Index(fields=["user", "sent_at"], name="message_of_member"),
        ]

    def __str__(self):
        return f"{self.get_channel_display()} #{self.pk}"
