"""What a search reads of a product: its words, as catalog/spelling.py writes them, in a row so
narrow that reading all of them costs less than reading a hundredth of the products.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.spelling import folded, measured, pressed, sounds
from mall.core import rows

SAID_IN = ("name_zh_hans", "name_en", "summary_zh_hans", "summary_en", "tags")
DRAWN_FROM = {*SAID_IN, "name", "summary", "status", "choices", "sale_starts_at", "sale_ends_at"}
DRAWN_FROM |= {"updated_at", "tier_to_see"}
ROW = ["text", "is_offered", "sale_starts_at", "sale_ends_at", "drawn_from"]
ROW += ["pressed", "sounds", "pressed_from", "tier_to_see"]
DRAWN_AT_ONCE = 500


class ProductWords(models.Model):
    """A product's words and whether it is offered; drawn from its row by ``draw_words`` alone."""

    product = models.OneToOneField(
        "catalog.Product",
        models.CASCADE,
        primary_key=True,
        related_name="words",
        verbose_name=_("product"),
    )
    text = models.BinaryField()  # UTF-8: bytes are sought as they are, a collation costs tenfold
    is_offered = models.BooleanField(default=False)
    sale_starts_at = models.DateTimeField(null=True)
    sale_ends_at = models.DateTimeField(null=True)
    drawn_from = models.DateTimeField()  # the product's updated_at
    # What is sought; the release before this one draws only what stands above.
    pressed = models.BinaryField(null=True)
    sounds = models.BinaryField(null=True)
    pressed_from = models.DateTimeField(null=True)
    tier_to_see = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("words of a product")
        verbose_name_plural = _("words of products")

    def __str__(self):
        return str(self.product_id)


def text_of(product) -> bytes:
    """Return all that is said of a product, folded; a line break keeps the places apart."""
    return folded("\n".join(getattr(product, place) or "" for place in SAID_IN)).encode()


def pressed_of(product) -> bytes:
    """Return what is sought in a product: its names on the first two lines, the other places and
    each tag, and again those that name a measure, in the one way of writing it.
    """
    *places, tags = (folded(getattr(product, place) or "") for place in SAID_IN)
    lines = [*places, *tags.split(",")]
    lines += [measured(line) for line in lines if measured(line) != line]
    return "\n".join(map(pressed, lines)).encode()


def drawn(product) -> dict:
    """Return the columns of a product's row."""
    return {
        "text": text_of(product),
        "pressed": pressed_of(product),
        "sounds": sounds(product.name_zh_hans or "").encode(),
        "is_offered": product.status == "on" and product.choices > 0,
        "sale_starts_at": product.sale_starts_at,
        "sale_ends_at": product.sale_ends_at,
        "drawn_from": product.updated_at,
        "pressed_from": product.updated_at,
        "tier_to_see": product.tier_to_see,
    }


def draw_words(products) -> None:
    """Draw the words of the products of a queryset, inside the change of these; repeating changes
    nothing.
    """
    wanted = ("pk", *SAID_IN, "status", "choices", "sale_starts_at", "sale_ends_at")
    wanted += ("updated_at", "tier_to_see")
    words = [
        ProductWords(product_id=product.pk, **drawn(product))
        for product in products.order_by("pk").only(*wanted)
    ]
    for start in range(0, len(words), DRAWN_AT_ONCE):
        rows.write_over(words[start : start + DRAWN_AT_ONCE], *ROW)


def undrawn() -> Q:
    """Whose words are missing or older than the product: what a release wrote that knows none."""
    known = Q(words__drawn_from=F("updated_at"), words__pressed_from=F("updated_at"))
    return Q(words__isnull=True) | Q(words__pressed_from__isnull=True) | ~known
