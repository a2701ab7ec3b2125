"""A member's picture: looked at, cut to a square, and written anew.

Only our own encoding is stored, so neither a disguised file nor the place a photo was taken
(its EXIF block) reaches the disk.
"""

from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_MEGABYTES = 2
MAX_PIXELS = 25_000_000
SIDE_PIXELS = 256
FORMATS = ("JPEG", "PNG", "WEBP")


def square(uploaded) -> ContentFile:
    """Return an uploaded picture as a 256-pixel WebP square.

    Raises: ValidationError (too_big, not_a_picture).
    """
    if uploaded.size > MAX_MEGABYTES * 1024 * 1024:
        raise ValidationError(
            _("Choose a picture of at most %(limit)s MB."),
            code="too_big",
            params={"limit": MAX_MEGABYTES},
        )
    try:
        uploaded.seek(0)
        with Image.open(uploaded, formats=FORMATS) as picture:
            # Looked at before a pixel is unpacked: a small file may hold a huge picture.
            if picture.width * picture.height > MAX_PIXELS:
                raise ValidationError(_("This picture has too many pixels."), code="too_big")
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
            fitted = ImageOps.fit(upright, (SIDE_PIXELS, SIDE_PIXELS))
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
    ) as error:
        raise ValidationError(
            _("Choose a JPEG, PNG or WebP picture."), code="not_a_picture"
        ) from error
    written = BytesIO()
    fitted.save(written, "WEBP", quality=82)
    return ContentFile(written.getvalue(), name="avatar.webp")
