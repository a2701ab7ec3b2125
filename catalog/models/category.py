"""The shelves: a tree of categories."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.Model):
    """A shelf of the shop; shelves may stand inside shelves."""

    slug = models.SlugField(_("short name in links"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=60)
    icon = models.CharField(
        _("icon"),
        max_length=40,
        blank=True,
        default="gift",
        validators=[RegexValidator(r"^[a-z0-9-]+$")],
        help_text=_("Name of a Bootstrap icon."),
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("inside"),
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]

    def __str__(self):
        return self.name or self.slug

    def clean(self):
        """Refuse a tree that bites its own tail."""
        above, seen = self.parent, set()
        while above is not None and above.pk not in seen:
            if above.pk == self.pk:
                raise ValidationError({"parent": _("A category cannot stand inside itself.")})
            seen.add(above.pk)
            above = above.parent
