"""Freight templates: what carrying goods costs, by pieces or by weight, and where it differs."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog import places
from mall.core.kept import KeptRow
from mall.core.money import ZERO

MOST_UNITS = 1_000_000  # pieces, or grams: a ton
MOST_FREIGHT = Decimal("999999.99")  # yuan of one order, as the columns of fees hold it


def _units(name, **more):
    bounds = [MinValueValidator(1), MaxValueValidator(MOST_UNITS)]
    return models.PositiveIntegerField(name, default=1, validators=bounds, **more)


def _fee(name, **more):
    bounds = [MinValueValidator(Decimal(0))]
    return models.DecimalField(
        name, max_digits=8, decimal_places=2, default=ZERO, validators=bounds, **more
    )


class FreightTerms(KeptRow):
    """What carrying costs in one place: a fee for the first units, and one for each further
    so-and-so many, begun or whole. Units are pieces or grams. Free from an amount of goods on.
    """

    first_units = _units(_("first"), help_text=_("Pieces or grams that the first fee is for."))
    first_fee = _fee(_("first fee in yuan"))
    more_units = _units(_("each further"), help_text=_("Pieces or grams, begun or whole."))
    more_fee = _fee(_("fee for these in yuan"))
    free_from_cash = models.DecimalField(
        _("free from yuan"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("Of the goods that go by this template, before coupons and points."),
    )
    free_from_pieces = models.PositiveIntegerField(
        _("free from pieces"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_UNITS)],
    )

    class Meta:
        abstract = True


class FreightTemplate(FreightTerms):
    """How freight is reckoned for the goods that name it; its own terms are those of everywhere
    that no region of it names.
    """

    class ChargedBy(models.TextChoices):
        PIECE = "piece", _("pieces")
        WEIGHT = "weight", _("weight in grams")

    name = models.CharField(_("name"), max_length=60, unique=True)
    charged_by = models.CharField(
        _("charged by"), max_length=6, choices=ChargedBy.choices, default=ChargedBy.PIECE
    )
    is_default = models.BooleanField(
        _("default"),
        default=False,
        help_text=_(
            "For goods that name no template. Without a default these cost the flat freight of "
            "the checkout policy, once an order."
        ),
    )
    delivers = models.BooleanField(_("delivered everywhere else"), default=True)

    class Meta:
        verbose_name = _("freight template")
        verbose_name_plural = _("freight templates")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="freight_units_positive", condition=Q(first_units__gte=1, more_units__gte=1)
            ),
            models.CheckConstraint(
                name="freight_fees_not_negative", condition=Q(first_fee__gte=0, more_fee__gte=0)
            ),
            models.CheckConstraint(
                name="freight_charged_known", condition=Q(charged_by__in=["piece", "weight"])
            ),
        ]

    def __str__(self):
        return self.name


class FreightRegion(FreightTerms):
    """Provinces and cities where a template's goods cost other freight, or are not delivered."""

    template = models.ForeignKey(
        FreightTemplate, models.CASCADE, related_name="regions", verbose_name=_("freight template")
    )
    places = models.JSONField(_("provinces and cities"), default=list)
    delivers = models.BooleanField(_("delivered"), default=True)

    class Meta:
        verbose_name = _("region of a freight template")
        verbose_name_plural = _("regions with other freight")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="freight_region_units_positive",
                condition=Q(first_units__gte=1, more_units__gte=1),
            ),
            models.CheckConstraint(
                name="freight_region_fees_not_negative",
                condition=Q(first_fee__gte=0, more_fee__gte=0),
            ),
        ]

    def __str__(self):
        return f"{self.template}: {places.written(self.places)}"


class Carried(models.Model):
    """Goods that name a freight template."""

    freight_template = models.ForeignKey(
        FreightTemplate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("freight template"),
        help_text=_("Empty: the default one."),
    )

    class Meta:
        abstract = True
