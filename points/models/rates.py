"""What a point is worth in yuan, from a moment on."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mall.core.kept import KeptRow


class ExchangeRate(KeptRow):
    """How many points are worth one yuan, from a moment on."""

    points_per_yuan = models.PositiveIntegerField(
        _("Points for one yuan"), validators=[MinValueValidator(1)]
    )
    effective_from = models.DateTimeField(_("Effective from"), unique=True)
    note = models.CharField(_("Note"), max_length=200, default="", blank=True)
    created_by = models.CharField(_("By"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("Exchange rate")
        verbose_name_plural = _("Exchange rates")
        ordering = ["-effective_from"]
        constraints = [
            models.CheckConstraint(name="points_rate_positive", condition=Q(points_per_yuan__gte=1))
        ]

    def __str__(self):
        return _("%(points)s points = ¥1") % {"points": self.points_per_yuan}

    def get_absolute_url(self):
        """Return where an operator reads it."""
        return reverse("admin:points_exchangerate_change", args=[self.pk])
