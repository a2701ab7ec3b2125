"""Members who move in from an earlier shop: the file they come in, and what came with each."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.privacy import EncryptedTextField
from mall.core.blind_index import BlindIndexField
from mall.core.models.file_job import FileJob


class MemberImport(FileJob):
    """A file of members: looked over by the clock, let in by a second person, carried out by the
    clock, and taken back as far as nobody touched what it brought (points/moving_in/).
    """

    class Status(models.TextChoices):
        LOOKING = "looking", _("Being looked over")
        CHECKED = "checked", _("Waiting for a second person")
        QUEUED = "queued", _("Waiting for its turn")
        RUNNING = "running", _("Being carried out")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped by an error")
        UNDONE = "undone", _("Taken back")

    class Existing(models.TextChoices):
        SKIP = "skip", _("Leave them as they are")
        ADD = "add", _("Add the balance to theirs")

    digest = models.CharField(_("Fingerprint of the file"), max_length=64, unique=True)
    note = models.CharField(_("Reason"), max_length=500)
    existing = models.CharField(
        _("Members who are here already"), max_length=4, choices=Existing, default=Existing.SKIP
    )
    expires_on = models.DateField(_("Last day of points without one"), null=True, blank=True)
    members_language = models.CharField(
        _("Their language"),
        max_length=10,
        choices=settings.LANGUAGES,
        default=settings.LANGUAGE_CODE,
    )
    with_bonus = models.BooleanField(_("Sign-up bonus"), default=False)
    mail_days = models.PositiveSmallIntegerField(
        _("Days the link of the welcome mail is good for"), default=0
    )
    links_orders = models.BooleanField(_("Earlier orders count as theirs"), default=False)
    tiers_from_orders = models.BooleanField(_("Tiers from earlier orders"), default=False)
    points = models.BigIntegerField(_("Points"), default=0)
    added = models.PositiveIntegerField(_("Balances added"), default=0)
    status = models.CharField(_("Status"), max_length=7, choices=Status, default=Status.LOOKING)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("Let in by"),
    )
    approved_at = models.DateTimeField(_("Let in"), null=True, blank=True)
    # set: the clock takes the file back instead of bringing it in
    undo_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("Taken back by"),
    )
    undo_note = models.CharField(_("Why it is taken back"), max_length=500, blank=True)
    undone = models.PositiveIntegerField(_("Taken back"), default=0)
    untouchable = models.PositiveIntegerField(_("Left as they are"), default=0)
    linked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(FileJob.Meta):
        verbose_name = _("File of members")
        verbose_name_plural = _("Files of members")
        indexes = [models.Index(fields=["status"], name="points_member_import_status")]


class MovedMemberQuerySet(models.QuerySet):
    """Who moved in."""

    def with_file(self):
        """Read with each row the file it came by, without what was in it and told of it: those may
        be megabytes, and the same for thousands.
        """
        return self.select_related("file").defer("file__content", "file__findings")


class MovedMember(models.Model):
    """What came with one member. ``identity`` names the person at the earlier shop (its member
    number, else the e-mail, else the phone) and outlives the account, so that nobody moves in
    twice; it is NULL once the move was taken back.
    """

    file = models.ForeignKey(
        MemberImport, models.PROTECT, related_name="members", verbose_name=_("File of members")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="moved_in", verbose_name=_("Member")
    )
    identity = BlindIndexField(_("Person at the earlier shop"), unique=True)
    number = EncryptedTextField(_("Earlier member number"), null=True, blank=True)
    number_mark = BlindIndexField(db_index=True)
    phone = EncryptedTextField(_("Phone number"), null=True, blank=True)
    phone_mark = BlindIndexField(db_index=True)
    remark = EncryptedTextField(_("Consent"), null=True, blank=True)
    lots = models.JSONField(_("Points by their last day"), default=list)
    points = models.BigIntegerField(_("Points"), default=0)
    tier_points = models.PositiveBigIntegerField(_("Counted for the tier"), default=0)
    is_new = models.BooleanField(_("Account made by the file"), default=True)
    last_seq = models.PositiveIntegerField(_("Entry no."), null=True, blank=True)
    moved_at = models.DateTimeField(_("Moved in"))
    on = models.DateField(_("Shop day"), db_index=True)
    undone_at = models.DateTimeField(_("Taken back"), null=True, blank=True)
    mail_at = models.DateTimeField(_("Welcome mail due"), null=True, blank=True, db_index=True)
    mailed_at = models.DateTimeField(_("Welcome mail written"), null=True, blank=True)

    objects = MovedMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("Member who moved in")
        verbose_name_plural = _("Members who moved in")
        ordering = ["-pk"]
        default_permissions = ("view",)

    def __str__(self):
        return f"#{self.pk}"
