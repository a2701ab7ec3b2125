"""Who: the member, their delivery addresses, and the mark that a person had the sign-up bonus."""

import secrets

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.identities import PhoneNumber, WeChatPerson  # noqa: F401 - tables of this app
from accounts.privacy import EncryptedTextField, email_fingerprint, is_mailbox
from mall.core import clock, pasted, phones, rows
from mall.core.blind_index import MarkField
from mall.core.regions import reading
from mall.core.versions import version_of

ADDRESSES_PER_MEMBER = 20
# Characters. Encrypted columns know no length, so the doors ask these.
NICKNAME_LENGTH = 30
RECIPIENT_LENGTH = 40
REGION_LENGTH = 60
DETAIL_LENGTH = 200
# No "@": a username that looks like somebody's e-mail would compete with it at sign-in.
USERNAME = RegexValidator(
    r"^[\w.+-]+\Z", _("Use letters, numbers and . + - _ only."), code="invalid_username"
)


def avatar_path(user, filename):
    """Return an unguessable name: a picture's address tells nothing about its owner."""
    return f"avatars/{secrets.token_urlsafe(16)}.webp"


class EmailFingerprintField(models.CharField):
    """Follows the row's e-mail on every full save (as ``auto_now`` follows the clock)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "max_length": 64, "editable": False})

    def pre_save(self, model_instance, add):
        fingerprint = email_fingerprint(model_instance.email)
        setattr(model_instance, self.attname, fingerprint)
        return fingerprint


class _SmallLetters:
    """Kept folded, in small letters, and looked up so: one name, whatever was typed and however the
    database compares.
    """

    fold = staticmethod(pasted.name)

    def to_python(self, value):
        value = super().to_python(value)
        return self.fold(value) if isinstance(value, str) else value

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return self.fold(value) if isinstance(value, str) else value

    def pre_save(self, model_instance, add):
        kept = self.fold(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, kept)
        return kept

    def deconstruct(self):
        """The column is an ordinary one."""
        name, _path, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{type(self).__bases__[1].__name__}", args, kwargs


class SmallCharField(_SmallLetters, models.CharField):
    pass


class SmallEmailField(_SmallLetters, models.EmailField):
    fold = staticmethod(pasted.email)


class User(AbstractUser):
    """A member of the mall; staff are members with roles."""

    first_name = None
    last_name = None
    username = SmallCharField(
        _("username"),
        max_length=40,
        unique=True,
        validators=[USERNAME],
        error_messages={"unique": _("This username is taken.")},
    )
    email = SmallEmailField(_("e-mail"), unique=True)
    email_canonical = EmailFingerprintField(_("e-mail fingerprint"), db_index=True)
    nickname = models.CharField(_("nickname"), max_length=NICKNAME_LENGTH, blank=True)
    avatar = models.ImageField(_("picture"), upload_to=avatar_path, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    # None: before anybody kept it, so long ago
    birthday_set_on = models.DateField(_("birthday set on"), null=True, blank=True, editable=False)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    closed_at = models.DateTimeField(_("account deleted"), null=True, blank=True, editable=False)
    # From where the member signed up (accounts/traces.py); NULL: not seen, or its time is over.
    joined_device = MarkField(editable=False)
    joined_network = MarkField(editable=False)

    class Meta(AbstractUser.Meta):
        verbose_name = _("member")
        verbose_name_plural = _("members")
        permissions = [("reveal_personal", _("Can reveal personal data"))]
        # counted up by day, listed newest first; of all members few are staff or shut out
        indexes = [
            models.Index(fields=["date_joined"], name="member_joined"),
            models.Index(fields=["is_staff"], name="member_by_staff"),
            models.Index(fields=["is_active"], name="member_by_activity"),
            models.Index(fields=["nickname"], name="member_by_nickname"),
        ]

    def __str__(self):
        return self.username

    @classmethod
    def known_by(cls, pk: int) -> "User":
        """Return a member of whom only the id is known yet; the first look at anything else reads
        the row.
        """
        return rows.known(cls, {"id": pk})

    def refresh_from_db(self, using=None, fields=None, from_queryset=None):
        """See Django. What was not read yet is read at once, not column by column."""
        unread = self.get_deferred_fields()
        if fields is not None and not unread.isdisjoint(fields):
            fields = unread.union(fields)
        super().refresh_from_db(using, fields, from_queryset)

    @property
    def display_name(self) -> str:
        if self.closed_at is not None:
            return gettext("Former member")
        return self.nickname or self.username

    @property
    def mailbox(self) -> str:
        """The e-mail, "" of a member who told none."""
        return self.email if is_mailbox(self.email) else ""

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class Address(models.Model):
    """Where goods go. At most ADDRESSES_PER_MEMBER each, one of them the default."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="addresses", verbose_name=_("member")
    )
    recipient = EncryptedTextField(_("recipient"))
    # decides how a phone number is read; the release before this one inserts without it
    territory = models.CharField(
        _("country or region"),
        max_length=2,
        choices=phones.Territory.choices,
        default=phones.Territory.MAINLAND,
        db_default=phones.Territory.MAINLAND,
    )
    phone = EncryptedTextField(_("phone number"))
    region = models.CharField(_("region"), max_length=REGION_LENGTH)
    detail = EncryptedTextField(_("street and number"))
    is_default = models.BooleanField(_("default address"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-is_default", "-pk"]

    def __str__(self):
        return f"#{self.pk}"

    @property
    def whole_region(self) -> str:
        """The region, with the territory in front where it is not the mainland and not said."""
        name = str(self.get_territory_display())
        if self.territory == phones.Territory.MAINLAND or name in self.region:
            return self.region
        return f"{name} {self.region}"

    @property
    def region_code(self) -> str:
        """The code of the region, where its words name one and nothing else; else empty. It is read
        off the words each time, so that nobody who writes words only leaves an old code behind.
        """
        return reading.code_of(self.region, self.territory)

    @property
    def place(self) -> str:
        """The code of the smallest region that the words tell for certain; else empty."""
        return reading.known_by(self.region, self.territory)

    @property
    def mark(self) -> str:
        """What a page that shows it brings back: another one once it reads differently."""
        return version_of(self.recipient, self.territory, self.phone, self.region, self.detail)[:8]

    def snapshot(self) -> dict:
        """Return plain strings an order keeps, so that a later edit does not move a parcel."""
        return {
            "recipient": self.recipient,
            "phone": self.phone,
            "region": self.whole_region,
            "detail": self.detail,
        }


class BonusClaim(models.Model):
    """One row per person who ever signed up; it knows no name and outlives the account."""

    fingerprint = models.CharField(_("e-mail fingerprint"), max_length=64, unique=True)
    claimed_by = models.BigIntegerField(_("member number"))
    claimed_at = models.DateTimeField(_("claimed"), auto_now_add=True)

    class Meta:
        verbose_name = _("sign-up bonus claim")
        verbose_name_plural = _("sign-up bonus claims")
        indexes = [models.Index(fields=["claimed_by"], name="claim_of_member")]

    def __str__(self):
        return self.fingerprint[:8]


class Consent(models.Model):
    """That a member agreed to a version of the terms and of the privacy policy. Written by
    accounts/consent.py only.
    """

    class Door(models.TextChoices):
        PAGE = "page", _("Page")
        APP = "app", _("App")

    user = models.ForeignKey(
        User, models.CASCADE, related_name="consents", verbose_name=_("member")
    )
    terms = models.PositiveIntegerField(_("version of the terms"))
    privacy = models.PositiveIntegerField(_("version of the privacy policy"))
    door = models.CharField(_("given on"), max_length=4, choices=Door)
    language = models.CharField(_("language"), max_length=10)
    at = models.DateTimeField(_("time"), default=clock.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.terms}.{self.privacy}"


class AccountMailQuerySet(models.QuerySet):
    def due(self, as_of):
        """Mails to be sent by now, also those whose sender died, the oldest first."""
        is_open = models.Q(state__in=(AccountMail.State.WAITING, AccountMail.State.SENDING))
        return self.filter(is_open, next_try_at__lte=as_of).order_by("next_try_at", "pk")


class AccountMail(models.Model):
    """A mail about an account on its way out. Written by accounts/outbox.py only."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Given up")

    template = models.CharField(_("kind"), max_length=100)
    # Subject, text and reader; nothing of it stays once it was sent.
    letter = EncryptedTextField(_("letter"), null=True, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=clock.now)
    error = models.CharField(_("error"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("time"), default=clock.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = AccountMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("account mail")
        verbose_name_plural = _("account mails")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "next_try_at"], name="account_mail_due")]

    def __str__(self):
        return f"#{self.pk} · {self.template}"
