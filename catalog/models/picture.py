"""The pictures of a product: what may be uploaded, and those beside the first one."""

from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.db import models
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from mall.core.renditions import StoredPictureField

PICTURE_TYPES = ["jpg", "jpeg", "png", "webp"]
PICTURE_MAX_BYTES = 1024 * 1024


def validate_picture_size(file):
    """Refuse a picture that would make a list page slow on a phone."""
    if file.size > PICTURE_MAX_BYTES:
        raise ValidationError(_("A picture may have at most 1 MB."), code="too_big")


PICTURE_VALIDATORS = [FileExtensionValidator(PICTURE_TYPES), validate_picture_size]


def picture_url(image: str, illustration: str) -> str:
    """Return the address of an uploaded picture, else of a static illustration, else nothing."""
    if image:
        return ProductImage._meta.get_field("image").storage.url(image)
    return static(illustration) if illustration else ""


class ProductImage(models.Model):
    """One more picture in a product's gallery."""

    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, related_name="images",
        verbose_name=_("product"),
    )  # fmt: skip
    image = StoredPictureField(
        _("picture"), upload_to="products/%Y/%m/", blank=True, validators=PICTURE_VALIDATORS
    )
    illustration = models.CharField(_("illustration"), max_length=200, blank=True)
    alt = models.CharField(_("what it shows"), max_length=120, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["position", "id"]

    def __str__(self):
        return self.alt or self.image.name or self.illustration

    @property
    def image_url(self) -> str:
        """Where the picture is served, or nothing."""
        return picture_url(self.image.name, self.illustration)
