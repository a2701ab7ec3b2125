"""Segments members are found by, and tags operators give them."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.kept import KeptRow
from mall.core.temporal import Temporal

TAG_LENGTH = 40


class MemberTag(models.Model):
    """A word operators gave a member. Written by marketing/campaigns/tags.py only."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        related_name="tags",
        verbose_name=_("member"),
    )
    tag = models.CharField(_("tag"), max_length=TAG_LENGTH)
    actor = models.CharField(_("by"), max_length=60)
    given_at = models.DateTimeField(_("given at"), default=clock.now)

    class Meta:
        verbose_name = _("member's tag")
        verbose_name_plural = _("members' tags")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "tag"], name="one_tag_a_member")]
        indexes = [models.Index(fields=["tag", "user"], name="tag_of_members")]

    def __str__(self):
        return self.tag


class Segment(KeptRow, Temporal):
    """Members found by conditions, saved under a code. What is asked late is answered by the
    conditions of then (``as_of``).
    """

    REMEMBERED = ("conditions",)

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    # {field: value} as marketing/campaigns/conditions.py reads them; all must hold
    conditions = models.JSONField(_("conditions"), default=dict)
    created_by = models.CharField(_("by"), max_length=60, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["code"]

    def __str__(self):
        return self.name or self.code

    def get_absolute_url(self):
        """Return where an operator reads it."""
        return reverse("admin:marketing_segment_change", args=[self.pk])
