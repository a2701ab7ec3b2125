"""Badges: what a member achieved, once for good."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketing.badges.words import BADGES


class MemberBadge(models.Model):
    """A badge a member earned; written by marketing/badges/ alone, once a member and badge."""

    class Code(models.TextChoices):
        FIRST_ORDER = "first_order", BADGES["first_order"].title
        TEN_ORDERS = "ten_orders", BADGES["ten_orders"].title
        TEN_REVIEWS = "ten_reviews", BADGES["ten_reviews"].title
        STREAK_30 = "streak_30", BADGES["streak_30"].title
        STREAK_100 = "streak_100", BADGES["streak_100"].title
        YEAR = "year", BADGES["year"].title
        TOP_THREE = "top_three", BADGES["top_three"].title
        TOP_TIER = "top_tier", BADGES["top_tier"].title

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="badges",
        verbose_name=_("member"),
    )
    code = models.CharField(_("Badge"), max_length=16, choices=Code)
    earned_on = models.DateField(_("Earned on"))

    class Meta:
        verbose_name = _("Badge of a member")
        verbose_name_plural = _("Badges of members")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "code"], name="one_badge_of_a_kind")]

    def __str__(self):
        return str(self.get_code_display())
