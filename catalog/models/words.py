"""What a search reads of a product: its words, folded to how people type them, in a row so narrow
that reading all of them costs less than reading a hundredth of the products.
"""

import unicodedata

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from mall.core import upserts

SAID_IN = ("name_zh_hans", "name_en", "summary_zh_hans", "summary_en", "tags")
DRAWN_FROM = {*SAID_IN, "name", "summary", "status", "choices", "sale_starts_at", "sale_ends_at"}
DRAWN_FROM |= {"updated_at"}
ROW = ["text", "is_offered", "sale_starts_at", "sale_ends_at", "drawn_from"]
DRAWN_AT_ONCE = 500
# Letters that read as another one though Unicode does not take them apart: as MySQL's and MariaDB's
# utf8mb4_unicode_520_ci compares words (mall/database/text_columns.py).
KANA = str.maketrans(
    "ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ"
)  # the small as the large
READ_AS = {
    **str.maketrans(
        "\u00f8\u0111\u00f0\u0127\u0142\u0491\u05da\u05dd\u05df\u05e3\u05e5",
        "oddhl\u0433\u05db\u05de\u05e0\u05e4\u05e6",
    ),
    **KANA,
    **{katakana: chr(katakana - 0x60).translate(KANA) for katakana in range(0x30A1, 0x30F7)},
}


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

    class Meta:
        verbose_name = _("words of a product")
        verbose_name_plural = _("words of products")

    def __str__(self):
        return str(self.product_id)


def folded(text: str) -> str:
    """Return words as they compare: without case, accents, width, and which kana or digits they are
    written in.
    """
    taken_apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = (one for one in taken_apart if unicodedata.category(one) not in ("Mn", "Me"))
    plain = "".join(str(unicodedata.decimal(one, one)) for one in letters)
    return plain.translate(READ_AS)


def text_of(product) -> bytes:
    """Return all a search looks through of a product; a line break keeps the places apart."""
    return folded("\n".join(getattr(product, place) or "" for place in SAID_IN)).encode()


def draw_words(products) -> None:
    """Draw the words of the products of a queryset, inside the change of these; repeating changes
    nothing.
    """
    wanted = ("pk", *SAID_IN, "status", "choices", "sale_starts_at", "sale_ends_at", "updated_at")
    rows = [
        ProductWords(
            product_id=product.pk,
            text=text_of(product),
            is_offered=product.status == "on" and product.choices > 0,
            sale_starts_at=product.sale_starts_at,
            sale_ends_at=product.sale_ends_at,
            drawn_from=product.updated_at,
        )
        for product in products.order_by("pk").only(*wanted)
    ]
    for start in range(0, len(rows), DRAWN_AT_ONCE):
        upserts.write_over(rows[start : start + DRAWN_AT_ONCE], ROW)


def undrawn() -> Q:
    """Whose words are missing or older than the product: what a release wrote that knows none."""
    return Q(words__isnull=True) | ~Q(words__drawn_from=F("updated_at"))
